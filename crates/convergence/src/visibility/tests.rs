//! What is kept of an object, and how it is judged later.

use health::kstatus::Status;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Seen;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn seen(object: Value) -> Seen {
    Seen::new(health::prune::pruned(object), 1, "u".to_owned(), None, now())
}

fn job(ttl: Option<i64>, conditions: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"},
        "spec": {"ttlSecondsAfterFinished": ttl},
        "status": {"startTime": "2026-11-25T09:00:00Z", "conditions": conditions}})
}

#[test]
fn of_what_is_well_only_a_word_is_kept() {
    let suspended = seen(json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"},
        "spec": {"suspend": true}}));
    assert!(suspended.object().is_none());
    let (verdict, told) = suspended.judge(&[], now());
    assert_eq!((verdict.status, told.reason.as_str()), (Status::Current, "Suspended"));
    let running = seen(job(None, &json!([])));
    assert!(running.object().is_some());
    assert_eq!(running.judge(&[], now()).0.status, Status::InProgress);
    let leaving = seen(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "deletionTimestamp": "2026-11-25T10:00:00Z"}}));
    assert!(leaving.object().is_some());
    assert_eq!(leaving.judge(&[], now()).0.status, Status::Terminating);
}

#[test]
fn finished_is_a_job_that_is_well_and_goes_by_itself() {
    let complete = json!([{"type": "Complete", "status": "True"}]);
    let failed = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]);
    assert!(seen(job(Some(0), &complete)).is_finished());
    assert!(!seen(job(None, &complete)).is_finished());
    assert!(!seen(job(Some(0), &failed)).is_finished());
    assert!(!seen(job(Some(0), &json!([]))).is_finished());
}

#[test]
fn what_cannot_be_judged_is_unknown() {
    let odd = seen(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "status": {"conditions": "none"}}));
    let (verdict, told) = odd.judge(&[], now());
    assert_eq!((verdict.status, told.reason.as_str()), (Status::Unknown, "Unknown"));
    assert!(told.message.contains("conditions"), "{}", told.message);
}
