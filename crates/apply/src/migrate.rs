//! Field managers' entries of an older API version (contracts/kustomize-controller.md 12.2.3, gate `MigrateAPIVersion`): one
//! that is left can make every apply at a newer version fail, because the server merges in the entry's version and a field
//! is not declared there. Pure; `execute` asks for it where a dry-run was refused.

use serde_json::{Value, json};

/// The JSON patch that lifts every entry to the manifest's version, whoever manages it; `None` when all are there. It tests
/// the resourceVersion.
#[must_use]
pub(crate) fn patch(desired: &Value, live: &Value) -> Option<Value> {
    let version = desired.get("apiVersion")?;
    let entries = live.pointer("/metadata/managedFields")?.as_array()?;
    if entries.iter().all(|entry| entry.get("apiVersion") == Some(version)) {
        return None;
    }
    let mut lifted = entries.clone();
    for entry in &mut lifted {
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("apiVersion".to_owned(), version.clone());
        }
    }
    let read = live.pointer("/metadata/resourceVersion").cloned().unwrap_or(Value::Null);
    Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": lifted},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": read},
    ]))
}

#[cfg(test)]
mod tests;
