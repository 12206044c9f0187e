//! Which copy of an object stands.

use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::ObjectMeta;
use proptest::prelude::{Just, Strategy as _, proptest};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};

use super::Store;
use crate::key::ObjectKey;
use crate::watch::{Bad, Change, Gone};

fn object(uid: &str, version: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            namespace: Some("ns".to_owned()),
            name: Some("a".to_owned()),
            uid: Some(uid.to_owned()),
            resource_version: Some(version.to_owned()),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    }
}

fn version(store: &Store<ConfigMap>) -> Option<String> {
    store.get(&ObjectKey::new("ns", "a"))?.metadata.resource_version.clone()
}

#[test]
fn the_newer_copy_wins_whatever_comes_first() {
    let store = Store::new();
    assert!(store.apply(&Change::Applied(object("1", "9"))));
    assert!(store.update(Arc::new(object("1", "10"))), "numbers, not texts");
    assert!(!store.apply(&Change::Applied(object("1", "9"))), "the watch is behind our own write");
    assert_eq!(version(&store).as_deref(), Some("10"));
    assert!(store.apply(&Change::Applied(object("1", "10"))), "the same version again is fine");
    assert!(store.apply(&Change::Applied(object("1", "11"))));
}

#[test]
fn the_deleted_do_not_come_back() {
    let store = Store::new();
    let gone = |uid: &str| {
        Change::<ConfigMap>::Deleted(Gone {
            key: ObjectKey::new("ns", "a"),
            uid: uid.to_owned(),
            missed: false,
        })
    };
    store.apply(&Change::Applied(object("1", "5")));
    assert!(store.apply(&gone("1")));
    assert!(!store.update(Arc::new(object("1", "6"))), "a late answer to our own write");
    assert_eq!(version(&store), None);
    store.apply(&Change::Applied(object("2", "8")));
    assert!(!store.apply(&gone("1")), "the predecessor's deletion");
    assert!(!store.update(Arc::new(object("1", "9"))));
    assert_eq!(version(&store).as_deref(), Some("8"));
    let gone = Gone { key: ObjectKey::new("ns", "a"), uid: "2".to_owned(), missed: false };
    assert!(store.apply(&Change::Deleted(gone)) && store.is_empty());
}

fn named(name: &str, version: &str) -> Arc<ConfigMap> {
    let mut object = object(name, version);
    object.metadata.name = Some(name.to_owned());
    Arc::new(object)
}

#[test]
fn versions_that_are_not_numbers_follow_the_watch() {
    assert_eq!(super::version(&object("1", "12").metadata), 12);
    assert_eq!(super::version(&object("1", "twelve").metadata), 0);
    assert_eq!(super::version(&ObjectMeta::default()), 0);
    let store = Store::new();
    for text in ["b", "a", "c"] {
        assert!(store.insert(Arc::new(object("1", text))), "{text}");
    }
    assert_eq!(version(&store).as_deref(), Some("c"));
    assert!(!store.update(Arc::new(object("1", "d"))), "whether it is newer cannot be known");
}

#[test]
fn an_answer_is_taken_only_for_what_a_watch_has_shown() {
    let store = Store::new();
    assert!(!store.update(Arc::new(object("1", "5"))), "nobody has shown it yet");
    store.insert(Arc::new(object("1", "5")));
    assert!(!store.update(Arc::new(object("1", "5"))), "it is known already");
    assert!(!store.update(Arc::new(object("2", "6"))), "another object of that name");
    assert!(store.update(Arc::new(object("1", "6"))));
}

#[test]
fn an_object_that_cannot_be_read_is_absent() {
    let store = Store::new();
    store.insert(Arc::new(object("1", "5")));
    let bad = Change::Undecodable(Bad {
        key: ObjectKey::new("ns", "a"),
        uid: "1".to_owned(),
        generation: 2,
        error: "no".to_owned(),
    });
    assert!(store.apply(&bad) && store.is_empty());
    assert!(!store.apply(&bad), "it was absent already");
    assert!(store.apply(&Change::Applied(object("1", "6"))), "it was repaired");
}

#[test]
fn the_state_of_the_watch_changes_nothing() {
    let store = Store::new();
    store.insert(Arc::new(object("1", "5")));
    assert!(!store.apply(&Change::Synced));
    assert!(!store.apply(&Change::Failed(cluster::Error::invalid_request("no"))));
    assert_eq!(version(&store).as_deref(), Some("5"));
}

#[test]
fn clones_share_and_readers_keep_what_they_have() {
    let store = Store::new();
    let clone = store.clone();
    store.insert(named("a", "1"));
    store.insert(named("b", "2"));
    let held = clone.get(&ObjectKey::new("ns", "a")).expect("known");
    store.insert(named("a", "3"));
    assert_eq!(held.metadata.resource_version.as_deref(), Some("1"));
    let mut names: Vec<String> = clone.all().iter().filter_map(|one| one.metadata.name.clone()).collect();
    names.sort();
    assert_eq!((names, clone.len(), clone.is_empty()), (vec!["a".to_owned(), "b".to_owned()], 2, false));
    assert!(clone.get(&ObjectKey::new("other", "a")).is_none());
}

/// What may happen to one object of a store: the watch shows or deletes it, or a write is answered.
#[derive(Clone, Copy, Debug)]
enum Op {
    Shown(u64),
    Deleted,
    Answered(u64),
}

proptest! {
    #[test]
    fn a_copy_is_never_replaced_by_an_older_one(ops in proptest::collection::vec(prop_oneof![
        3 => (1..50_u64).prop_map(Op::Shown),
        1 => Just(Op::Deleted),
        3 => (1..50_u64).prop_map(Op::Answered),
    ], 0..40)) {
        let store: Store<ConfigMap> = Store::new();
        let key = ObjectKey::new("ns", "a");
        for op in ops {
            let before = store.get(&key).map(|one| super::version(&one.metadata));
            let taken = match op {
                Op::Shown(number) => store.insert(Arc::new(object("1", &number.to_string()))),
                Op::Deleted => store.remove(&key, "1"),
                Op::Answered(number) => store.update(Arc::new(object("1", &number.to_string()))),
            };
            let after = store.get(&key).map(|one| super::version(&one.metadata));
            match op {
                Op::Deleted => prop_assert_eq!((after, taken), (None, before.is_some())),
                Op::Answered(_) if before.is_none() => prop_assert_eq!((after, taken), (None, false)),
                Op::Shown(number) | Op::Answered(number) => {
                    prop_assert_eq!(after, Some(before.unwrap_or(0).max(number)));
                    prop_assert!(taken || before == after);
                }
            }
        }
    }
}
