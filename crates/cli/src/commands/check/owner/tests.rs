//! Whose an object is.

use serde_json::{Value, json};

use super::*;

fn owner(metadata: Value) -> String {
    Owner::of(&serde_json::from_value(metadata).expect("metadata")).to_string()
}

#[test]
fn owners() {
    let helm = json!({ "meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n" });
    let labels = json!({ "app.kubernetes.io/managed-by": "Helm", "kustomize.toolkit.fluxcd.io/name": "k",
        "kustomize.toolkit.fluxcd.io/namespace": "n" });
    assert_eq!(owner(json!({ "annotations": helm, "labels": labels })), "of the Helm release r in n");
    assert_eq!(owner(json!({ "labels": labels })), "applied by the Kustomization n/k");
    let fields = json!([{ "manager": "kube-apiserver", "subresource": "status" }, { "manager": "flux" }]);
    assert_eq!(owner(json!({ "managedFields": fields })), "applied by flux");
    let labels = json!({ "app.kubernetes.io/managed-by": "flux-operator" });
    assert_eq!(owner(json!({ "managedFields": fields, "labels": labels })), "applied by flux-operator");
    assert_eq!(owner(json!({})), "of an unknown owner");
}
