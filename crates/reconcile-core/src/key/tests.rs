//! How keys read and sort.

use kube::core::ObjectMeta;
use proptest::prelude::*;

use super::{ObjectKey, is_segment};

#[test]
fn a_key_is_written_with_its_namespace_if_it_has_one() {
    assert_eq!(ObjectKey::new("ns", "a").to_string(), "ns/a");
    assert_eq!(ObjectKey::new("", "a").to_string(), "a");
}

#[test]
fn a_key_is_read_from_what_the_server_gave() {
    let named = |namespace: Option<&str>, name: Option<&str>| ObjectMeta {
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        ..ObjectMeta::default()
    };
    assert_eq!(ObjectKey::of(&named(Some("ns"), Some("a"))), ObjectKey::new("ns", "a"));
    assert_eq!(ObjectKey::of(&named(None, Some("a"))), ObjectKey::new("", "a"));
    assert_eq!(ObjectKey::of(&named(None, None)), ObjectKey::new("", ""));
}

#[test]
fn keys_sort_by_namespace_first() {
    let mut keys = [ObjectKey::new("b", "a"), ObjectKey::new("a", "b"), ObjectKey::new("a", "a")];
    keys.sort();
    assert_eq!(keys.map(|key| key.to_string()), ["a/a", "a/b", "b/a"]);
}

#[test]
fn what_would_change_a_path_is_no_segment() {
    let long = "a".repeat(254);
    let bad = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a?x=",
        "a#",
        "a%2f",
        "a\\b",
        "a b",
        "a\nb",
        "a\u{1b}[2J",
        "a\0",
        &long,
    ];
    for text in bad {
        assert!(!is_segment(text), "{text:?}");
    }
    for text in ["a", "a.b", "...", "flux-system", "A_b", "a:b", &long[1..]] {
        assert!(is_segment(text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_segment_stays_one_in_a_url(text in any::<String>()) {
        if is_segment(&text) {
            let path = format!("/a/{text}/b");
            let segments: Vec<&str> = path.split(['/', '?', '#']).collect();
            prop_assert_eq!(segments, ["", "a", text.as_str(), "b"]);
        }
    }
}
