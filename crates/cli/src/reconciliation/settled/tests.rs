//! Every state in which an object can be found after it was asked.

use super::*;
use serde_json::json;

const TOKEN: &str = "2026-01-01T00:00:00Z";

/// A Kustomization of generation 2 that has handled the token, with these conditions (type, status, generation).
fn object(conditions: &[(&str, &str, i64)]) -> Value {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|(kind, status, generation)| {
            json!({"type": kind, "status": status, "observedGeneration": generation, "reason": "Because",
                "message": format!("{kind} is {status}")})
        })
        .collect();
    json!({
        "metadata": {"name": "app", "generation": 2}, "spec": {},
        "status": {"observedGeneration": 2, "lastHandledReconcileAt": TOKEN, "conditions": conditions,
            "lastAppliedRevision": "main@sha1:1"},
    })
}

fn waits(progress: &Progress) -> bool {
    matches!(progress, Progress::Waits(_))
}

#[test]
fn a_run_is_over_when_ready_is_settled_for_the_request() {
    let ready = object(&[("Ready", "True", 2)]);
    let ended =
        Ending::Ready { revision: Some("main@sha1:1".to_owned()), message: "Ready is True".to_owned() };
    assert_eq!(after_request(Some(&ready), TOKEN), Progress::Over(ended));
    assert!(waits(&after_request(Some(&ready), "another token")));
    let failed = object(&[("Ready", "False", 2), ("Reconciling", "True", 2)]);
    let ended = Ending::Failed { reason: "Because".to_owned(), message: "Ready is False".to_owned() };
    assert_eq!(after_request(Some(&failed), TOKEN), Progress::Over(ended));
}

#[test]
fn what_is_not_settled_is_waited_for() {
    for conditions in [
        &[][..],
        &[("Ready", "Unknown", 2)],
        &[("Ready", "True", 2), ("Reconciling", "True", 2)],
        // Of the generation before.
        &[("Ready", "True", 1)],
        &[("Ready", "False", 1)],
    ] {
        assert!(waits(&after_request(Some(&object(conditions)), TOKEN)), "{conditions:?}");
        assert!(waits(&after_resume(Some(&object(conditions)))), "{conditions:?}");
    }
    let mut asked = object(&[("Ready", "True", 2), ("Reconciling", "True", 2)]);
    asked["status"]["lastHandledReconcileAt"] = json!("before");
    assert_eq!(after_request(Some(&asked), TOKEN), Progress::Waits("Reconciling is True".to_owned()));
}

#[test]
fn stalled_is_an_end_whatever_ready_says() {
    let stalled = object(&[("Ready", "Unknown", 2), ("Stalled", "True", 2)]);
    let ended = Ending::Failed { reason: "Because".to_owned(), message: "Stalled is True".to_owned() };
    assert_eq!(after_request(Some(&stalled), TOKEN), Progress::Over(ended));
}

#[test]
fn conditions_without_a_generation_are_of_the_status_s() {
    let mut ready = object(&[("Ready", "True", 0)]);
    assert!(matches!(after_resume(Some(&ready)), Progress::Over(Ending::Ready { .. })));
    ready["status"]["observedGeneration"] = json!(1);
    assert!(waits(&after_resume(Some(&ready))));
}

#[test]
fn who_will_never_answer_is_not_waited_for() {
    let nothing = |object: Option<&Value>| {
        assert!(matches!(after_request(object, TOKEN), Progress::Over(Ending::Nothing(_))));
        assert!(matches!(after_resume(object), Progress::Over(Ending::Nothing(_))));
    };
    nothing(None);
    let mut suspended = object(&[("Ready", "True", 2)]);
    suspended["spec"]["suspend"] = json!(true);
    nothing(Some(&suspended));
    let mut leaving = object(&[("Ready", "True", 2)]);
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    nothing(Some(&leaving));
}

#[test]
fn sources_name_the_revision_of_their_artifact() {
    let mut source = object(&[("Ready", "True", 2)]);
    source["status"] = json!({"conditions": source["status"]["conditions"], "observedGeneration": 2,
        "artifact": {"revision": "main@sha1:2"}});
    let Progress::Over(Ending::Ready { revision, .. }) = after_resume(Some(&source)) else {
        panic!("it is ready");
    };
    assert_eq!(revision.as_deref(), Some("main@sha1:2"));
}

#[test]
fn what_others_say_is_one_masked_line() {
    let mut failed = object(&[("Ready", "False", 2)]);
    failed["status"]["conditions"][0]["message"] =
        json!("clone https://user:pass@git.example/a\nfailed\u{1b}[31m");
    let Progress::Over(Ending::Failed { message, .. }) = after_request(Some(&failed), TOKEN) else {
        panic!("it has failed");
    };
    assert!(!message.contains("pass") && !message.contains('\n') && !message.contains('\u{1b}'), "{message}");
}
