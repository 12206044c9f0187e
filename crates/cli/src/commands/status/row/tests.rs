//! What is taken over of what was published.

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
fn what_was_published_is_a_row() {
    let succeeded = ("True", "ReconciliationSucceeded");
    let row = Row::published(&object(2, succeeded, "main@sha1:1"), &published()).expect("a row");
    assert_eq!((row.revision.as_deref(), row.desired.as_deref()), (Some("main@sha1:1"), Some("main@sha1:2")));
    assert_eq!(row.source, "GitRepository/apps/app");
    assert!(!row.is_converged());
    assert_eq!(row.full_name(), "kustomization.kustomize.toolkit.fluxcd.io/web");
    assert_eq!(Row::published(&object(3, succeeded, "main@sha1:1"), &published()), None, "out of date");
}
