//! What the watches show, in the order in which they show it.

use convergence::{Hidden, Visibility};
use jiff::Timestamp;
use kube::core::ObjectMeta;
use reconcile_core::ObjectKey;
use reconcile_core::watch::Gone;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use serde_json::{Value, json};

use super::{Observed, Touched};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn job() -> WatchedKind {
    WatchedKind::gvk("batch", "v1", "Job")
}

fn key() -> ObjectKey {
    ObjectKey::new("apps", "a")
}

fn applied(uid: &str, version: &str, body: Value) -> PoolEvent {
    let metadata = ObjectMeta {
        namespace: Some("apps".to_owned()),
        name: Some("a".to_owned()),
        uid: Some(uid.to_owned()),
        resource_version: Some(version.to_owned()),
        ..ObjectMeta::default()
    };
    PoolEvent::Applied(Box::new(Seen { kind: job(), metadata, body }))
}

fn deleted(uid: &str) -> PoolEvent {
    PoolEvent::Deleted { kind: job(), gone: Gone { key: key(), uid: uid.to_owned(), missed: false } }
}

fn running() -> Value {
    json!({"spec": {"ttlSecondsAfterFinished": 0}, "status": {"startTime": "2026-11-25T09:59:00Z"}})
}

fn complete() -> Value {
    json!({"spec": {"ttlSecondsAfterFinished": 0},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
}

fn synced() -> Observed {
    let observed = Observed::default();
    observed.take(PoolEvent::Synced(job()), now());
    observed
}

#[test]
fn a_job_that_finished_and_went_between_two_looks_has_finished() {
    let observed = synced();
    observed.take(applied("1", "5", running()), now());
    observed.take(applied("1", "6", complete()), now());
    observed.take(deleted("1"), now());
    assert!(matches!(observed.visibility(&job(), &key()), Visibility::Finished));
    // Made again, and deleted by somebody while it ran.
    observed.take(applied("2", "9", running()), now());
    assert!(matches!(observed.visibility(&job(), &key()), Visibility::Seen(_)));
    observed.take(deleted("2"), now());
    assert!(matches!(observed.visibility(&job(), &key()), Visibility::Absent));
}

#[test]
fn every_change_is_taken_in_also_where_versions_are_no_numbers() {
    let observed = synced();
    assert_ne!(observed.take(applied("1", "x1", running()), now()), Touched::Nothing);
    assert_ne!(observed.take(applied("1", "x2", complete()), now()), Touched::Nothing);
    assert_ne!(observed.take(applied("1", "5", complete()), now()), Touched::Nothing);
    assert_eq!(observed.take(applied("1", "5", complete()), now()), Touched::Nothing, "a repetition");
}

#[test]
fn the_predecessors_deletion_does_not_hide_the_successor() {
    let observed = synced();
    observed.take(applied("2", "9", running()), now());
    assert_eq!(observed.take(deleted("1"), now()), Touched::Nothing);
    assert!(matches!(observed.visibility(&job(), &key()), Visibility::Seen(_)));
}

#[test]
fn what_a_stopped_watch_has_shown_is_forgotten() {
    let observed = synced();
    observed.take(applied("1", "5", running()), now());
    observed.take(PoolEvent::Stopped(job()), now());
    assert!(matches!(observed.visibility(&job(), &key()), Visibility::Hidden(Hidden::Starting)));
}
