//! What is written, and what is left to another controller.

use serde_json::json;

use super::*;

const PATH: &str = "/hook/1";

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn object(status: Value, writer: Option<&str>) -> Receiver {
    let fields = json!({"f:status": {"f:conditions": {}, "f:webhookPath": {}}});
    let managed = writer.map(|manager| {
        json!([
            {"manager": manager, "operation": "Update", "subresource": "status", "fieldsV1": fields},
            {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:type": {}}}},
        ])
    });
    serde_json::from_value(json!({
        "apiVersion": "notification.toolkit.fluxcd.io/v1", "kind": "Receiver",
        "metadata": {"name": "hook", "namespace": "apps", "generation": 3, "managedFields": managed},
        "spec": {"type": "github", "resources": [], "secretRef": {"name": "token"}},
        "status": status,
    }))
    .unwrap()
}

/// The object once the patch is merged.
fn merged(object: &Receiver, patch: Value, writer: &str) -> Receiver {
    fn merge(target: &mut Value, patch: Value) {
        let Value::Object(patch) = patch else {
            *target = patch;
            return;
        };
        for (key, value) in patch {
            if value.is_null() {
                target.as_object_mut().unwrap().remove(&key);
            } else if value.is_object() && target[&key].is_object() {
                merge(&mut target[&key], value);
            } else {
                target[&key] = value;
            }
        }
    }
    let mut status = serde_json::to_value(object.status.clone().unwrap_or_default()).unwrap();
    merge(&mut status, patch);
    let mut merged = self::object(status, Some(writer));
    merged.metadata.annotations.clone_from(&object.metadata.annotations);
    merged
}

fn conditions(object: &Receiver) -> Vec<String> {
    let all = &object.status.as_ref().unwrap().conditions;
    all.iter().map(|one| format!("{}={} {} {}", one.type_, one.status, one.reason, one.message)).collect()
}

fn initialized() -> Verdict {
    Verdict::Initialized { path: PATH.to_owned() }
}

fn missing() -> Verdict {
    Verdict::NoToken("there is no Secret".to_owned())
}

fn terminal() -> Verdict {
    Verdict::Terminal { reason: reason::INVALID_CEL_EXPRESSION, message: "no expression".to_owned() }
}

/// What is written at the first look.
fn patch(object: &Receiver, verdict: &Verdict, now: Timestamp) -> Option<Value> {
    match say(object, verdict, None, now) {
        Say::Write(patch) => Some(patch),
        Say::Nothing | Say::Later(_) => None,
    }
}

#[test]
fn each_verdict_in_flux_s_words() {
    let fresh = object(json!({"observedGeneration": -1}), None);
    let ready = merged(&fresh, patch(&fresh, &initialized(), now()).unwrap(), "source-controller");
    assert_eq!(conditions(&ready), ["Ready=True Succeeded Receiver initialized for path: /hook/1"]);
    let status = ready.status.as_ref().unwrap();
    assert_eq!((status.observed_generation, status.webhook_path.as_deref()), (3, Some(PATH)));
    assert_eq!(patch(&ready, &initialized(), now()), None, "it is said");

    let failed = merged(&ready, patch(&ready, &missing(), now()).unwrap(), "source-controller");
    assert_eq!(
        conditions(&failed),
        [
            "Reconciling=True ProgressingWithRetry Reconciliation in progress",
            "Ready=False TokenNotFound there is no Secret",
        ]
    );
    assert_eq!(failed.status.as_ref().unwrap().webhook_path, None, "nobody can call it");
    assert_eq!(patch(&failed, &missing(), now()), None);

    let stalled = merged(&failed, patch(&failed, &terminal(), now()).unwrap(), "source-controller");
    assert_eq!(
        conditions(&stalled),
        ["Stalled=True InvalidCELExpression no expression", "Ready=False InvalidCELExpression no expression"]
    );
    let again = merged(&stalled, patch(&stalled, &initialized(), now()).unwrap(), "source-controller");
    assert_eq!(conditions(&again), conditions(&ready));
}

#[test]
fn a_request_is_acknowledged() {
    let fresh = object(json!({"observedGeneration": -1}), None);
    let mut ready = merged(&fresh, patch(&fresh, &initialized(), now()).unwrap(), "source-controller");
    ready.metadata.annotations = Some([(labels::REQUESTED_AT.to_owned(), "now".to_owned())].into());
    let change = patch(&ready, &initialized(), now()).unwrap();
    assert_eq!(change, json!({"lastHandledReconcileAt": "now"}));
}

#[test]
fn another_controller_is_not_fought() {
    let theirs = json!({
        "observedGeneration": 3, "webhookPath": PATH,
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "Succeeded", "message": "in other words",
            "observedGeneration": 3, "lastTransitionTime": "2026-11-30T11:00:00Z",
        }],
    });
    let other = object(theirs.clone(), Some("notification-controller"));
    for verdict in [initialized(), missing(), terminal()] {
        assert_eq!(patch(&other, &verdict, now()), None, "{verdict:?}");
    }
    // What follows from the token alone is said by whoever sees it first.
    let moved = Verdict::Initialized { path: "/hook/2".to_owned() };
    assert_eq!(patch(&other, &moved, now()).unwrap()["webhookPath"], "/hook/2");
    let own = object(theirs, Some("source-controller"));
    assert!(patch(&own, &missing(), now()).is_some());
}

/// Whatever either writes, and in which order, the other has nothing to add once both have seen the same.
#[test]
fn two_that_see_the_same_come_to_rest() {
    for verdict in [initialized(), missing(), terminal()] {
        for first in ["source-controller", "notification-controller"] {
            let fresh = object(json!({"observedGeneration": -1}), None);
            let Some(change) = patch(&fresh, &verdict, now()) else { panic!("{verdict:?}") };
            let said = merged(&fresh, change, first);
            assert_eq!(patch(&said, &verdict, now()), None, "{verdict:?} after {first}");
        }
    }
}

/// A notification-controller that was taken away still stands in `managedFields`, and says nothing any more.
#[test]
fn a_failure_that_nobody_says_is_said_at_the_second_look() {
    let theirs = |generation: i64, ready: &str| {
        json!({
            "observedGeneration": generation, "webhookPath": PATH,
            "conditions": [{
                "type": "Ready", "status": ready, "reason": "Whatever", "message": "in other words",
                "observedGeneration": generation, "lastTransitionTime": "2026-11-30T11:00:00Z",
            }],
        })
    };
    let other = |status| object(status, Some("notification-controller"));
    for verdict in [missing(), terminal()] {
        // Of what was true once, and of what was wrong with an older spec.
        for status in [theirs(3, "True"), theirs(2, "False")] {
            let other = other(status);
            let Say::Later(left) = say(&other, &verdict, None, now()) else { panic!("{verdict:?}") };
            let Say::Write(change) = say(&other, &verdict, Some(&left), now()) else { panic!("{verdict:?}") };
            let said = merged(&other, change, "source-controller");
            assert!(is_failed(said.status.as_ref().unwrap(), 3));
            assert_eq!(say(&said, &verdict, Some(&left), now()), Say::Nothing);
            // It is there, and takes it back: nobody takes turns.
            let left = Left { is_said: true, ..left };
            assert_eq!(say(&other, &verdict, Some(&left), now()), Say::Nothing);
            // Another failure is another matter.
            let news = Verdict::NoToken("another one".to_owned());
            assert!(matches!(say(&other, &news, Some(&left), now()), Say::Later(_)));
        }
        // It says so itself, in its own words.
        assert_eq!(say(&other(theirs(3, "False")), &verdict, None, now()), Say::Nothing);
    }
}
