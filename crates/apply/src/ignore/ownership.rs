//! Whether another manager's apply owns what a pointer leads to: the walk through `fieldsV1`, in which elements of lists
//! stand under their keys (contracts/kustomize-controller.md 13).

use super::pointer::{Pointer, child};
use api::managed_fields::is_applied_by;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value};

/// Whether a manager other than ours owns it by an apply to the object itself.
pub(super) fn is_applied_by_another(live: &Value, pointer: &Pointer, ours: &str) -> bool {
    let entries = live
        .pointer("/metadata/managedFields")
        .and_then(|entries| serde_json::from_value::<Vec<ManagedFieldsEntry>>(entries.clone()).ok())
        .unwrap_or_default();
    entries.iter().any(|entry| {
        let manager = entry.manager.as_deref().unwrap_or_default();
        manager != ours && is_applied_by(entry, manager) && owns(entry, live, pointer)
    })
}

fn owns(entry: &ManagedFieldsEntry, live: &Value, pointer: &Pointer) -> bool {
    let Some(FieldsV1(Value::Object(fields))) = &entry.fields_v1 else { return false };
    let (mut fields, mut value) = (fields, live);
    for segment in pointer.segments() {
        let Some(next) = below(fields, value, segment) else { return false };
        let Some(below) = child(value, segment) else { return false };
        (fields, value) = (next, below);
    }
    true
}

/// The fields under one step; `f:name` in a map, `k:{keys}`, `v:value` or `i:index` in a list.
fn below<'f>(fields: &'f Map<String, Value>, value: &Value, segment: &str) -> Option<&'f Map<String, Value>> {
    let found = match value {
        Value::Array(_) => {
            let element = child(value, segment)?;
            let is_it = |key: &str| match key.split_once(':') {
                Some(("k", keys)) => serde_json::from_str::<Map<String, Value>>(keys)
                    .is_ok_and(|keys| keys.iter().all(|(key, value)| element.get(key) == Some(value))),
                Some(("v", text)) => serde_json::from_str::<Value>(text).is_ok_and(|value| value == *element),
                Some(("i", index)) => index == segment,
                _ => false,
            };
            fields.iter().find(|(key, _)| is_it(key)).map(|(_, fields)| fields)
        }
        _ => fields.get(&format!("f:{segment}")),
    };
    found.and_then(Value::as_object)
}

#[cfg(test)]
mod tests;
