//! Which paths are ignored, what then counts as equal, and what is sent.

use super::{IgnoreRule, IgnoreRules, NoPointer, is_same, reshaped};
use kustomize_engine::ObjectSelector;
use serde_json::{Value, json};

const MANAGER: &str = "kustomize-controller";

fn rule(kind: Option<&str>, paths: &[&str]) -> IgnoreRule {
    let target = kind.map(|kind| ObjectSelector { kind: kind.to_owned(), ..ObjectSelector::default() });
    IgnoreRule { target, paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

fn deployment(replicas: u32, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": replicas, "image": image},
    })
}

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn rules_without_a_target_add_up() {
    let rules = IgnoreRules::new(vec![
        rule(None, &["/b"]),
        rule(None, &["/a", "/b"]),
        rule(Some("Deployment"), &["/c"]),
        rule(Some("Service"), &["/d"]),
    ]);
    assert_eq!(rules.paths_of(&deployment(1, "a")).unwrap(), ["/a", "/b", "/c"]);
    assert!(IgnoreRules::default().paths_of(&deployment(1, "a")).unwrap().is_empty());
}

#[test]
fn a_bad_selector_is_told_in_fluxs_words() {
    let mut bad = rule(Some("Deployment"), &["/a"]);
    bad.target.as_mut().unwrap().name = "[".to_owned();
    let rules = IgnoreRules::new(vec![rule(None, &["/a"]), bad]);
    let wanted = "failed to create ignore rule selector: invalid name regex: error parsing regexp: missing closing ]: `[)$`";
    assert_eq!(rules.check().unwrap_err().to_string(), wanted);
    assert_eq!(rules.paths_of(&deployment(1, "a")).unwrap_err().to_string(), wanted);
}

#[test]
fn only_what_is_not_ignored_counts() {
    let ignored = paths(&["/spec/replicas", "/metadata/annotations/who", "spec.image"]);
    let live = deployment(5, "a");
    assert!(is_same(&live, &deployment(1, "a"), &ignored));
    assert!(!is_same(&live, &deployment(1, "b"), &ignored), "no pointer: nothing is ignored by it");
    assert!(!is_same(&live, &deployment(1, "a"), &[]));
    let mut annotated = deployment(5, "a");
    annotated["metadata"]["annotations"] = json!({"who": "me"});
    annotated["metadata"]["resourceVersion"] = json!("7");
    annotated["status"] = json!({"replicas": 3});
    assert!(is_same(&annotated, &deployment(1, "a"), &ignored));
    annotated["metadata"]["annotations"]["other"] = json!("x");
    assert!(!is_same(&annotated, &deployment(1, "a"), &ignored));
    annotated["metadata"]["annotations"] = json!(null);
    annotated["metadata"]["labels"]["app"] = json!("other");
    assert!(!is_same(&annotated, &deployment(1, "a"), &ignored));
}

#[test]
fn the_live_value_is_taken_over_unless_another_manager_applied_it() {
    let ignored = paths(&["/spec/replicas"]);
    let manifest = deployment(1, "b");
    let answer = manifest.clone();
    let mut live = deployment(5, "a");
    live["metadata"]["resourceVersion"] = json!("7");
    let sent = reshaped(&manifest, &live, &answer, &ignored, MANAGER).unwrap();
    assert_eq!(sent["spec"], json!({"replicas": 5, "image": "b"}));
    assert_eq!(sent["metadata"]["resourceVersion"], "7");
    live["metadata"]["managedFields"] = json!([{
        "manager": "autoscaler", "operation": "Apply", "apiVersion": "apps/v1",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }]);
    let sent = reshaped(&manifest, &live, &answer, &ignored, MANAGER).unwrap();
    assert_eq!(sent["spec"], json!({"image": "b"}));
}

#[test]
fn what_does_not_differ_or_is_not_there_is_sent_as_declared() {
    let manifest = deployment(1, "b");
    let mut live = deployment(1, "a");
    let same = reshaped(&manifest, &live, &manifest, &paths(&["/spec/replicas"]), MANAGER).unwrap();
    assert_eq!(same["spec"], manifest["spec"]);
    live["spec"].as_object_mut().unwrap().remove("replicas");
    let absent = reshaped(&manifest, &live, &manifest, &paths(&["/spec/replicas"]), MANAGER).unwrap();
    assert_eq!(absent["spec"], manifest["spec"]);
}

#[test]
fn what_is_no_pointer_is_met_here() {
    let manifest = deployment(1, "b");
    let error = reshaped(&manifest, &deployment(5, "a"), &manifest, &paths(&["spec.replicas"]), MANAGER);
    let error = error.unwrap_err();
    assert_eq!(error, NoPointer("spec.replicas".to_owned()));
    assert_eq!(
        error.to_string(),
        "replace operation does not apply: doc is missing path: spec.replicas: missing value"
    );
}
