//! What a ConfigMap says.

use super::listed;

#[test]
fn for_whom_tokens_are() {
    assert!(listed("").is_empty());
    assert_eq!(listed("a, b\n c\n\n"), ["a", "b", "c"]);
}
