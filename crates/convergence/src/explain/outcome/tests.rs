//! What stands of a run's end.

use api::convergence::ConvergenceStatus;
use api::kustomization::KustomizationStatus;
use serde_json::json;

use super::{Outcome, is_running};

fn status(ready: &str, reason: &str, message: &str) -> KustomizationStatus {
    serde_json::from_value(json!({
        "lastAppliedRevision": "main@sha1:1", "lastAttemptedRevision": "main@sha1:2",
        "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": message,
            "lastTransitionTime": "2026-11-25T09:00:00Z"}],
    }))
    .unwrap()
}

fn published(reason: &str) -> ConvergenceStatus {
    serde_json::from_value(json!({"lastResult": {"reason": reason, "message": "before", "revision": "r"}}))
        .unwrap()
}

#[test]
fn each_end_has_the_revision_that_it_speaks_of() {
    let well = Outcome::of(&status("True", "ReconciliationSucceeded", "m"), None).unwrap();
    assert_eq!((well.ready, well.revision.as_deref()), (true, Some("main@sha1:1")));
    let ill = Outcome::of(&status("False", "BuildFailed", "m"), None).unwrap();
    assert_eq!((ill.ready, ill.revision.as_deref()), (false, Some("main@sha1:2")));
    assert!(Outcome::of(&KustomizationStatus::default(), None).is_none());
}

#[test]
fn during_a_run_the_last_end_stands() {
    let running = status("Unknown", "Progressing", "Reconciliation in progress");
    assert!(is_running(&running) && !is_running(&status("True", "Succeeded", "")));
    assert!(!is_running(&KustomizationStatus::default()));
    assert!(Outcome::of(&running, None).is_none());
    let well = Outcome::of(&running, Some(&published("ReconciliationSucceeded"))).unwrap();
    assert_eq!((well.ready, well.message.as_str()), (true, "before"));
    assert!(!Outcome::of(&running, Some(&published("BuildFailed"))).unwrap().ready);
}

#[test]
fn what_others_said_is_fit_to_be_published() {
    let message = |text: &str| Outcome::of(&status("False", "BuildFailed", text), None).unwrap().message;
    assert_eq!(message("cannot reach https://u:p@git/x\n"), "cannot reach https://***@git/x");
    assert_eq!(message("health check failed after 3s: x"), "health check failed: x");
    assert_eq!(message(&"x".repeat(3000)).chars().count(), 2000);
}
