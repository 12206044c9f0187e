//! Names that cannot stand in a path.

use super::problem;
use crate::samples::kustomization;
use serde_json::{Value, json};

#[test]
fn the_field_is_named_and_its_value_is_not() {
    let bad = "../../secret";
    let rows = [
        (json!({"sourceRef": {"name": bad}}), "spec.sourceRef.name "),
        (json!({"sourceRef": {"namespace": bad}}), "spec.sourceRef.namespace "),
        (json!({"serviceAccountName": bad}), "spec.serviceAccountName "),
        (json!({"dependsOn": [{"name": "a"}, {"name": bad}]}), "spec.dependsOn[1].name "),
        (json!({"dependsOn": [{"name": "a", "namespace": bad}]}), "spec.dependsOn[0].namespace "),
    ];
    for (spec, field) in rows {
        let text = problem(&kustomization(&json!({ "spec": spec })).spec).unwrap();
        assert!(text.starts_with(field) && !text.contains("secret"), "{text}");
    }
}

#[test]
fn what_can_be_a_name_is_none_of_our_business() {
    let spec = json!({
        "sourceRef": {"name": "Does_Not.Exist", "namespace": ""}, "serviceAccountName": "",
        "dependsOn": [{"name": ""}, {"name": "a", "namespace": "b"}],
    });
    assert_eq!(problem(&kustomization(&json!({ "spec": spec })).spec), None);
}

#[test]
fn dependencies_are_counted() {
    let of = |count: usize| {
        let all: Vec<Value> = (0..count).map(|at| json!({"name": format!("n{at}")})).collect();
        problem(&kustomization(&json!({"spec": {"dependsOn": all}})).spec)
    };
    assert_eq!(of(1000), None);
    insta::assert_snapshot!(of(1001).unwrap(), @"spec.dependsOn has 1001 entries and may have 1000: let some depend on each other instead");
}
