//! Kinds of which nothing is known, objects without status, and what is being deleted.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Around, check, condition, judge, judged, now, object};
use crate::rules::{DecidedBy, Rules};
use crate::state::{Confidence, State};

#[test]
fn kinds_of_which_nothing_is_known() {
    let kind = "example.com/v1 Widget";
    let of = |conditions: Value| json!({"metadata": {"generation": 3}, "status": {"conditions": conditions}});
    let stale = |mut condition: Value| {
        condition["observedGeneration"] = json!(2);
        condition
    };
    let note = |mut condition: Value| {
        condition["severity"] = json!("Info");
        condition
    };
    let found = check(kind, of(json!([condition("Ready", "True", "Ok")])), State::Healthy, "");
    assert_eq!((found.by, found.confidence), (DecidedBy::Generic, Confidence::Observed));
    for (conditions, state, reason) in [
        (json!([condition("Ready", "False", "Creating")]), State::Progressing, "Creating"),
        (json!([condition("Ready", "False", "CreateFailed")]), State::Degraded, "CreateFailed"),
        (json!([condition("Ready", "False", "InvalidSpec")]), State::Degraded, "InvalidSpec"),
        (json!([note(condition("Ready", "False", "CreateFailed"))]), State::Progressing, "CreateFailed"),
        (json!([condition("Ready", "Unknown", "")]), State::Progressing, "Ready"),
        (json!([stale(condition("Ready", "True", "Ok"))]), State::Progressing, "LatestGenerationNotObserved"),
        (
            json!([condition("Ready", "True", "Ok"), condition("Degraded", "True", "Half")]),
            State::Degraded,
            "Half",
        ),
        (
            json!([condition("Ready", "True", "Ok"), note(condition("Degraded", "True", "Half"))]),
            State::Healthy,
            "",
        ),
        (json!([condition("LastUpdateFailed", "True", "NoAccess")]), State::Degraded, "NoAccess"),
        (json!([condition("ErrorOccurred", "True", "Boom")]), State::Degraded, "Boom"),
        (
            json!([condition("ErrorOccurred", "False", ""), condition("Synced", "True", "")]),
            State::Healthy,
            "",
        ),
        (
            json!([condition("Synced", "True", ""), condition("Available", "False", "Booting")]),
            State::Progressing,
            "Booting",
        ),
        (
            json!([condition("Ready", "True", ""), condition("Synced", "False", "CreateFailed")]),
            State::Healthy,
            "",
        ),
        (json!([condition("Succeeded", "False", "Stopped")]), State::Degraded, "Stopped"),
        (
            json!([
                condition("Ready", "False", "CreateFailed"),
                condition("Reconciling", "True", "Retrying")
            ]),
            State::Progressing,
            "Retrying",
        ),
        (
            json!([condition("Stalled", "True", "BadSpec"), condition("Ready", "True", "")]),
            State::Degraded,
            "BadSpec",
        ),
        (json!([condition("Sleepy", "False", "Odd")]), State::Healthy, ""),
    ] {
        let text = conditions.to_string();
        let found = judge(kind, of(conditions));
        assert_eq!((found.state, found.reason.as_str()), (state, reason), "{text}: {}", found.message);
    }
    check(
        kind,
        json!({"metadata": {"generation": 3}, "status": {"observedGeneration": 2, "conditions": [condition("Ready", "True", "")]}}),
        State::Progressing,
        "LatestGenerationNotObserved",
    );
    check(
        kind,
        json!({"metadata": {"generation": 3}, "status": {"observedGeneration": "2"}}),
        State::Progressing,
        "LatestGenerationNotObserved",
    );
}

#[test]
fn rest_and_phases_of_kinds_of_which_nothing_is_known() {
    let kind = "example.com/v1 Widget";
    check(
        kind,
        json!({"spec": {"suspend": true}, "status": {"conditions": [condition("Ready", "False", "X")]}}),
        State::Suspended,
        "Suspended",
    );
    let phase = check(kind, json!({"status": {"phase": "Failed"}}), State::Degraded, "Failed");
    assert_eq!(phase.confidence, Confidence::Assumed);
    check(kind, json!({"status": {"state": "Running"}}), State::Healthy, "");
}

#[test]
fn no_status_yet() {
    let kind = "example.com/v1 Widget";
    let created = |time: &str| json!({"metadata": {"creationTimestamp": time}});
    let found = check(kind, created("2026-11-25T09:00:00Z"), State::Healthy, "");
    assert_eq!((found.confidence, found.lasting()), (Confidence::Assumed, None));
    let mut around = Around::default();
    around
        .learned
        .saw(&object(kind, json!({"status": {"conditions": [condition("Ready", "True", "")]}})), now());
    let judge = |time: &str| judged(kind, created(time), &[], &around, &Rules::default());
    let young = judge("2026-11-25T09:58:30Z");
    assert_eq!((young.state, young.changes_in), (State::Progressing, Some(Duration::from_secs(30))));
    assert_eq!(judge("2026-11-25T09:58:00Z").state, State::Unknown);
    assert_eq!(judge("2026-11-25T11:00:00Z").state, State::Progressing, "the clocks differ");
    for kind in ["v1 ConfigMap", "rbac.authorization.k8s.io/v1 Role", "networking.k8s.io/v1 NetworkPolicy"] {
        assert!(check(kind, json!({}), State::Healthy, "").lasting().is_some(), "{kind}");
    }
}

#[test]
fn what_is_being_deleted_or_cannot_be_read() {
    let leaving = json!({"metadata": {"deletionTimestamp": "2026-11-25T09:00:00Z", "finalizers": ["a/b"]},
        "status": {"conditions": [condition("Ready", "True", "")]}});
    for kind in ["example.com/v1 Widget", "batch/v1 Job", "v1 ConfigMap", "apps/v1 Deployment"] {
        assert_eq!(judge(kind, leaving.clone()).state, State::Terminating, "{kind}");
    }
    let odd = judge("apps/v1 Deployment", json!({"status": {"conditions": "none"}}));
    assert_eq!((odd.state, odd.certain), (State::Unknown, true));
}
