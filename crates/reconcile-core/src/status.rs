//! Writing `/status` and metadata: JSON merge patches under the contract's manager name (decisions 2.1).
//!
//! What to write, and whether anything has to be written, is the controller's decision.

use std::fmt::Debug;

use kube::api::{Patch, PatchParams};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

#[cfg(test)]
mod tests;

/// Merges `status` (the content of the field) into an object's status. With `resource_version` the write fails with
/// a conflict when the object has changed meanwhile: pass it whenever conditions, inventory or history are in it. It is
/// also what keeps the write from an object that took the name meanwhile, which a merge patch cannot tell by its uid.
/// Returns the object as stored, whose resourceVersion is the newest known.
///
/// # Errors
/// Whatever the API server refuses.
pub async fn patch<K>(
    api: &Api<K>,
    name: &str,
    manager: &str,
    status: &Value,
    resource_version: Option<&str>,
) -> Result<K, cluster::Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let body = status_body(status, resource_version);
    let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
    Ok(api.patch_status(name, &params, &Patch::Merge(body)).await?)
}

/// Sets `metadata.finalizers` (replaced whole, hence the resourceVersion) and returns the object as stored. `None`
/// when the object is gone, which is what removing the last finalizer of a deleted object does.
///
/// # Errors
/// Whatever the API server refuses, a conflict above all.
pub async fn patch_finalizers<K>(
    api: &Api<K>,
    name: &str,
    manager: &str,
    finalizers: &[String],
    resource_version: &str,
) -> Result<Option<K>, cluster::Error>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let body = finalizers_body(finalizers, resource_version);
    let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
    match api.patch(name, &params, &Patch::Merge(body)).await.map_err(cluster::Error::from) {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.classify() == cluster::Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn status_body(status: &Value, resource_version: Option<&str>) -> Value {
    let mut body = json!({ "status": status });
    if let Some(version) = resource_version {
        body["metadata"] = json!({ "resourceVersion": version });
    }
    body
}

fn finalizers_body(finalizers: &[String], resource_version: &str) -> Value {
    json!({ "metadata": { "finalizers": finalizers, "resourceVersion": resource_version } })
}

/// What of a status differs, as a merge patch; `None` when nothing does.
pub fn changes<S: Serialize>(stored: &S, wanted: &S) -> Option<Value> {
    let json = |status| serde_json::to_value(status).unwrap_or(Value::Null);
    let patch = difference(&json(stored), &json(wanted));
    patch.as_object().is_some_and(|patch| !patch.is_empty()).then_some(patch)
}

/// The JSON merge patch (RFC 7396) that turns one object into another: what is gone is null, lists are whole.
pub fn difference(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let mut patch = Map::new();
    for field in old.keys().filter(|field| !new.contains_key(*field)) {
        patch.insert(field.clone(), Value::Null);
    }
    for (field, value) in new {
        match old.get(field) {
            Some(known) if known == value => {}
            Some(known) => {
                patch.insert(field.clone(), difference(known, value));
            }
            None => {
                patch.insert(field.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}
