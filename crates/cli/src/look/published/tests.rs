//! Which published answers are taken.

use serde_json::{Value, json};

use super::*;

fn object(generation: i64, ready: (&str, &str), applied: &str) -> Kustomization {
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "generation": generation},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": generation, "lastAppliedRevision": applied, "conditions": [{"type": "Ready",
            "status": ready.0, "reason": ready.1, "message": "m", "lastTransitionTime": "2026-11-25T09:00:00Z"}]}}))
    .expect("a Kustomization")
}

fn published() -> ConvergenceStatus {
    let since = "2026-11-25T09:00:00Z";
    let status: Value = json!({
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "desired": {"revision": "main@sha1:2", "since": since}, "applied": {"revision": "main@sha1:1", "since": since},
        "sync": {"state": "RevisionPending", "since": since}, "health": {"state": "Healthy", "since": since},
        "summary": "s", "counts": {"total": 1, "healthy": 1}, "lastResult": {"reason": "ReconciliationSucceeded"},
        "conditions": [{"type": "Converged", "status": "False", "reason": "RevisionPending", "message": "s",
            "observedGeneration": 2, "lastTransitionTime": since}]});
    serde_json::from_value(status).expect("a status")
}

#[test]
fn what_is_current_is_taken() {
    let succeeded = ("True", "ReconciliationSucceeded");
    assert!(current_answer(&object(2, succeeded, "main@sha1:1"), &published()).is_some());
    let running = object(2, ("Unknown", "Progressing"), "main@sha1:1");
    assert!(
        current_answer(&running, &published()).is_some(),
        "a run that is under way makes nothing out of date"
    );
}

#[test]
fn what_is_out_of_date_is_not() {
    let succeeded = ("True", "ReconciliationSucceeded");
    for (object, why) in [
        (object(3, succeeded, "main@sha1:1"), "a newer generation"),
        (object(2, succeeded, "main@sha1:2"), "a newer revision"),
        (object(2, ("False", "BuildFailed"), "main@sha1:1"), "another run"),
    ] {
        assert_eq!(current_answer(&object, &published()), None, "{why}");
    }
    assert_eq!(current_answer(&object(2, succeeded, "main@sha1:1"), &ConvergenceStatus::default()), None);
}

#[test]
fn of_another_cluster_nothing_is_taken() {
    let mut remote = object(2, ("True", "ReconciliationSucceeded"), "main@sha1:1");
    remote.spec.kube_config =
        serde_json::from_value(json!({"secretRef": {"name": "there"}})).expect("a reference");
    assert_eq!(
        current_answer(&remote, &published()),
        None,
        "whoever looks may see more than health-controller"
    );
}
