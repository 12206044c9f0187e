//! Places for an installation.

use serde_json::{Value, json};

use super::*;
use crate::finding::{self, Level};

fn in_namespace(metadata: Value) -> Finding {
    let mut place = Place::default();
    place.namespace.found.push(serde_json::from_value(json!({ "metadata": metadata })).expect("a Namespace"));
    namespace("a", &place)
}

#[test]
fn namespaces() {
    assert!(namespace("a", &Place::default()).message.starts_with("is not there yet"));
    let enforcing =
        |level: &str| in_namespace(json!({ "labels": { "pod-security.kubernetes.io/enforce": level } }));
    assert_eq!(
        enforcing("restricted").message,
        "enforces the Pod Security Standard restricted, which the controllers meet"
    );
    assert_eq!((enforcing("baseline").level, enforcing("strict").level), (Level::Fine, Level::Warning));
    assert!(in_namespace(json!({})).message.starts_with("enforces no Pod Security Standard"));
    let ending = in_namespace(json!({ "deletionTimestamp": "2026-11-30T00:00:00Z" }));
    assert_eq!((ending.level, ending.message.as_str()), (Level::Problem, "is being deleted"));
}

fn controller(name: &str, replicas: i32) -> Controller {
    let deployment = json!({
        "metadata": { "name": name, "namespace": "flux-system" },
        "spec": { "replicas": replicas, "selector": {}, "template": { "spec": { "containers": [
            { "name": "manager", "image": format!("ghcr.io/fluxcd/{name}:v1.9.5") },
        ] } } },
    });
    Controller::of(&serde_json::from_value(deployment).expect("a Deployment"))
}

#[test]
fn controllers_that_are_there() {
    let found = [
        controller("helm-controller", 1),
        controller("kustomize-controller", 1),
        controller("source-controller", 0),
    ];
    let read = Read::<()>::default();
    let wanted = vec!["source-controller", "kustomize-controller"];
    insta::assert_snapshot!(finding::lines(&controllers(&found, &wanted, &read)).join("\n"), @"
    ✔ Deployment flux-system/helm-controller: helm-controller v1.9.5 of Flux is there, and watches all namespaces
    ✗ Deployment flux-system/kustomize-controller: kustomize-controller v1.9.5 of Flux is there, and watches all namespaces: a second kustomize-controller would undo its work
      hint: leave it out with kustomizeController.enabled=false in the chart's values (and --controllers here), or replace it: scale it to zero first
    ✔ Deployment flux-system/source-controller: source-controller v1.9.5 of Flux is there, and watches all namespaces; it is scaled to zero
    ");
    assert_eq!(controllers(&[], &wanted, &read), [Finding::fine("controllers", "there are none yet")]);
}
