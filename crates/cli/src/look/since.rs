//! Since when an object has been as it is, as far as the object itself tells. It may have been so for longer; it has not
//! been so before. Pure.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::core::ObjectMeta;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Since when an object is as it is: since its deletion was asked for, else since somebody changed it or one of its
/// conditions turned, whichever was later, else since it was made. `None` where nothing tells.
pub(crate) fn of(metadata: &ObjectMeta, body: &Value) -> Option<Timestamp> {
    if let Some(deleted) = &metadata.deletion_timestamp {
        return Some(deleted.0);
    }
    let changed = spec_changed(metadata.managed_fields.as_deref().unwrap_or_default());
    let created = metadata.creation_timestamp.as_ref().map(|time| time.0);
    [changed, turned(body), created].into_iter().flatten().max()
}

/// When somebody last changed an object, its status aside.
pub(crate) fn spec_changed(entries: &[ManagedFieldsEntry]) -> Option<Timestamp> {
    let of_object =
        entries.iter().filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty());
    of_object.filter_map(|entry| Some(entry.time.as_ref()?.0)).max()
}

/// When the last of an object's conditions turned.
pub(crate) fn turned(body: &Value) -> Option<Timestamp> {
    let conditions = body.pointer("/status/conditions").and_then(Value::as_array);
    let times = conditions.into_iter().flatten().filter_map(|condition| {
        condition.get("lastTransitionTime").and_then(Value::as_str)?.parse::<Timestamp>().ok()
    });
    times.max()
}
