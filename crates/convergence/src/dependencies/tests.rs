//! Chains of dependencies that wait for each other.

use std::collections::HashMap;
use std::sync::Arc;

use api::kustomization::Kustomization;
use manifest::ObjectId;
use serde_json::json;

use super::{chain, id_of, of};

/// `apps/<name>` that depends on others; `ready` is Ready's status with its message, empty for none.
fn kustomization(name: &str, depends_on: &[&str], ready: &str) -> Kustomization {
    let depends_on: Vec<_> = depends_on.iter().map(|name| json!({"name": name})).collect();
    let mut object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "dependsOn": depends_on,
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    if let Some((status, message)) = ready.split_once(' ') {
        let conditions = json!([{"type": "Ready", "status": status, "reason": "BuildFailed", "message": message,
            "lastTransitionTime": "2026-11-25T09:00:00Z"}]);
        object.status = Some(serde_json::from_value(json!({"conditions": conditions})).unwrap());
    }
    object
}

/// The chain of the first one.
fn lines(all: Vec<Kustomization>) -> Vec<String> {
    let first = all[0].clone();
    let known: HashMap<ObjectId, Arc<Kustomization>> =
        all.into_iter().map(|object| (id_of(&object), Arc::new(object))).collect();
    chain(&first, |id| known.get(id).cloned())
}

#[test]
fn it_ends_at_the_root_cause() {
    let all = vec![
        kustomization("web", &["ready", "db"], ""),
        kustomization("ready", &[], "True well"),
        kustomization("db", &["crds"], "False https://u:p@git/x"),
        kustomization("crds", &[], ""),
    ];
    insta::assert_snapshot!(lines(all).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: https://***@git/x
    Kustomization/apps/crds has not been reconciled yet
    ");
    assert!(
        lines(vec![kustomization("web", &["ready"], ""), kustomization("ready", &[], "True well")])
            .is_empty()
    );
}

#[test]
fn what_is_not_there_and_circles_end_it_too() {
    insta::assert_snapshot!(lines(vec![kustomization("web", &["gone"], "")]).join("\n"), @"Kustomization/apps/gone does not exist");
    let circle = vec![kustomization("web", &["db"], "False a"), kustomization("db", &["web"], "False b")];
    insta::assert_snapshot!(lines(circle).join("\n"), @r"
    Kustomization/apps/db: BuildFailed: b
    Kustomization/apps/web: BuildFailed: a
    Kustomization/apps/web is in a dependency cycle
    ");
    let names: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    let long = names.windows(2).map(|pair| kustomization(&pair[0], &[&pair[1]], "False c")).collect();
    assert_eq!(lines(long).len(), 10, "bounded");
}

#[test]
fn another_namespace_may_be_named() {
    let mut object = kustomization("web", &["a", "b"], "");
    object.spec.depends_on[1].namespace = Some("infra".to_owned());
    let ids: Vec<String> = of(&object).map(|id| id.to_string()).collect();
    assert_eq!(ids, ["Kustomization/apps/a", "Kustomization/infra/b"]);
}
