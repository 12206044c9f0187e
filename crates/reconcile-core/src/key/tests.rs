//! How keys read and sort.

use kube::core::ObjectMeta;

use super::ObjectKey;

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
