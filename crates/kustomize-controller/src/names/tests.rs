//! Names that cannot stand in a path.

use super::{is_segment, problem};
use crate::samples::kustomization;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn what_would_change_a_path_is_no_segment() {
    let long = "a".repeat(254);
    let bad = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a?x=",
        "a#",
        "a%2f",
        "a\\b",
        "a b",
        "a\nb",
        "a\u{1b}[2J",
        "a\0",
        &long,
    ];
    for text in bad {
        assert!(!is_segment(text), "{text:?}");
    }
    for text in ["a", "a.b", "...", "flux-system", "A_b", "a:b", &long[1..]] {
        assert!(is_segment(text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_segment_stays_one_in_a_url(text in any::<String>()) {
        if is_segment(&text) {
            let path = format!("/a/{text}/b");
            let segments: Vec<&str> = path.split(['/', '?', '#']).collect();
            prop_assert_eq!(segments, ["", "a", text.as_str(), "b"]);
        }
    }
}

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
