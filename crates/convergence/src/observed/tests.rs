//! What counts as seen.

use serde_json::{Value, json};

use super::is_observed;

fn seen(generation: i64, status: &Value) -> bool {
    is_observed(
        &serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "web", "namespace": "apps", "generation": generation},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
            "status": status,
        }))
        .unwrap(),
    )
}

#[test]
fn a_generation_is_seen_once_the_status_or_ready_says_so() {
    let ready = |status: &str, observed: i64| {
        json!([{"type": "Ready", "status": status, "reason": "X", "message": "", "observedGeneration": observed,
            "lastTransitionTime": "2026-11-25T09:00:00Z"}])
    };
    for (generation, status, wanted) in [
        (1, json!({}), false),
        (1, json!({"observedGeneration": -1}), false),
        (1, json!({"observedGeneration": 1}), true),
        (1, json!({"observedGeneration": -1, "conditions": ready("False", 1)}), true),
        (2, json!({"observedGeneration": 1, "conditions": ready("True", 1)}), false),
        (2, json!({"observedGeneration": 1, "conditions": ready("Unknown", 2)}), true),
    ] {
        assert_eq!(seen(generation, &status), wanted, "{generation} {status}");
    }
}
