//! Pairs of statuses, and whether the second one is worth a line.

use api::convergence::ConvergenceStatus;
use serde_json::{Value, json};

use super::is_news;

const EARLY: &str = "2026-11-25T10:00:00Z";
const LATE: &str = "2026-11-25T11:00:00Z";

/// `answer`: status, reason, health; blockers: code and object.
fn status(answer: [&str; 3], blockers: &[[&str; 2]], since: &str) -> ConvergenceStatus {
    let [status, reason, health] = answer;
    let blockers: Vec<Value> = blockers
        .iter()
        .map(|[code, object]| json!({"code": code, "object": object, "message": "m", "since": since}))
        .collect();
    serde_json::from_value(json!({
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "sync": {"state": "Applied", "since": since}, "health": {"state": health, "since": since},
        "summary": "s", "counts": {"total": 2}, "blockers": blockers,
        "objects": [{"id": "apps_a__ConfigMap", "sync": "Applied", "health": health, "since": since}],
        "conditions": [{"type": "Converged", "status": status, "reason": reason, "message": "s",
            "lastTransitionTime": since}],
    }))
    .unwrap()
}

const WELL: [&str; 3] = ["True", "Converged", "Healthy"];
const ILL: [&str; 3] = ["False", "HealthFailed", "Degraded"];
const WAITS: [&str; 3] = ["False", "Progressing", "Progressing"];

#[test]
fn a_first_answer_is_news() {
    assert!(is_news(None, &status(WELL, &[], EARLY)));
    assert!(
        is_news(Some(&ConvergenceStatus::default()), &status(WELL, &[], EARLY)),
        "made, but not written yet"
    );
}

#[test]
fn another_answer_is_news() {
    let failed = [["HealthFailed", "Deployment/apps/w"]];
    let (well, ill, waits) =
        (status(WELL, &[], EARLY), status(ILL, &failed, EARLY), status(WAITS, &[], EARLY));
    for (old, new) in [(&well, &ill), (&ill, &well), (&waits, &ill), (&waits, &well), (&well, &waits)] {
        assert!(is_news(Some(old), new), "{old:?} -> {new:?}");
    }
    // Another reason or another health alone.
    let drifted = status(["False", "Drifted", "Progressing"], &[], EARLY);
    assert!(is_news(Some(&waits), &drifted));
    let missing = status(["False", "Progressing", "Missing"], &[], EARLY);
    assert!(is_news(Some(&waits), &missing));
    let unknown = status(["Unknown", "Progressing", "Progressing"], &[], EARLY);
    assert!(is_news(Some(&waits), &unknown));
}

#[test]
fn a_blocker_that_appears_or_goes_is_news_beside_others() {
    let one = status(ILL, &[["HealthFailed", "Deployment/apps/w"]], EARLY);
    let two = status(ILL, &[["HealthFailed", "Deployment/apps/w"], ["KindUnknown", "Job/apps/j"]], EARLY);
    assert!(is_news(Some(&one), &two));
    assert!(is_news(Some(&two), &one));
    let other = status(ILL, &[["HealthFailed", "Deployment/apps/v"]], EARLY);
    assert!(is_news(Some(&one), &other));
}

#[test]
fn details_are_none() {
    let old = status(ILL, &[["HealthFailed", "Deployment/apps/w"]], EARLY);
    let mut new = status(ILL, &[["HealthFailed", "Deployment/apps/w"]], LATE);
    assert!(!is_news(Some(&old), &new), "times");
    new.summary = Some("other words".to_owned());
    new.blockers[0].message = "other words".to_owned();
    new.objects.clear();
    new.omitted = Some(1);
    assert!(!is_news(Some(&old), &new), "words, and objects beside others");
}
