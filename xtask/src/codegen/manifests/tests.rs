//! Where objects go.

use serde_json::{Value, json};

use super::sort;

fn object(kind: &str, component: Option<&str>) -> Value {
    let mut labels = json!({"helm.sh/chart": "flyball-1", "app.kubernetes.io/managed-by": "Helm", "a": "b"});
    if let Some(component) = component {
        labels["app.kubernetes.io/component"] = json!(component);
    }
    json!({"kind": kind, "metadata": {"name": "x", "labels": labels}})
}

#[test]
fn every_folder_is_a_base() {
    let objects = vec![
        object("Role", Some("c")),
        object("ServiceAccount", Some("c")),
        object("ClusterRole", None),
        object("Deployment", Some("c")),
    ];
    let files = sort::files(objects).expect("places");
    let paths: Vec<_> = files.keys().map(String::as_str).collect();
    let expected = [
        "config/manager/c/deployment.yaml",
        "config/manager/c/kustomization.yaml",
        "config/manager/kustomization.yaml",
        "config/rbac/c/kustomization.yaml",
        "config/rbac/c/rights.yaml",
        "config/rbac/kustomization.yaml",
        "config/rbac/users/kustomization.yaml",
        "config/rbac/users/rights.yaml",
    ];
    assert_eq!(paths, expected);
    assert!(files["config/rbac/kustomization.yaml"].ends_with("resources:\n  - c\n  - users\n"));
    assert!(files["config/rbac/c/kustomization.yaml"].ends_with("resources:\n  - rights.yaml\n"));
    assert_eq!(files["config/rbac/c/rights.yaml"].matches("kind: ").count(), 2);
}

#[test]
fn nothing_says_that_helm_made_it() {
    let files = sort::files(vec![object("Service", Some("c"))]).expect("places");
    let service = &files["config/manager/c/service.yaml"];
    assert!(service.contains("a: b") && !service.to_lowercase().contains("helm"), "{service}");
}

#[test]
fn what_has_no_place_is_refused() {
    assert!(sort::files(vec![object("Widget", None)]).is_err());
}
