//! Where keys come.

use proptest::prelude::*;

use super::{KeyError, place, plan};

#[test]
fn a_key_cannot_leave() {
    for (key, expected) in [
        ("a/b.yaml", "a/b.yaml"),
        ("../../up.yaml", "up.yaml"),
        ("/abs.yaml", "abs.yaml"),
        ("./c.yaml", "c.yaml"),
        ("a//b/./c/../d", "a/b/d"),
        ("a/../../b", "b"),
        ("...", "..."),
        ("a\\..\\b", "a\\..\\b"),
        (" ", " "),
    ] {
        assert_eq!(place(key).as_deref(), Ok(expected), "{key}");
    }
    for key in ["..", ".", "a/..", "//"] {
        assert_eq!(place(key), Err(KeyError::Root), "{key}");
    }
    assert!(place("a\0b").is_err());
    assert!(place(&"a/".repeat(200)).is_err(), "too deep");
}

fn planned(keys: &[&str], rules: bool) -> Result<Vec<(String, usize)>, String> {
    plan(keys.iter().copied(), rules).map_err(|(key, error)| format!("{key}: {error}"))
}

#[test]
fn one_key_counts_of_those_that_come_to_one_place() {
    let of = |keys: &[&str]| planned(keys, false).unwrap();
    assert_eq!(of(&["../a", "./a", "a", "b"]), [("a".to_owned(), 2), ("b".to_owned(), 3)]);
    assert_eq!(of(&["../a", "./a"]), [("a".to_owned(), 0)]);
    // The order is that of a walk, not that of the keys.
    assert_eq!(of(&["a-b", "a/c"]), [("a/c".to_owned(), 1), ("a-b".to_owned(), 0)]);
    assert_eq!(
        planned(&["./.sourceignore", "a"], true).unwrap(),
        [("a".to_owned(), 1)],
        "the rules are the bucket's own"
    );
}

#[test]
fn a_file_is_no_folder() {
    assert_eq!(planned(&["a", "a/b"], false), Err("a: it is a folder of 'a/b'".into()));
    assert_eq!(planned(&["a", "a-b", "a/b"], false), Err("a: it is a folder of 'a/b'".into()));
    assert_eq!(
        planned(&[".sourceignore/x"], true),
        Err(".sourceignore: it is a folder of '.sourceignore/x'".into())
    );
    assert!(planned(&[".sourceignore/x"], false).is_ok());
}

#[test]
fn errors_say_nothing_that_a_terminal_obeys() {
    for (keys, rules) in
        [(&["a", "a/\u{9b}31m"][..], false), (&[".sourceignore/\u{9b}31m"], true), (&["\u{9b}31m\0"], false)]
    {
        let (_, cause) = plan(keys.iter().copied(), rules).unwrap_err();
        let told = cause.to_string();
        assert!(!told.contains(['\u{9b}', '\0']) && told.contains("31m"), "{told:?}");
    }
}

proptest! {
    #[test]
    fn places_are_clean_and_in_order(keys in prop::collection::vec("[a./\\\\-]{1,8}", 0..12)) {
        let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| place(key).is_ok()).collect();
        if let Ok(all) = plan(keys.iter().copied(), false) {
            for (place, _) in &all {
                prop_assert!(artifact::path::check(place).is_ok());
            }
            for (one, other) in all.iter().zip(all.iter().skip(1)) {
                prop_assert!(artifact::path::walk_order(&one.0, &other.0).is_lt());
                let folder = format!("{}/", one.0);
                prop_assert!(!other.0.starts_with(folder.as_str()));
            }
        }
    }
}
