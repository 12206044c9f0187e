//! What is masked, and what is not.

use serde_json::{Value, json};

use super::masked;
use crate::Manifest;
use crate::labels::KUBECTL_LAST_APPLIED;

fn secret(extra: Value) -> Value {
    let mut secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "Opaque"});
    for (key, value) in extra.as_object().cloned().unwrap_or_default() {
        secret[key] = value;
    }
    secret
}

#[test]
fn values_of_a_secret_go_and_its_keys_stay() {
    let masked = masked(&secret(json!({"data": {"p": "aGk=", "q": ""}, "stringData": {"r": {"deep": 1}}})));
    assert_eq!(masked, secret(json!({"data": {"p": "***", "q": "***"}, "stringData": {"r": "***"}})));
}

#[test]
fn data_of_any_shape_is_masked() {
    assert_eq!(masked(&secret(json!({"data": "hunter2"})))["data"], "***");
    assert_eq!(masked(&secret(json!({"data": ["hunter2"]})))["data"], "***");
    assert_eq!(masked(&secret(json!({"data": 7})))["data"], "***");
    assert_eq!(masked(&secret(json!({"data": null})))["data"], Value::Null, "nothing is hidden by nothing");
}

#[test]
fn what_kubectl_applied_is_masked_on_any_kind() {
    let with = |kind: &str| {
        let annotations = json!({KUBECTL_LAST_APPLIED: "hunter2", "note": "n"});
        masked(&json!({"kind": kind, "metadata": {"annotations": annotations}}))
    };
    for kind in ["Secret", "Deployment", ""] {
        let annotations = &with(kind)["metadata"]["annotations"];
        assert_eq!((&annotations[KUBECTL_LAST_APPLIED], &annotations["note"]), (&json!("***"), &json!("n")));
    }
}

#[test]
fn lists_are_masked_item_by_item() {
    let item = secret(json!({"data": {"p": "hunter2"}}));
    for kind in ["List", "SecretList"] {
        let nested = json!({"kind": "List", "items": [item.clone()]});
        let list =
            json!({"kind": kind, "items": [item.clone(), {"kind": "ConfigMap", "data": {"a": "b"}}, nested]});
        let masked = masked(&list);
        assert!(!masked.to_string().contains("hunter2"), "{masked}");
        assert_eq!(masked["items"][1]["data"]["a"], "b");
    }
}

#[test]
fn other_objects_stay_as_they_are() {
    for value in [
        json!({"kind": "ConfigMap", "data": {"a": "b"}, "metadata": {"annotations": {"a": "b"}}}),
        json!({"kind": "Widget", "items": [{"kind": "Secret", "data": {"a": "b"}}]}),
        json!([{"kind": "Secret", "data": {"a": "b"}}]),
        json!("text"),
    ] {
        assert_eq!(masked(&value), value);
    }
}

#[test]
fn debug_output_is_masked() {
    let secret = Manifest::new(secret(json!({"stringData": {"q": "hunter2"}}))).expect("an object");
    let text = format!("{secret:?}");
    assert!(!text.contains("hunter2") && text.contains("stringData"), "{text}");
}
