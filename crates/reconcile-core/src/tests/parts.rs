//! Back-off, jitter, store, index, identifiers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::ObjectMeta;

use crate::index::Index;
use crate::watch::{Change, Gone};
use crate::{Backoff, ObjectKey, Store, jitter};

#[test]
fn delays_double_to_their_bound_and_count_once_per_window() {
    let mut backoff = Backoff::new(Duration::from_millis(750), Duration::from_secs(900));
    let mut now = Instant::now();
    let mut delays = Vec::new();
    for _ in 0..13 {
        let delay = backoff.next(now);
        delays.push(delay.as_millis());
        now += delay;
    }
    assert_eq!(delays[..4], [750, 1500, 3000, 6000]);
    assert_eq!(delays[11..], [900_000, 900_000]);
    // Failures of runs that events started early do not count.
    let failures = backoff.failures();
    assert!(backoff.next(now) > Duration::ZERO);
    assert_eq!(backoff.failures(), failures + 1);
    let half = now + Duration::from_secs(450);
    assert_eq!(backoff.next(half), Duration::from_secs(450));
    assert_eq!(backoff.failures(), failures + 1);
    backoff.reset();
    assert_eq!(backoff.next(half), Duration::from_millis(750));
}

#[test]
fn jitter_stays_within_its_percentage() {
    let interval = Duration::from_secs(100);
    let all: Vec<Duration> = (0..500).map(|_| jitter(interval, 10)).collect();
    assert!(all.iter().all(|span| (90..=110).contains(&span.as_secs())), "{all:?}");
    assert!(all.iter().any(|span| *span < interval) && all.iter().any(|span| *span > interval));
    assert_eq!(jitter(interval, 0), interval);
    assert_eq!(jitter(Duration::ZERO, 50), Duration::ZERO);
}

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

#[test]
fn the_index_follows_changes() {
    let index: Index<&str, u32> = Index::new();
    index.set(&1, ["source", "dependency"]);
    index.set(&2, ["source"]);
    assert_eq!(index.dependants(&"source"), [1, 2]);
    index.set(&1, ["dependency"]);
    assert_eq!(index.dependants(&"source"), [2]);
    index.remove(&2);
    assert!(index.dependants(&"source").is_empty());
    assert_eq!(index.dependants(&"dependency"), [1]);
}
