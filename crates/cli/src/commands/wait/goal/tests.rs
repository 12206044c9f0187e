//! What has come, and what has not.

use serde_json::{Value, json};

use super::*;

const REVISION: &str = "main@sha1:0123456789abcdef";

fn kustomization(observed: i64, ready: &str) -> Kustomization {
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "generation": 2},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": observed, "lastAppliedRevision": REVISION, "conditions": [{"type": "Ready",
            "status": ready, "reason": "R", "message": "m", "lastTransitionTime": "2026-11-25T09:00:00Z"}]}}))
    .expect("a Kustomization")
}

fn explanation(status: &str, health: &str, blockers: Value) -> Explanation {
    let since = "2026-11-25T09:00:00Z";
    serde_json::from_value(json!({
        "version": 1, "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "verdict": {"status": status, "reason": "R", "summary": "the summary", "generation": 2, "since": since},
        "sync": {"state": "Applied", "since": since}, "health": {"state": health, "since": since},
        "counts": {}, "objects": [], "blockers": blockers}))
    .expect("an explanation")
}

fn reached(goal: &str, object: &Kustomization, explanation: &Explanation) -> bool {
    let goal = goal.parse().expect("a goal");
    matches!(of_kustomization(&goal, object, explanation), Progress::Reached(_))
}

#[test]
fn goals() {
    assert_eq!("converged".parse(), Ok(Goal::Converged));
    assert_eq!("healthy".parse(), Ok(Goal::Healthy));
    assert_eq!("revision=main".parse(), Ok(Goal::Revision("main".to_owned())));
    for text in ["", "ready", "revision=", "revision"] {
        assert!(text.parse::<Goal>().is_err(), "{text}");
    }
}

#[test]
fn a_kustomization() {
    let (seen, well) = (kustomization(2, "True"), explanation("True", "Healthy", json!([])));
    for goal in ["converged", "healthy", "revision=main", "revision=0123456"] {
        assert!(reached(goal, &seen, &well), "{goal}");
        assert!(!reached(goal, &kustomization(1, "True"), &well), "{goal}: of the generation before");
    }
    assert!(!reached("revision=main", &kustomization(2, "Unknown"), &well), "it is being applied");
    assert!(!reached("revision=other", &seen, &well));
    let unwell = explanation("False", "Progressing", json!([]));
    assert!(!reached("converged", &seen, &unwell) && !reached("healthy", &seen, &unwell));
    assert!(reached("revision=main", &seen, &unwell), "what is applied need not be well");
    let drifted = explanation("False", "Healthy", json!([]));
    assert!(!reached("converged", &seen, &drifted) && reached("healthy", &seen, &drifted));
    let waits = of_kustomization(&Goal::Revision("x".to_owned()), &seen, &well);
    assert_eq!(waits, Progress::Waits(format!("{REVISION} is applied, and not x yet")));
}

#[test]
fn a_run_that_failed_has_seen_the_change_and_says_why_nothing_has_come() {
    let mut failed = kustomization(-1, "False");
    let unwell = explanation("False", "Healthy", json!([]));
    let conditions = &mut failed.status.as_mut().expect("a status").conditions;
    conditions[0].observed_generation = Some(2);
    for goal in ["converged", "healthy", "revision=main"] {
        let goal = goal.parse().expect("a goal");
        let waits = of_kustomization(&goal, &failed, &unwell);
        assert_eq!(waits, Progress::Waits("the summary".to_owned()), "{goal:?}");
    }
}

fn object(sync: &str, health: &str, message: Option<&str>) -> ObjectExplanation {
    let since = "2026-11-25T09:00:00Z";
    serde_json::from_value(json!({"id": "apps_a__ConfigMap", "sync": sync, "health": health, "message": message, "since": since}))
        .expect("an object")
}

#[test]
fn another_object() {
    let of = |goal: &Goal,
              alone: &ObjectExplanation,
              applied: Option<&ObjectExplanation>,
              revision: Option<&str>| {
        match of_object(goal, alone, applied, revision) {
            Progress::Reached(what) => format!("reached: {what}"),
            Progress::Waits(what) => format!("waits: {what}"),
        }
    };
    let well = object("Applied", "Healthy", None);
    assert_eq!(of(&Goal::Healthy, &well, None, None), "reached: it is healthy");
    let unwell = object("Applied", "Degraded", Some("it crashes"));
    assert_eq!(of(&Goal::Converged, &unwell, None, None), "waits: it crashes");
    let drifted = object("Drifted", "Healthy", None);
    assert_eq!(of(&Goal::Converged, &well, Some(&drifted), None), "waits: it is Drifted");
    assert_eq!(of(&Goal::Healthy, &well, Some(&drifted), None), "reached: it is healthy");
    let revision = Goal::Revision("1.2.3".to_owned());
    assert_eq!(of(&revision, &well, None, Some("1.2.3")), "reached: it has 1.2.3");
    assert_eq!(of(&revision, &well, None, Some("1.2.2")), "waits: it has 1.2.2, and not 1.2.3 yet");
    assert_eq!(of(&revision, &well, None, None), "waits: it has no revision yet");
}

#[test]
fn revisions() {
    for typed in [REVISION, "main", "sha1:0123456789abcdef", "0123456", "0123456789abcdef"] {
        assert!(is_revision(REVISION, typed), "{typed}");
    }
    for typed in ["mai", "012345", "sha1:0123456", "123456789", "0123456x"] {
        assert!(!is_revision(REVISION, typed), "{typed}");
    }
    assert!(is_revision("v1.2.3@sha256:abcdef0123", "v1.2.3"));
    assert!(is_revision("6.5.4", "6.5.4"), "a chart's version is one, too");
}
