//! Where objects say that they come from.

use serde_json::{Value, json};

use super::*;

fn of(metadata: Value) -> Step {
    step(&serde_json::from_value(metadata).expect("metadata"))
}

#[test]
fn labels_go_before_owners() {
    let owners = json!([
        {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "1"},
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "2", "controller": true}]);
    assert_eq!(of(json!({"name": "a"})), Step::Nowhere);
    let controller = Step::Object(Gvk::parse("apps/v1", "ReplicaSet"), "web-1".to_owned());
    assert_eq!(of(json!({"ownerReferences": owners})), controller);
    let release = json!({"helm.toolkit.fluxcd.io/name": "db", "helm.toolkit.fluxcd.io/namespace": "apps"});
    assert_eq!(
        of(json!({"labels": release, "ownerReferences": owners})),
        Step::Release(("apps".to_owned(), "db".to_owned()))
    );
    let mut both = release;
    both["kustomize.toolkit.fluxcd.io/name"] = json!("web");
    assert!(matches!(of(json!({"labels": both})), Step::Release(_)), "one label is none");
    both["kustomize.toolkit.fluxcd.io/namespace"] = json!("flux-system");
    let kustomization = Step::Kustomization(("flux-system".to_owned(), "web".to_owned()));
    assert_eq!(of(json!({"labels": both, "ownerReferences": owners})), kustomization);
}
