//! Who owns a field, down into lists.

use super::super::pointer::Pointer;
use super::is_applied_by_another;
use serde_json::{Value, json};

fn live(manager: &str, operation: &str, subresource: Option<&str>) -> Value {
    let fields = json!({"f:spec": {
        "f:replicas": {},
        "f:containers": {
            "k:{\"name\":\"b\"}": {".": {}, "f:name": {}, "f:image": {}},
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {"f:name": {}},
        },
        "f:finalizers": {"v:\"x\"": {}},
    }});
    let mut entry =
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields});
    if let Some(subresource) = subresource {
        entry["subresource"] = json!(subresource);
    }
    json!({
        "metadata": {"managedFields": [entry]},
        "spec": {
            "replicas": 3,
            "containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}],
            "finalizers": ["w", "x"],
        },
    })
}

fn check(live: &Value, path: &str, wanted: bool) {
    let owned = is_applied_by_another(live, &Pointer::parse(path).unwrap(), "ours");
    assert_eq!(owned, wanted, "{path}");
}

#[test]
fn fields_and_elements_of_lists_have_owners() {
    let theirs = live("theirs", "Apply", None);
    check(&theirs, "/spec/replicas", true);
    check(&theirs, "/spec/containers/1/image", true);
    check(&theirs, "/spec/containers/1", true);
    check(&theirs, "/spec/containers/0/image", false);
    check(&theirs, "/spec/containers/1/command", false);
    check(&theirs, "/spec/finalizers/1", true);
    check(&theirs, "/spec/finalizers/0", false);
    check(&theirs, "/spec/template", false);
}

#[test]
fn only_applies_of_others_to_the_object_itself_count() {
    check(&live("ours", "Apply", None), "/spec/replicas", false);
    check(&live("theirs", "Update", None), "/spec/replicas", false);
    check(&live("theirs", "Apply", Some("scale")), "/spec/replicas", false);
}
