//! What vanished.

use super::{Gone, Known};
use crate::key::ObjectKey;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

fn gone(name: &str, uid: &str) -> Gone {
    Gone { key: key(name), uid: uid.to_owned(), missed: true }
}

#[test]
fn what_a_relist_does_not_name_is_gone() {
    let mut known = Known::default();
    known.begin();
    for name in ["a", "b", "c"] {
        assert_eq!(known.seen(key(name), "1"), None);
    }
    assert_eq!(known.finish(), []);
    // Seen between the lists, and deleted properly.
    assert_eq!(known.seen(key("d"), "1"), None);
    known.gone(&key("c"), "1");
    known.begin();
    assert_eq!(known.seen(key("a"), "1"), None);
    // Deleted and made again meanwhile: another object.
    assert_eq!(known.seen(key("b"), "2"), Some(gone("b", "1")));
    assert_eq!(known.finish(), [gone("d", "1")]);
    known.begin();
    let mut all = known.finish();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(all, [gone("a", "1"), gone("b", "2")]);
    assert!(known.is_empty());
}

#[test]
fn an_interrupted_list_loses_nothing() {
    let mut known = Known::default();
    known.begin();
    known.seen(key("a"), "1");
    known.finish();
    known.begin();
    known.seen(key("b"), "1");
    // The list broke off and begins again.
    known.begin();
    known.seen(key("b"), "1");
    assert_eq!(known.finish(), [gone("a", "1")]);
}

#[test]
fn a_late_deletion_does_not_hide_the_successor() {
    let mut known = Known::default();
    known.begin();
    known.seen(key("a"), "2");
    known.gone(&key("a"), "1");
    known.finish();
    known.begin();
    assert_eq!(known.finish(), [gone("a", "2")]);
}

#[test]
fn an_object_that_is_seen_between_lists_belongs_to_the_list_before() {
    let mut known = Known::default();
    known.begin();
    assert_eq!(known.finish(), []);
    assert_eq!(known.seen(key("a"), "1"), None);
    assert_eq!(known.seen(key("a"), "1"), None, "a change is not a disappearance");
    known.begin();
    known.seen(key("a"), "1");
    assert_eq!(known.finish(), []);
    known.gone(&key("a"), "1");
    assert!(known.is_empty());
    known.gone(&key("nobody"), "1");
}
