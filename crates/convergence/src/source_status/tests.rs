//! What is kept of a source.

use serde_json::json;

use super::{Source, prune};

fn ready(status: &str, reason: &str, message: &str) -> Option<(String, String, String)> {
    Some((status.to_owned(), reason.to_owned(), message.to_owned()))
}

#[test]
fn pruning_takes_nothing_away_that_is_read() {
    let mut body = json!({
        "metadata": {"name": "app", "annotations": {"note": "canary", "flyball.dev/suspendedBy": "bob"}},
        "spec": {"url": "https://git/x", "suspend": true, "secretRef": {"name": "login"}, "ignore": "canary"},
        "status": {
            "artifact": {"revision": "main@sha1:0", "url": "http://x"},
            "conditions": [
                {"type": "Reconciling", "status": "True", "reason": "Progressing", "message": "m"},
                {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": "no"},
            ],
            "observedGeneration": 1,
        },
    });
    let mut whole = Source::read(&body);
    prune(&mut body);
    let kept = Source::read(&body);
    assert!(!body.to_string().contains("canary"), "{body}");
    whole.spec.as_object_mut().unwrap().remove("ignore");
    assert_eq!(kept, whole);
    assert_eq!(kept.ready, ready("False", "GitOperationFailed", "no"));
    assert_eq!(kept.spec, json!({"url": "https://git/x", "secretRef": {"name": "login"}}));
    assert_eq!(kept.notes.get("flyball.dev/suspendedBy").map(String::as_str), Some("bob"));
    assert!(kept.suspended && kept.revision.as_deref() == Some("main@sha1:0"));
}

#[test]
fn credentials_of_an_address_go() {
    let mut body = json!({"spec": {"url": "https://u:p@git/x"}});
    prune(&mut body);
    assert!(!body.to_string().contains("u:p"), "{body}");
}

#[test]
fn a_source_that_nobody_has_looked_at() {
    let mut body = json!({"spec": {"url": "https://git/x"}});
    prune(&mut body);
    let expected = Source { spec: json!({"url": "https://git/x"}), ..Source::default() };
    assert_eq!(Source::read(&body), expected);
}

#[test]
fn while_the_next_attempt_is_under_way_the_last_one_tells() {
    let body = |artifact: serde_json::Value| {
        Source::read(&json!({"status": {"artifact": artifact, "conditions": [
            {"type": "Ready", "status": "Unknown", "reason": "Progressing", "message": "building artifact"},
            {"type": "FetchFailed", "status": "True", "reason": "AuthenticationFailed", "message": "no login"}]}}))
    };
    assert_eq!(body(json!(null)).ready, ready("False", "AuthenticationFailed", "no login"));
    let stored = body(json!({"revision": "main@sha1:0"}));
    assert_eq!(stored.ready, ready("Unknown", "Progressing", "building artifact"));
}
