//! HealthRules in documents, and what is no HealthRule.

use health::Rules;
use serde_json::{Value, json};

use super::added;
use crate::commands::health::input::{Document, Place};

fn document(value: Value) -> Document {
    Document { place: Place::new("r.yaml", 2), value }
}

fn rule(spec: Value) -> Value {
    json!({"apiVersion": "flyball.dev/v1alpha1", "kind": "HealthRule", "metadata": {"name": "widgets"}, "spec": spec})
}

fn wrong(value: Value) -> String {
    added(Rules::default(), &[document(value)]).unwrap_err().to_string()
}

#[test]
fn rules_go_before_what_is_built_in() {
    let spec = json!({"group": "apps", "kinds": ["Deployment"], "states": [{"state": "Healthy", "when": "true", "hint": null}]});
    let rules = added(Rules::default(), &[document(rule(spec))]).unwrap();
    assert_eq!(rules.decider("apps", "Deployment").to_string(), "HealthRule/widgets");
}

#[test]
fn what_is_misspelt_or_wrong_is_said_with_its_place() {
    let spec = |states: Value| rule(json!({"group": "example.com", "kinds": ["Widget"], "states": states}));
    insta::assert_snapshot!(wrong(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})), @"r.yaml, document 2: v1 ConfigMap is no HealthRule of flyball.dev");
    insta::assert_snapshot!(wrong(spec(json!([{"state": "Healthy", "when": "true", "hnit": "x"}]))), @"r.yaml, document 2: spec.states[0].hnit is no field of a HealthRule");
    insta::assert_snapshot!(wrong(spec(json!([{"state": "Well", "when": "true"}]))), @"r.yaml, document 2: spec: unknown variant `Well`, expected one of `Healthy`, `Progressing`, `Suspended`, `Degraded`, `Unknown`");
    insta::assert_snapshot!(wrong(rule(json!({"group": "example.com", "kinds": [], "states": []}))), @"r.yaml, document 2: HealthRule/widgets, for  of example.com: kinds is empty: name at least one kind, or * for all of the group");
    let text = wrong(spec(json!([{"state": "Healthy", "when": "status.a = 1"}])));
    assert!(text.starts_with("r.yaml, document 2: HealthRule/widgets, for Widget of example.com: states[0] (Healthy): when cannot be used: "), "{text}");
}
