//! What is told of fields that are left alone, and by which rule.

use super::{LeftAlone, by_directive, by_merge, by_rules};
use crate::difference::{Masking, all_differences};
use crate::ignore::{IgnoreRule, IgnoreRules};
use serde_json::{Value, json};

fn told(left: &[LeftAlone]) -> String {
    let side =
        |shown: &Option<crate::difference::Shown>| shown.as_ref().map_or("-".to_owned(), ToString::to_string);
    let line = |left: &LeftAlone| {
        let field = &left.field;
        format!("{} {} -> {} by {}", field.pointer, side(&field.desired), side(&field.live), left.rule)
    };
    left.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn web(replicas: Option<u8>, image: &str) -> Value {
    let mut web = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"image": image}});
    if let Some(replicas) = replicas {
        web["spec"]["replicas"] = json!(replicas);
    }
    web
}

#[test]
fn paths_of_rules_are_told_apart_from_drift() {
    let rule = |paths: &[&str]| IgnoreRule {
        target: None,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    let rules = IgnoreRules::new(vec![rule(&["/spec/other"]), rule(&["/spec/replicas", "bad"])]);
    let paths = rules.paths_of(&web(Some(1), "a")).unwrap();
    let divided = |live: &Value, is_written: bool| {
        let desired = web(Some(1), "a");
        let found = all_differences(&desired, live, &[], &Masking::default());
        let (left, rest) = by_rules(found, &rules, &desired, &paths, is_written);
        (told(&left), rest.into_iter().map(|field| field.pointer).collect::<Vec<_>>())
    };
    let replicas = "/spec/replicas 1 -> 5 by spec.ignore[1]";
    assert_eq!(divided(&web(Some(5), "b"), true), (replicas.to_owned(), vec!["/spec/image".to_owned()]));
    assert_eq!(divided(&web(None, "a"), false).0, "/spec/replicas 1 -> - by spec.ignore[1]");
    assert_eq!(divided(&web(None, "b"), true).0, "", "what is not there is applied with the rest");
}

#[test]
fn directives_are_named_as_they_are_written() {
    let annotated = |mut object: Value, key: &str, value: &str| {
        object["metadata"]["annotations"] = json!({format!("kustomize.toolkit.fluxcd.io/{key}"): value});
        object
    };
    let check = |manifest: &Value, live: &Value| told(&by_directive(manifest, live, &Masking::default()));
    let (plain, edited) = (web(Some(1), "a"), web(Some(2), "a"));
    assert_eq!(check(&plain, &edited), "", "no directive");
    let once = annotated(plain.clone(), "ssa", "ifnotpresent");
    insta::assert_snapshot!(check(&once, &annotated(edited.clone(), "ssa", "ifnotpresent")), @"/spec/replicas 1 -> 2 by kustomize.toolkit.fluxcd.io/ssa: IfNotPresent");
    let disabled = annotated(edited, "reconcile", "Disabled");
    insta::assert_snapshot!(check(&plain, &disabled), @"/spec/replicas 1 -> 2 by kustomize.toolkit.fluxcd.io/reconcile: disabled (live)");
}

#[test]
fn merging_keeps_what_kubectl_set() {
    let mut manifest = web(Some(1), "a");
    manifest["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/ssa": "Merge"});
    let mut answer = manifest.clone();
    answer["spec"]["paused"] = json!(true);
    answer["spec"]["minReadySeconds"] = json!(9);
    answer["metadata"]["managedFields"] = json!([
        {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}, "f:image": {}}}},
        {"manager": "operator", "operation": "Update", "fieldsV1": {"f:spec": {"f:minReadySeconds": {}}}},
    ]);
    let check = |manifest: &Value, answer: &Value| {
        told(&by_merge(manifest, answer, "kustomize-controller", &[], &Masking::default()))
    };
    insta::assert_snapshot!(check(&manifest, &answer), @"/spec/paused - -> true by kustomize.toolkit.fluxcd.io/ssa: Merge");
    answer["metadata"].as_object_mut().unwrap().remove("annotations");
    assert_eq!(check(&web(Some(1), "a"), &answer), "", "a clean-up takes it away");
}
