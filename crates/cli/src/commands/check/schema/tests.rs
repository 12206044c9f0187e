//! Which fields are missing.

use serde_json::{Value, json};

use super::*;

fn schema(value: Value) -> JSONSchemaProps {
    serde_json::from_value(value).expect("a schema")
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn compared(ours: Value, theirs: Value) -> Vec<String> {
    missing(&schema(object(ours)), &schema(object(theirs)))
}

#[test]
fn fields_and_what_is_below_them() {
    let text = json!({ "type": "string" });
    let ours = json!({
        "metadata": object(json!({ "name": text })),
        "spec": object(json!({ "a": text, "b": object(json!({ "c": text })), "list": { "items": object(json!({ "d": text })) } })),
        "status": object(json!({ "map": { "additionalProperties": object(json!({ "e": text })) } })),
    });
    assert_eq!(compared(ours.clone(), ours.clone()), [""; 0]);
    let theirs = json!({
        "spec": object(json!({ "a": text, "b": object(json!({})), "list": { "items": object(json!({})) }, "more": text })),
        "status": object(json!({ "map": { "additionalProperties": object(json!({})) } })),
    });
    assert_eq!(compared(ours.clone(), theirs), ["spec.b.c", "spec.list[].d", "status.map.*.e"]);
    let theirs = json!({ "spec": object(json!({})) });
    assert_eq!(
        compared(ours, theirs),
        ["spec.a", "spec.b", "spec.list", "status"],
        "not what is below a missing one"
    );
}

#[test]
fn schemas_that_take_anything() {
    let ours = json!({ "spec": object(json!({ "a": object(json!({ "b": { "type": "string" } })) })) });
    let keeps = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    assert_eq!(compared(ours.clone(), json!({ "spec": keeps })), [""; 0]);
    assert_eq!(compared(ours.clone(), json!({ "spec": object(json!({ "a": keeps })) })), [""; 0]);
    let map = json!({ "spec": { "type": "object", "additionalProperties": { "type": "object", "additionalProperties": true } } });
    assert_eq!(compared(ours, map), [""; 0]);
}
