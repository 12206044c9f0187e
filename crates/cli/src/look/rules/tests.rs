//! Whose rules hold.

use health::State;
use health::beside::Nothing;
use serde_json::{Value, json};

use super::*;

fn rule(name: &str, when: &str) -> DynamicObject {
    serde_json::from_value(
        json!({"apiVersion": "flyball.dev/v1alpha1", "kind": "HealthRule", "metadata": {"name": name},
        "spec": {"group": "example.com", "kinds": ["Thing"], "states": [{"state": "Degraded", "when": when}],
            "otherwise": "Healthy"}}),
    )
    .expect("an object")
}

fn kustomization(exprs: Value) -> Kustomization {
    serde_json::from_value(json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"}, "spec": {"interval": "1m", "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": "app"}, "healthCheckExprs": exprs}}))
    .expect("a Kustomization")
}

fn state(rules: &Rules) -> State {
    let thing = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a", "generation": 1},
        "status": {"broken": true}});
    rules.judge(&thing, &[], &Nothing, "2026-11-25T10:00:00Z".parse().expect("a time")).state
}

#[test]
fn own_rules_go_before_those_for_all() {
    let book = RuleBook::of(vec![rule("odd", "status."), rule("things", "has(status.broken)")]);
    assert_eq!(state(book.base()), State::Degraded, "what cannot be used is passed over");
    let plain = kustomization(json!([]));
    assert!(Arc::ptr_eq(&book.of_kustomization(&plain), book.base()));
    let own = kustomization(
        json!([{"apiVersion": "example.com/v1", "kind": "Thing", "current": "has(status.broken)"}]),
    );
    assert_eq!(state(&book.of_kustomization(&own)), State::Healthy);
}
