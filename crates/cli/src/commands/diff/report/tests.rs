//! Counting, and how objects are called.

use apply::difference::{Masking, all_differences};

use super::*;

fn object(kind: &str, group: &str, namespace: &str, act: Act) -> ObjectDiff {
    let text = |text: &str| text.to_owned();
    ObjectDiff::new(
        &ObjectId { namespace: text(namespace), name: text("web"), group: text(group), kind: text(kind) },
        act,
    )
}

#[test]
fn what_is_written_differs() {
    let report = |acts: &[Act]| {
        let objects = acts.iter().map(|act| object("Deployment", "apps", "shop", *act)).collect();
        Report::new(("apps", "web"), String::new(), objects, Vec::new())
    };
    assert!(!report(&[Act::Unchanged, Act::Skip, Act::Unknown, Act::Unasked]).differs());
    for act in [Act::Create, Act::Change, Act::Recreate, Act::Delete, Act::Refused] {
        assert!(report(&[Act::Unchanged, act]).differs(), "{act:?}");
    }
    assert_eq!(report(&[Act::Change, Act::Change, Act::Unchanged]).summary(), "2 to change, 1 unchanged");
    assert_eq!(report(&[]).summary(), "no objects");
}

#[test]
fn objects_are_called_as_kubectl_calls_them() {
    let deployment = object("Deployment", "apps", "shop", Act::Change).id;
    assert_eq!(
        (deployment.shown().as_str(), deployment.named().as_str()),
        ("Deployment shop/web", "deployment.apps/web")
    );
    let namespace = object("Namespace", "", "", Act::Create).id;
    assert_eq!((namespace.shown().as_str(), namespace.named().as_str()), ("Namespace web", "namespace/web"));
}

#[test]
fn only_others_are_named_as_owners() {
    let field = |manager: &str, operation: &str| {
        let entries = serde_json::json!([{"manager": manager, "operation": operation, "time": "1970-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a": {}}}}]);
        let object = |value: &str| serde_json::json!({"kind": "ConfigMap", "data": {"a": value}});
        let entries: Vec<_> = serde_json::from_value(entries).unwrap();
        Field::from(all_differences(&object("1"), &object("2"), &entries, &Masking::default()).remove(0))
    };
    let theirs = field("kubectl-edit", "Update");
    assert_eq!((theirs.manager.as_deref(), theirs.time), (Some("kubectl-edit"), Some(Timestamp::UNIX_EPOCH)));
    assert_eq!((theirs.live.as_deref(), theirs.short.0.as_deref()), (Some("\"2\""), Some("\"2\"")));
    let ours = field("kustomize-controller", "Apply");
    assert_eq!((ours.manager, ours.time), (None, None));
}
