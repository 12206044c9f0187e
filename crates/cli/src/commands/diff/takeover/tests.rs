//! What kubectl set and nobody names goes; what others own stays.

use super::*;
use serde_json::json;

const MANAGER: &str = "kustomize-controller";

fn entry(manager: &str, operation: &str, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn live(entries: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "resourceVersion": "7", "managedFields": entries,
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "x": "y"}},
        "data": {"kept": "1", "kubectls": "2", "others": "3"},
    })
}

#[test]
fn what_kubectl_alone_set_goes() {
    let desired =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"kept": "1"}});
    let all = json!({"f:data": {".": {}, "f:kept": {}, "f:kubectls": {}, "f:others": {}}});
    let live = live(json!([
        entry("kubectl-client-side-apply", "Update", all),
        entry("helm", "Update", json!({"f:data": {"f:others": {}}})),
    ]));
    let left = after(&desired, &live, &live, MANAGER, &[]).unwrap();
    assert_eq!(left["data"], json!({"kept": "1", "others": "3"}));
    assert_eq!(left["metadata"]["annotations"], json!({"x": "y"}));
}

#[test]
fn nothing_to_take_over_is_nothing_to_do() {
    let mut live = live(json!([entry("helm", "Update", json!({"f:data": {"f:others": {}}}))]));
    live["metadata"]["annotations"] = json!({"x": "y"});
    assert_eq!(after(&json!({}), &live, &live, MANAGER, &[]), None);
    let overrides = ["helm".to_owned()];
    assert!(after(&json!({}), &live, &live, MANAGER, &overrides).is_some(), "by the controller's flags");
}

#[test]
fn elements_of_lists_go_by_their_keys() {
    let object =
        |containers: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}});
    let desired = object(json!([{"name": "main", "image": "a"}]));
    let fields = json!({"f:spec": {"f:containers": {
        "k:{\"name\":\"main\"}": {".": {}, "f:name": {}, "f:image": {}, "f:tty": {}},
        "k:{\"name\":\"side\"}": {".": {}, "f:name": {}, "f:image": {}},
    }}});
    let mut live = object(json!([
        {"name": "side", "image": "b"}, {"name": "main", "image": "a", "tty": true, "defaulted": 1},
    ]));
    live["metadata"] = json!({"managedFields": [entry("kubectl-client-side-apply", "Update", fields)]});
    let left = after(&desired, &live, &live, MANAGER, &[]).unwrap();
    assert_eq!(left["spec"]["containers"], json!([{"name": "main", "image": "a", "defaulted": 1}]));
}
