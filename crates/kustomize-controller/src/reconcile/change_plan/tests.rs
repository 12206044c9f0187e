//! Paths, and which plans do nothing.

use super::{ChangeKind, ChangePlan, MAX_PATHS, PlannedChange, paths};
use manifest::ObjectId;
use serde_json::{Map, Value, json};

#[test]
fn paths_name_what_differs() {
    let before =
        json!({"spec": {"replicas": 1, "image": "a", "list": [1, 2]}, "data": {"a/b": "1", "same": "x"}});
    let after = json!({"spec": {"replicas": 2, "list": [1], "new": true}, "data": {"a/b": "2", "same": "x"}});
    let mut found = paths(&before, &after);
    found.sort();
    assert_eq!(found, ["/data/a~1b", "/spec/image", "/spec/list", "/spec/new", "/spec/replicas"]);
    assert!(paths(&before, &before).is_empty());
    assert_eq!(paths(&json!(1), &json!({})), [""]);
}

#[test]
fn paths_are_bounded() {
    let many = |value: &str| {
        let entries = (0..500).map(|n| (format!("k{n}"), Value::from(value)));
        Value::Object(entries.collect::<Map<_, _>>())
    };
    assert_eq!(paths(&many("1"), &many("2")).len(), MAX_PATHS);
}

#[test]
fn a_plan_that_does_nothing_is_empty() {
    let id =
        ObjectId { namespace: "ns".into(), name: "a".into(), group: String::new(), kind: "ConfigMap".into() };
    let one = |kind| ChangePlan::of_one(PlannedChange { id: id.clone(), kind, drift: None });
    for idle in [ChangeKind::Unchanged, ChangeKind::Skip] {
        assert!(one(idle).is_empty());
    }
    let paths = Vec::new();
    for busy in [
        ChangeKind::Create,
        ChangeKind::Recreate,
        ChangeKind::Change { paths },
        ChangeKind::InDoubt,
        ChangeKind::Unknown,
    ] {
        assert!(!one(busy).is_empty());
    }
    assert!(!ChangePlan { changes: Vec::new(), deletions: vec![id] }.is_empty());
}
