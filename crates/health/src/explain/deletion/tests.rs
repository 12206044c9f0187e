//! Deletions that do not end.

use serde_json::json;

use super::explain;
use crate::beside::Nothing;
use crate::explain::scene::Scene;

fn scene() -> Scene<'static> {
    Scene { namespace: "apps", beside: &Nothing, now: None }
}

#[test]
fn the_finalizer_its_owner_and_the_way_out_are_named() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a",
        "deletionTimestamp": "2026-11-25T10:00:00Z", "finalizers": ["example.com/guard"]}});
    let told = explain(&object, &scene());
    assert_eq!(told.message, "it is being deleted and waits for example.com/guard");
    assert_eq!(
        told.evidence,
        [
            "finalizer example.com/guard, which belongs to the controller of example.com",
            "deletionTimestamp 2026-11-25T10:00:00Z"
        ]
    );
    let hint = told.hint.unwrap();
    assert!(hint.contains("the controller of example.com runs"), "{hint}");
    assert!(hint.contains("kubectl -n apps patch configmap a --type=merge"), "{hint}");
}

#[test]
fn a_namespace_says_what_remains() {
    let of = |conditions: serde_json::Value| {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop",
            "deletionTimestamp": "2026-11-25T10:00:00Z"}, "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Terminating", "conditions": conditions}});
        explain(&object, &Scene::BARE)
    };
    let held = of(json!([
        {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain", "message": "Some resources are remaining: widgets.example.com has 1 resource instances"},
        {"type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain", "message": "Some content in the namespace has finalizers remaining: example.com/guard in 1 resource instances"},
    ]));
    assert!(held.message.contains("example.com/guard in 1 resource instances"), "{}", held.message);
    let hint = held.hint.unwrap();
    assert!(hint.contains("finalizer example.com/guard") && hint.contains("kubectl get -n shop"), "{hint}");
    let blind = of(json!([
        {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "reason": "DiscoveryFailed", "message": "Discovery failed for some groups: metrics.k8s.io/v1beta1"},
    ]));
    assert!(blind.hint.unwrap().contains("apiservices"));
    let plain = of(json!([]));
    assert_eq!(plain.message, "it is being deleted and waits for kubernetes");
    assert!(plain.hint.unwrap().contains("kubectl get namespace shop"));
}

#[test]
fn a_pod_whose_node_is_gone() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0",
        "deletionTimestamp": "2026-11-25T10:00:00Z"}});
    let told = explain(&pod, &scene());
    assert!(told.hint.unwrap().contains("kubectl -n apps delete pod web-0 --force"));
    let other =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "deletionTimestamp": "t"}});
    assert!(explain(&other, &scene()).hint.unwrap().contains("nothing holds it"));
}
