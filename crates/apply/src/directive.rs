//! What labels and annotations on an object ask of us (contracts/kustomize-controller.md 25).
//!
//! Keys are looked up in labels and annotations, values compare case-insensitively (contract 12.2.2). Nothing here decides
//! what follows from a directive; `judge` and `delete` do.

use api::labels;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

fn is(object: &Value, key: &str, wanted: &str) -> bool {
    let Some(metadata) = object.get("metadata") else { return false };
    ["labels", "annotations"].iter().any(|map| {
        metadata
            .get(map)
            .and_then(|values| values.get(key))
            .and_then(Value::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    })
}

/// `reconcile: disabled` or `ssa: Ignore`: never applied, never pruned.
#[must_use]
pub fn is_ignored(object: &Value) -> bool {
    is(object, labels::RECONCILE, labels::DISABLED) || is(object, labels::SSA, "ignore")
}

/// The same of a live object's metadata, as a watch delivers it.
#[must_use]
pub fn is_ignored_meta(meta: &ObjectMeta) -> bool {
    let holds = |key: &str, wanted: &str| {
        let maps = [meta.labels.as_ref(), meta.annotations.as_ref()].into_iter().flatten();
        maps.filter_map(|map| map.get(key)).any(|value| value.eq_ignore_ascii_case(wanted))
    };
    holds(labels::RECONCILE, labels::DISABLED) || holds(labels::SSA, "ignore")
}

/// `ssa: IfNotPresent`: created, never changed.
#[must_use]
pub fn is_create_only(object: &Value) -> bool {
    is(object, labels::SSA, "ifnotpresent")
}

/// `ssa: Merge`: foreign managers and kubectl's annotation stay.
#[must_use]
pub fn is_merge(object: &Value) -> bool {
    is(object, labels::SSA, "merge")
}

/// `force: enabled`: deleted and created again when a field is immutable.
#[must_use]
pub fn is_forced(object: &Value) -> bool {
    is(object, labels::FORCE, labels::ENABLED)
}

/// The directive, as it is written, by which an object that exists is not changed, or not cleaned up.
#[must_use]
pub fn that_holds(object: &Value) -> Option<String> {
    let held = [
        (labels::RECONCILE, labels::DISABLED),
        (labels::SSA, "Ignore"),
        (labels::SSA, "IfNotPresent"),
        (labels::SSA, "Merge"),
    ];
    let found = held.into_iter().find(|(key, value)| is(object, key, value));
    found.map(|(key, value)| format!("{key}: {value}"))
}

/// `prune: disabled`, or one of the directives of [`is_ignored`]: not deleted.
#[must_use]
pub fn is_kept(object: &Value) -> bool {
    is(object, labels::PRUNE, labels::DISABLED) || is_ignored(object)
}

/// Namespace and name in the owner labels.
#[must_use]
pub fn owner(object: &Value) -> Option<(String, String)> {
    let set = object.get("metadata")?.get("labels")?;
    let namespace = set.get(labels::OWNER_NAMESPACE)?.as_str()?;
    let name = set.get(labels::OWNER_NAME)?.as_str()?;
    Some((namespace.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests;
