//! What a read tells of an object that no watch shows.

use convergence::Visibility;
use kube::core::DynamicObject;
use reconcile_core::watch_pool::WatchedKind;
use serde_json::{Value, json};

use super::{finished_run, read_back};

#[test]
fn an_object_with_its_label_is_on_its_way_and_has_not_lost_it() {
    let (job, now) = (WatchedKind::gvk("batch", "v1", "Job"), "2026-11-25T10:00:00Z".parse().unwrap());
    let found = |labels: Value| -> DynamicObject {
        serde_json::from_value(json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "a", "namespace": "apps", "labels": labels}}))
        .unwrap()
    };
    let labelled = found(json!({"kustomize.toolkit.fluxcd.io/name": "apps"}));
    assert!(matches!(read_back(&job, labelled, now), Visibility::Seen(_)));
    assert!(matches!(read_back(&job, found(json!({})), now), Visibility::Unlabelled(_)));
}

#[test]
fn objects_are_asked_for_once_per_run_that_has_ended() {
    let run = |ready: &str, attempted: &str, since: &str| {
        let object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
            "status": {"lastAttemptedRevision": attempted, "conditions": [{"type": "Ready", "status": ready,
                "reason": "R", "message": "m", "lastTransitionTime": since}]},
        });
        finished_run(&serde_json::from_value(object).unwrap())
    };
    let (early, late) = ("2026-11-25T09:00:00Z", "2026-11-25T09:00:01Z");
    let first = run("True", "a", early);
    assert!(first.is_some());
    assert_eq!(first, run("True", "a", early));
    assert_ne!(first, run("True", "b", early));
    assert_ne!(first, run("True", "a", late));
    assert_eq!(run("Unknown", "a", early), None, "one is under way");
}
