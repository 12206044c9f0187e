//! Names of paths in the tree.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::*;

#[test]
fn the_root_is_left_out() {
    for (path, wanted) in [("/a/b.yaml", "a/b.yaml"), ("/", ""), ("//a", "a"), ("/a b/ü ", "a b/ü ")] {
        assert_eq!(in_tree(Path::new(path)).as_deref(), Some(wanted), "{path}");
    }
}

#[test]
fn names_that_are_not_utf_8_are_not_in_the_tree() {
    assert_eq!(in_tree(Path::new(OsStr::from_bytes(b"/a/\xff"))), None);
}
