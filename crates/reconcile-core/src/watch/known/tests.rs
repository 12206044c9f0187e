//! What vanished.

use super::{Gone, Known};
use crate::key::ObjectKey;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

fn gone(name: &str, uid: &str) -> Gone {
    Gone { key: key(name), uid: uid.to_owned(), missed: true }
}

/// As a watch does it: the one that was replaced first.
fn put(known: &mut Known, name: &str, uid: &str) -> Option<Gone> {
    let replaced = known.replaced_by(&key(name), uid);
    known.seen(key(name), uid);
    replaced
}

/// As a watch ends a list.
fn end(known: &mut Known) -> Vec<Gone> {
    let vanished = known.vanished();
    vanished.iter().for_each(|gone| known.gone(&gone.key, &gone.uid));
    vanished
}

#[test]
fn what_a_relist_does_not_name_is_gone() {
    let mut known = Known::default();
    known.begin();
    for name in ["a", "b", "c"] {
        assert_eq!(put(&mut known, name, "1"), None);
    }
    assert_eq!(end(&mut known), []);
    // Seen between the lists, and deleted properly.
    assert_eq!(put(&mut known, "d", "1"), None);
    known.gone(&key("c"), "1");
    known.begin();
    assert_eq!(put(&mut known, "a", "1"), None);
    // Deleted and made again meanwhile: another object.
    assert_eq!(put(&mut known, "b", "2"), Some(gone("b", "1")));
    assert_eq!(end(&mut known), [gone("d", "1")]);
    known.begin();
    let mut all = end(&mut known);
    all.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(all, [gone("a", "1"), gone("b", "2")]);
    assert!(known.is_empty());
}

#[test]
fn an_interrupted_list_loses_nothing() {
    let mut known = Known::default();
    known.begin();
    put(&mut known, "a", "1");
    end(&mut known);
    known.begin();
    put(&mut known, "b", "1");
    // The list broke off and begins again.
    known.begin();
    put(&mut known, "b", "1");
    assert_eq!(end(&mut known), [gone("a", "1")]);
}

#[test]
fn a_late_deletion_does_not_hide_the_successor() {
    let mut known = Known::default();
    known.begin();
    put(&mut known, "a", "2");
    known.gone(&key("a"), "1");
    end(&mut known);
    known.begin();
    assert_eq!(end(&mut known), [gone("a", "2")]);
}

#[test]
fn an_object_that_is_seen_between_lists_belongs_to_the_list_before() {
    let mut known = Known::default();
    known.begin();
    assert_eq!(end(&mut known), []);
    assert_eq!(put(&mut known, "a", "1"), None);
    assert_eq!(put(&mut known, "a", "1"), None, "a change is not a disappearance");
    known.begin();
    put(&mut known, "a", "1");
    assert_eq!(end(&mut known), []);
    known.gone(&key("a"), "1");
    assert!(known.is_empty());
    known.gone(&key("nobody"), "1");
}
