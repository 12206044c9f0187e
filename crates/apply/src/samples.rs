//! What the tests of this crate are made from: objects, managedFields entries, ids and refusals.

use cluster::Error as ApiError;
use kube::core::Status;
use manifest::{Manifest, ObjectId};
use serde_json::{Value, json};

pub(crate) const MANAGER: &str = "kustomize-controller";
pub(crate) const NOON: &str = "2026-01-01T12:00:00Z";

/// Lays `from` over `into`, map by map.
pub(crate) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// The ConfigMap `ns/a` with more.
pub(crate) fn object(extra: Value) -> Value {
    let mut object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    merge(&mut object, extra);
    object
}

/// [`object`] with a label or annotation.
pub(crate) fn marked(map: &str, key: &str, value: &str) -> Value {
    object(json!({"metadata": {map: {key: value}}}))
}

/// [`object`] as the API server has it, with these managedFields.
pub(crate) fn live(entries: Value, extra: Value) -> Value {
    let mut live =
        object(json!({"metadata": {"uid": "u1", "resourceVersion": "10", "managedFields": entries}}));
    merge(&mut live, extra);
    live
}

/// An entry of managedFields.
pub(crate) fn entry(manager: &str, operation: &str, fields: Value) -> Value {
    json!({
        "manager": manager, "operation": operation, "apiVersion": "v1",
        "fieldsType": "FieldsV1", "fieldsV1": fields, "time": NOON,
    })
}

/// Our entry.
pub(crate) fn ours() -> Value {
    entry(MANAGER, "Apply", json!({"f:data": {"f:a": {}}}))
}

/// The same entry with other values of some of its keys.
pub(crate) fn with(mut entry: Value, changes: Value) -> Value {
    merge(&mut entry, changes);
    entry
}

pub(crate) fn manifest(api_version: &str, kind: &str, namespace: &str, name: &str) -> Manifest {
    let mut metadata = json!({"name": name});
    if !namespace.is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    Manifest::new(json!({"apiVersion": api_version, "kind": kind, "metadata": metadata})).expect("an object")
}

/// The id of an object of the core group in `ns`.
pub(crate) fn id(kind: &str, name: &str) -> ObjectId {
    ObjectId { namespace: "ns".into(), name: name.into(), group: String::new(), kind: kind.into() }
}

/// The API server's refusal.
pub(crate) fn refusal(code: u16, reason: &str, message: &str) -> ApiError {
    ApiError::from(Status {
        code,
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Status::default()
    })
}
