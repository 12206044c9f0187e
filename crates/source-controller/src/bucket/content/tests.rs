//! Folders that keys imply.

use super::folders;

#[test]
fn a_folder_comes_once() {
    assert_eq!(folders("", ""), Vec::<&str>::new());
    assert_eq!(folders("", "a/b"), ["a", "a/b"]);
    assert_eq!(folders("a/b", "a/b"), Vec::<&str>::new());
    assert_eq!(folders("a/b", "a/c"), ["a/c"]);
    assert_eq!(folders("a/b", "a"), Vec::<&str>::new());
    assert_eq!(folders("a", "ab"), ["ab"]);
    assert_eq!(folders("ab", "a"), ["a"]);
}
