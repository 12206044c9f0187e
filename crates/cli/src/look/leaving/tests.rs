//! What is said to hang, and where else to look.

use serde_json::{Value, json};

use super::*;

#[test]
fn what_is_said_to_hang_is_found_by_its_kind() {
    let resource = |plural: &str, kind: &str, scope: &str| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": ["get"]});
    let group: Value = json!({"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": [
        resource("services", "Service", "Namespaced"), resource("namespaces", "Namespace", "Cluster")]}]});
    let kinds = Kinds::of_groups(vec![serde_json::from_value(group).expect("a group")]);
    let blocker = |code: &str, object: Option<&str>| -> Blocker {
        serde_json::from_value(
            json!({"code": code, "object": object, "message": "m", "since": "2026-11-25T09:00:00Z"}),
        )
        .expect("a blocker")
    };
    let blockers = [
        blocker("FinalizerStuck", Some("Service/apps/held")),
        blocker("FinalizerStuck", Some("Namespace/old")),
        blocker("FinalizerStuck", Some("Gadget/apps/x")),
        blocker("FinalizerStuck", None),
        blocker("HealthFailed", Some("Service/apps/other")),
    ];
    let found: Vec<String> = told(&kinds, &blockers).iter().map(|(_, id)| id.to_inventory()).collect();
    assert_eq!(found, ["apps_held__Service", "_old__Namespace"]);
}

#[test]
fn places() {
    let known: HashSet<ObjectId> = ["shop_a__ConfigMap", "_x__Namespace", "apps_b__ConfigMap"]
        .map(|id| ObjectId::from_inventory(id).expect("an id"))
        .into();
    assert_eq!(namespaces("flux-system", &known), ["apps", "flux-system", "shop"]);
}
