//! From Pods up to workloads.

use serde_json::json;

use super::*;

fn metadata(name: &str, owner: Option<(&str, &str, &str)>) -> ObjectMeta {
    let owners: Vec<Value> = owner
        .iter()
        .map(|(api_version, kind, name)| {
            json!({"apiVersion": api_version, "kind": kind, "name": name, "uid": "1", "controller": true})
        })
        .collect();
    serde_json::from_value(json!({"namespace": "apps", "name": name, "ownerReferences": owners}))
        .expect("metadata")
}

#[test]
fn owners_of_owners() {
    let set = ObjectId::from_inventory("apps_web-1_apps_ReplicaSet").expect("an id");
    let owners = BTreeMap::from([(set, metadata("web-1", Some(("apps/v1", "Deployment", "web"))))]);
    let of = |owner| {
        chain(&metadata("web-1-x", owner), &owners).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        of(Some(("apps/v1", "ReplicaSet", "web-1"))),
        ["ReplicaSet/apps/web-1", "Deployment/apps/web"]
    );
    assert_eq!(of(Some(("apps/v1", "StatefulSet", "db"))), ["StatefulSet/apps/db"]);
    assert!(of(None).is_empty());
}

#[test]
fn pods_of_one_owner_stand_together() {
    let workload = ObjectId::from_inventory("apps_web_apps_Deployment").expect("an id");
    let pod = |name: &str| Node { children: vec![Node::named(name)], ..Node::named("ReplicaSet/apps/web-1") };
    let merged = merged(vec![(workload.clone(), pod("a")), (workload.clone(), pod("b"))]);
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].1.children.len(), 2);
}
