//! Whose objects may be deleted, and in which order.

use api::labels;
use manifest::ObjectId;
use serde_json::{Value, json};

use super::{Owner, deletion_order, may_delete};
use crate::samples::{live, with};

fn owned(namespace: &str, name: &str, extra: Value) -> Value {
    let labels = json!({labels::OWNER_NAME: name, labels::OWNER_NAMESPACE: namespace});
    with(live(json!([]), json!({"metadata": {"labels": labels}})), extra)
}

#[test]
fn only_our_own_objects_may_be_deleted() {
    let owner = Owner { namespace: "apps".into(), name: "web".into() };
    let may = |live: &Value| may_delete(live, &owner);
    assert!(may(&owned("apps", "web", json!({}))));
    assert!(!may(&owned("other", "web", json!({}))));
    assert!(!may(&owned("apps", "other", json!({}))));
    // Not even when the two are mixed up.
    assert!(!may(&owned("web", "apps", json!({}))));
    assert!(!may(&live(json!([]), json!({}))));
}

#[test]
fn an_object_that_says_so_is_kept() {
    let owner = Owner { namespace: "apps".into(), name: "web".into() };
    for (map, key, value, deleted) in [
        ("annotations", labels::PRUNE, "disabled", false),
        ("labels", labels::PRUNE, "Disabled", false),
        ("annotations", labels::RECONCILE, "disabled", false),
        ("annotations", labels::SSA, "Ignore", false),
        ("annotations", labels::SSA, "IfNotPresent", true),
        ("annotations", labels::PRUNE, "enabled", true),
    ] {
        let live = owned("apps", "web", json!({"metadata": {map: {key: value}}}));
        assert_eq!(may_delete(&live, &owner), deleted, "{key}: {value}");
    }
}

#[test]
fn deletion_goes_the_other_way_round_than_applying() {
    let id = |group: &str, kind: &str, name: &str| {
        let namespace = if kind == "Namespace" { "" } else { "ns" };
        let [namespace, name, group, kind] = [namespace, name, group, kind].map(str::to_owned);
        (ObjectId { namespace, name, group, kind }, "v1".to_owned())
    };
    let ids = vec![
        id("", "Namespace", "ns"),
        id("apps", "Deployment", "b"),
        id("", "ConfigMap", "c"),
        id("apps", "Deployment", "a"),
        id("example.com", "Widget", "w"),
    ];
    let order: Vec<String> = deletion_order(ids).iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(
        order,
        ["Widget/ns/w", "Deployment/ns/b", "Deployment/ns/a", "ConfigMap/ns/c", "Namespace/ns"]
    );
}
