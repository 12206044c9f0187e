//! Who is whose rival, and when not.

use api::kustomization::Kustomization;
use serde_json::{Value, json};

use super::{Claimant, cluster_of, contend};

/// A Kustomization that has finished a run for `main@sha1:2`, with whatever else is said of it.
fn kustomization(name: &str, more: &Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps", "generation": 3},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": 3, "lastAttemptedRevision": "main@sha1:2", "conditions": [ready("True")]},
    });
    for part in ["metadata", "spec", "status"] {
        for (field, value) in more[part].as_object().into_iter().flatten() {
            object[part][field] = value.clone();
        }
    }
    serde_json::from_value(object).unwrap()
}

fn ready(status: &str) -> Value {
    json!({"type": "Ready", "status": status, "reason": "r", "message": "", "lastTransitionTime": "2026-11-25T10:00:00Z"})
}

fn contends(more: &Value) -> bool {
    let (one, other) = (kustomization("one", &json!({})), kustomization("other", more));
    let desired = Some("main@sha1:2");
    let (one, other) =
        (Claimant { kustomization: &one, desired }, Claimant { kustomization: &other, desired });
    assert_eq!(contend(&one, &other), contend(&other, &one), "both sides see the same");
    contend(&one, &other)
}

#[test]
fn two_that_have_finished_their_runs_are_rivals_well_or_not() {
    assert!(contends(&json!({})));
    assert!(contends(&json!({"status": {"conditions": [ready("False")]}})));
}

#[test]
fn who_may_be_about_to_let_go_is_no_rival() {
    for more in [
        json!({"status": {"conditions": [ready("Unknown")]}}),
        json!({"status": {"conditions": []}}),
        json!({"status": {"observedGeneration": 2}}),
        json!({"status": {"lastAttemptedRevision": "main@sha1:1"}}),
        json!({"status": {"lastAttemptedRevision": null}}),
    ] {
        assert!(!contends(&more), "{more}");
    }
}

#[test]
fn who_writes_nothing_is_no_rival() {
    assert!(!contends(&json!({"spec": {"suspend": true}})));
    assert!(!contends(&json!({"metadata": {"deletionTimestamp": "2026-11-25T10:00:00Z"}})));
}

#[test]
fn of_one_source_both_must_have_come_as_far_also_where_the_source_is_not_known() {
    let (one, other) = (
        kustomization("one", &json!({})),
        kustomization("other", &json!({"status": {"lastAttemptedRevision": "main@sha1:1"}})),
    );
    let claimant = |kustomization| Claimant { kustomization, desired: None };
    assert!(claimant(&other).stands());
    assert!(!contend(&claimant(&one), &claimant(&other)));
    let elsewhere = kustomization(
        "other",
        &json!({"spec": {"sourceRef": {"kind": "GitRepository", "name": "lib"}},
        "status": {"lastAttemptedRevision": "main@sha1:1"}}),
    );
    assert!(contend(&claimant(&one), &claimant(&elsewhere)));
}

#[test]
fn objects_of_different_clusters_are_different_objects() {
    let secret = |name: &str| json!({"spec": {"kubeConfig": {"secretRef": {"name": name}}}});
    assert!(!contends(&secret("far")));
    let cluster = |more: &Value| cluster_of(&kustomization("k", more));
    assert_eq!(cluster(&json!({})), "");
    assert_eq!(cluster(&secret("far")), cluster(&secret("far")));
    assert_ne!(cluster(&secret("far")), cluster(&secret("farther")));
    let mut elsewhere = secret("far");
    elsewhere["metadata"] = json!({"namespace": "infra"});
    assert_ne!(cluster(&secret("far")), cluster(&elsewhere), "another namespace's Secret of that name");
    let map = json!({"spec": {"kubeConfig": {"configMapRef": {"name": "far"}}}});
    assert_ne!(cluster(&map), cluster(&secret("far")));
}
