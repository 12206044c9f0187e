//! One log line, in both encodings.

use serde_json::{Map, Value, json};

use crate::telemetry::{Encoding, line};

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

#[test]
fn a_line_has_flux_fields() {
    let at = "2026-01-02T03:04:05.6789Z".parse().expect("a time");
    let text = line(
        Encoding::Json,
        "error",
        "kustomize_controller::reconcile",
        at,
        fields(json!({
            "message": "it \"failed\"\nbadly", "controller": "kustomization", "controllerGroup": "kustomize.toolkit.fluxcd.io",
            "controllerKind": "Kustomization", "name": "a", "namespace": "ns", "reconcileID": "id", "error": "no",
            "level": "forged", "count": 3, "output": {"ConfigMap/ns/a": "created"},
        })),
    );
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        read,
        json!({
            "level": "error", "ts": "2026-01-02T03:04:05.678Z", "logger": "kustomize_controller.reconcile",
            "msg": "it \"failed\"\nbadly", "controller": "kustomization",
            "controllerGroup": "kustomize.toolkit.fluxcd.io", "controllerKind": "Kustomization",
            "Kustomization": {"name": "a", "namespace": "ns"}, "name": "a", "namespace": "ns", "reconcileID": "id",
            "error": "no", "count": 3, "output": {"ConfigMap/ns/a": "created"},
        })
    );
    assert!(text.starts_with("{\"level\":\"error\",\"ts\":\""), "{text}");
}

#[test]
fn the_console_form_is_for_people() {
    let at = "2026-01-02T03:04:05Z".parse().expect("a time");
    let text = line(Encoding::Console, "info", "a::b", at, fields(json!({"message": "hello", "n": 1})));
    assert_eq!(text, "2026-01-02T03:04:05.000Z\tINFO\ta.b\thello\t{\"n\":1}\n");
    assert_eq!(line(Encoding::Console, "info", "a", at, Map::new()), "2026-01-02T03:04:05.000Z\tINFO\ta\t\n");
}
