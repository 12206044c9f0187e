//! Which paths are clean, at their limits too.

use std::cmp::Ordering;

use super::{MAX_DEPTH, MAX_LENGTH, check, escaped, split, unescaped, walk_order};
use crate::error::PathError;

#[test]
fn clean_paths_are_relative_and_plain() {
    for path in [
        "a", "a/b/c", "a b", "ü/ñ", ".hidden", "a..b", "...", "a:b", "A", "-", " ", "a\\b", "..\\x", "a\nb",
        "\u{7f}", "CON",
    ] {
        assert_eq!(check(path), Ok(()), "{path:?}");
    }
    for path in ["", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..", "a/../b", "a\0"] {
        assert_eq!(check(path), Err(PathError::Unclean(path.to_owned())), "{path:?}");
    }
    assert_eq!(check(b"caf\xe9"), Ok(()));
    assert_eq!(check(b"\xe9/../x"), Err(PathError::Unclean("\u{fffd}/../x".to_owned())));
}

#[test]
fn paths_have_a_length_and_a_depth() {
    assert!(check("a".repeat(MAX_LENGTH)).is_ok() && check("a".repeat(MAX_LENGTH + 1)).is_err());
    let deep = |segments: usize| vec!["a"; segments].join("/");
    assert!(check(deep(MAX_DEPTH)).is_ok());
    let too_deep = PathError::TooDeep { path: deep(100) + "/", limit: MAX_DEPTH };
    assert_eq!(check(deep(MAX_DEPTH + 1)), Err(too_deep));
    let too_long = PathError::TooLong { path: "ü".repeat(200), limit: MAX_LENGTH };
    assert_eq!(check("ü".repeat(MAX_LENGTH)), Err(too_long.clone()));
    assert!(too_long.to_string().ends_with("has more than 4096 bytes"), "{too_long}");
}

#[test]
fn a_walk_goes_into_a_folder_before_what_sorts_behind_its_name() {
    for (first, second) in
        [("a", "a/b"), ("a/b", "a.b"), ("a/z", "a-b"), ("A", "a"), ("a/b/c", "a/c"), ("z", "ä")]
    {
        assert_eq!(walk_order(first, second), Ordering::Less, "{first} {second}");
        assert_eq!(walk_order(second, first), Ordering::Greater, "{second} {first}");
    }
    assert_eq!(walk_order("a/b", "a/b"), Ordering::Equal);
}

#[test]
fn what_is_not_utf8_stays_different() {
    assert_eq!(escaped("a/ü\\x".as_bytes()), "a/ü\\x");
    assert_eq!(escaped(b"caf\xe9.txt"), "caf\\xE9.txt");
    assert_ne!(escaped(b"caf\xe9"), escaped(b"caf\xe8"));
    assert_ne!(escaped(b"caf\xe9"), escaped(b"caf\\xE9"), "what is written so is another name");
    assert_ne!(escaped(b"caf\\xE9"), escaped(b"caf\\x5CxE9"));
    for plain in ["a\\x20b.mount", "dev-disk\\x2dby", "a\\xe9", "a\\", "a\\x", "\\\\x5"] {
        assert_eq!(escaped(plain.as_bytes()), plain, "a name like any other");
    }
}

#[test]
fn a_path_splits_at_its_last_slash() {
    assert_eq!(split("a/b/c"), ("a/b", "c"));
    assert_eq!(split("a"), ("", "a"));
    assert_eq!(split(""), ("", ""));
}

proptest::proptest! {
    /// Whatever bytes a name has, made of what is special here, it is told from every other.
    #[test]
    fn escaped_names_are_as_many_as_names(parts in proptest::collection::vec(
        proptest::sample::select(vec![&b"\\"[..], b"x", b"5", b"C", b"c", b"E9", b"80", b"7F", b"\xe9", b"\x80", b"\xc3", "\u{fc}".as_bytes(), b"/"]),
        0..12,
    )) {
        let name = parts.concat();
        proptest::prop_assert_eq!(unescaped(&escaped(&name)), name);
    }

    #[test]
    fn a_clean_path_never_climbs(path in "[a./\\\\]{0,16}") {
        if check(&path).is_ok() {
            for segment in path.split('/') {
                proptest::prop_assert!(!segment.is_empty() && segment != "." && segment != "..");
            }
            proptest::prop_assert!(!path.starts_with('/'));
        }
    }
}
