//! What is said once.

use super::Shared;
use reconcile_core::ObjectKey;
use std::collections::BTreeMap;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns".to_owned(), name.to_owned())
}

fn with(others: &[(&str, &str)]) -> BTreeMap<ObjectKey, String> {
    others.iter().map(|(other, objects)| (key(other), (*objects).to_owned())).collect()
}

#[test]
fn each_pair_is_told_once_whoever_notices() {
    let shared = Shared::default();
    assert_eq!(shared.news(&key("a"), with(&[("b", "x"), ("c", "y")])).len(), 2);
    assert!(shared.news(&key("a"), with(&[("b", "x"), ("c", "y")])).is_empty());
    assert!(shared.news(&key("b"), with(&[("a", "x")])).is_empty());
    assert_eq!(shared.news(&key("b"), with(&[("a", "x, z")])), [(key("a"), "x, z".to_owned())]);
    // What b says of itself says nothing of a and c.
    assert!(shared.news(&key("c"), with(&[("a", "y")])).is_empty());
}

#[test]
fn what_ended_and_begins_again_is_news() {
    let shared = Shared::default();
    assert_eq!(shared.news(&key("a"), with(&[("b", "x")])).len(), 1);
    assert!(shared.news(&key("a"), with(&[])).is_empty());
    assert_eq!(shared.news(&key("b"), with(&[("a", "x")])).len(), 1);
    shared.forget(&key("a"));
    assert_eq!(shared.news(&key("b"), with(&[("a", "x")])).len(), 1);
}
