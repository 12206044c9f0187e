//! `metadata.managedFields`: which entry a field manager's applies left. What is concluded from one, and which entries
//! are taken over, is decided elsewhere.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

/// Whether an entry is that of a manager's applies to the object itself: operation `Apply`, and no subresource.
#[must_use]
pub fn is_applied_by(entry: &ManagedFieldsEntry, manager: &str) -> bool {
    entry.manager.as_deref() == Some(manager)
        && entry.operation.as_deref() == Some("Apply")
        && entry.subresource.as_deref().unwrap_or_default().is_empty()
}

/// The entry of a manager's applies. The API server keeps one of them per API version at most, and one in all where the
/// manager never changed the version.
#[must_use]
pub fn applied_by<'a>(entries: &'a [ManagedFieldsEntry], manager: &str) -> Option<&'a ManagedFieldsEntry> {
    entries.iter().find(|entry| is_applied_by(entry, manager))
}

#[cfg(test)]
mod tests;
