//! The document names every attribute.

use super::keys;

#[test]
fn attributes_are_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations/tracing.md");
    let text = std::fs::read_to_string(path).unwrap();
    for key in keys::ALL {
        assert!(text.contains(&format!("`{key}`")), "{key} is not in docs/operations/tracing.md");
    }
}
