//! Who set what, step by step, and how elements of a list are told apart.

use super::{ListKind, Owners, Writer};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::{Value, json};

fn entries(entries: Value) -> Vec<ManagedFieldsEntry> {
    serde_json::from_value(entries).unwrap()
}

fn entry(manager: &str, operation: &str, day: u8, fields: Value) -> Value {
    json!({
        "manager": manager, "operation": operation, "time": format!("2026-01-{day:02}T00:00:00Z"), "fieldsV1": fields,
    })
}

#[test]
fn the_newest_of_the_others_goes_before_ourselves() {
    let replicas = || json!({"f:spec": {"f:replicas": {}}});
    let found = entries(json!([
        entry("kustomize-controller", "Apply", 9, replicas()),
        entry("old", "Update", 1, replicas()),
        entry("new", "Update", 2, replicas()),
        entry("newer", "Update", 3, json!({"f:spec": {"f:paused": {}}})),
    ]));
    let setter = |path: &[&str]| {
        let owners = path.iter().fold(Owners::of(&found), |owners, name| owners.field(name));
        owners.setter().map(|writer| writer.manager)
    };
    assert_eq!(setter(&["spec", "replicas"]), Some("new"));
    assert_eq!(setter(&["spec"]), Some("newer"));
    assert_eq!(setter(&["spec", "other"]), None);
    let ours = entries(json!([entry("kustomize-controller", "Apply", 9, replicas())]));
    assert_eq!(
        Owners::of(&ours).field("spec").setter().map(|writer| writer.manager),
        Some("kustomize-controller")
    );
    // The same name by an update is somebody else.
    let update = entries(json!([
        entry("kustomize-controller", "Update", 9, replicas()),
        entry("kustomize-controller", "Apply", 9, replicas()),
    ]));
    assert!(Owners::of(&update).field("spec").setter().unwrap().is_other);
}

#[test]
fn what_is_owned_as_one_value_is_owned_below() {
    let found = entries(json!([entry("x", "Update", 1, json!({"f:spec": {"f:args": {}}}))]));
    let args = Owners::of(&found).field("spec").field("args");
    assert_eq!(args.element(3).setter().map(|writer| writer.manager), Some("x"));
    assert_eq!(args.elements().of(&json!("a")).setter().map(|writer| writer.manager), Some("x"));
    assert_eq!(args.list_kind(), ListKind::Atomic);
}

#[test]
fn lists_are_known_by_whoever_owns_an_element() {
    let of = |fields: Value| entries(json!([entry("x", "Update", 1, json!({"f:spec": fields}))]));
    let ports = of(json!({"f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}}}}));
    let keyed = ListKind::Keyed(vec!["containerPort".to_owned(), "protocol".to_owned()]);
    assert_eq!(Owners::of(&ports).field("spec").field("ports").list_kind(), keyed);
    let set = of(json!({"f:hosts": {"v:\"a\"": {}}}));
    let hosts = Owners::of(&set).field("spec").field("hosts");
    assert_eq!(hosts.list_kind(), ListKind::Set);
    assert!(hosts.elements().of(&json!("a")).setter().is_some());
    assert!(hosts.elements().of(&json!("b")).setter().is_none());
    let port = |protocol: &str| json!({"containerPort": 80, "protocol": protocol, "name": "web"});
    let elements = Owners::of(&ports).field("spec").field("ports").elements();
    assert!(elements.of(&port("TCP")).setter().is_some());
    assert!(elements.of(&port("UDP")).setter().is_none());
    let broken = of(json!({"f:ports": {"k:not json": {}}}));
    assert_eq!(Owners::of(&broken).field("spec").field("ports").list_kind(), ListKind::Atomic);
}

#[test]
fn who_wrote_after_us_is_who_took_away() {
    let ours = |day| entry("kustomize-controller", "Apply", day, json!({"f:spec": {}}));
    let mut status = entry("kubelet", "Update", 9, json!({"f:status": {}}));
    status["subresource"] = json!("status");
    let last = |list: Value| Writer::last_after_ours(&entries(list)).map(|writer| writer.manager.to_owned());
    assert_eq!(last(json!([ours(3), entry("x", "Update", 3, json!({})), status])).as_deref(), Some("x"));
    assert_eq!(last(json!([ours(3), entry("x", "Update", 2, json!({}))])), None);
    assert_eq!(last(json!([entry("x", "Update", 2, json!({}))])).as_deref(), Some("x"));
    assert_eq!(last(json!([ours(3)])), None);
}
