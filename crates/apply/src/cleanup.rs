//! Taking over what kubectl and other earlier appliers own (contracts/kustomize-controller.md 12.2.5). Pure: it
//! computes the JSON patch; `execute` sends it after the write-ahead (decisions 3.1).
//!
//! Fields that kubectl set and Git no longer names fall to our entry, so that the following apply removes them.

use api::labels;
use api::managed_fields::is_applied_by;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
use serde_json::{Map, Value, json};

/// Annotations of earlier appliers.
const ANNOTATIONS: [&str; 3] = [labels::KUBECTL_LAST_APPLIED, labels::CHECKSUM, labels::SYNC_CHECKSUM];
/// A label of an earlier applier.
const LABELS: [&str; 1] = [labels::SYNC_GC_MARK];

/// Manager prefix and operation of those whose fields we take over, beside the caller's.
const MANAGERS: [(&str, &str); 3] =
    [("kubectl", "Apply"), ("kubectl", "Update"), ("before-first-apply", "Update")];

fn is_taken_over(entry: &ManagedFieldsEntry, manager: &str, overrides: &[String]) -> bool {
    let name = entry.manager.as_deref().unwrap_or_default();
    let operation = entry.operation.as_deref().unwrap_or_default();
    entry.subresource.as_deref().unwrap_or_default().is_empty()
        && (MANAGERS.iter().any(|(prefix, op)| name.starts_with(prefix) && operation == *op)
            || (name.starts_with(manager) && operation == "Update")
            || overrides.iter().any(|prefix| name.starts_with(prefix.as_str())))
        && !is_applied_by(entry, manager)
}

fn entries(object: &Value) -> Vec<ManagedFieldsEntry> {
    object
        .pointer("/metadata/managedFields")
        .cloned()
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

fn stale_keys<'a>(desired: &Value, live: &Value, map: &str, keys: &'a [&'a str]) -> Vec<&'a str> {
    let held = |object: &Value, key: &str| {
        object.pointer(&format!("/metadata/{map}")).is_some_and(|m| m.get(key).is_some())
    };
    keys.iter().copied().filter(|key| held(live, key) && !held(desired, key)).collect()
}

/// Whether an object, live or as a dry-run answered, carries anything to clean up.
#[must_use]
pub fn is_needed(desired: &Value, object: &Value, manager: &str, overrides: &[String]) -> bool {
    entries(object).iter().any(|entry| is_taken_over(entry, manager, overrides))
        || !stale_keys(desired, object, "annotations", &ANNOTATIONS).is_empty()
        || !stale_keys(desired, object, "labels", &LABELS).is_empty()
}

/// The entries that would be taken over.
pub(crate) fn taken_over(object: &Value, manager: &str, overrides: &[String]) -> Vec<ManagedFieldsEntry> {
    entries(object).into_iter().filter(|entry| is_taken_over(entry, manager, overrides)).collect()
}

/// The JSON patch for a live object, or `None` when there is nothing to do. It tests the resourceVersion.
#[must_use]
pub fn patch(desired: &Value, live: &Value, manager: &str, overrides: &[String]) -> Option<Value> {
    if !is_needed(desired, live, manager, overrides) {
        return None;
    }
    let mut operations = Vec::new();
    for (map, keys) in [("annotations", &ANNOTATIONS[..]), ("labels", &LABELS[..])] {
        for key in stale_keys(desired, live, map, keys) {
            let pointer = format!("/metadata/{map}/{}", key.replace('~', "~0").replace('/', "~1"));
            operations.push(json!({"op": "remove", "path": pointer}));
        }
    }
    let before = entries(live);
    if before.iter().any(|entry| is_taken_over(entry, manager, overrides)) {
        let merged = merge(before, manager, overrides);
        operations.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": merged}));
    }
    let version = live.pointer("/metadata/resourceVersion").cloned().unwrap_or(Value::Null);
    operations.push(json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version}));
    Some(Value::Array(operations))
}

fn merge(before: Vec<ManagedFieldsEntry>, manager: &str, overrides: &[String]) -> Vec<ManagedFieldsEntry> {
    let (taken, mut kept): (Vec<_>, Vec<_>) =
        before.into_iter().partition(|entry| is_taken_over(entry, manager, overrides));
    let ours = kept.iter_mut().find(|entry| is_applied_by(entry, manager));
    let mut union = Map::new();
    for entry in &taken {
        if let Some(FieldsV1(Value::Object(fields))) = &entry.fields_v1 {
            unite(&mut union, fields);
        }
    }
    if let Some(ours) = ours {
        if let Some(FieldsV1(Value::Object(fields))) = &ours.fields_v1 {
            unite(&mut union, fields);
        }
        ours.fields_v1 = Some(FieldsV1(Value::Object(union)));
    } else if let Some(mut first) = taken.into_iter().next() {
        first.manager = Some(manager.to_owned());
        first.operation = Some("Apply".to_owned());
        first.fields_v1 = Some(FieldsV1(Value::Object(union)));
        kept.push(first);
    }
    kept
}

/// Set union of two fieldsV1 trees: `{}` is a leaf, keys are path elements.
fn unite(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(have)), Value::Object(more)) => unite(have, more),
            (Some(_), _) => {}
            (None, _) => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
