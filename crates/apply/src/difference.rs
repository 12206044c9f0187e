//! What differs between an object as it should be and the live one: per field, with both values and who set the live one.
//! Pure: it is for people to read. What is applied, and whether anything is, is `judge`'s.
//!
//! Each question has its function. [`differences`] takes a manifest as its author wrote it and looks only at what it names;
//! [`differences_of_applied`] does so with one that was applied, and goes by who owns what. [`all_differences`] takes two objects that the API server has written, such as a dry-run's answer and the live object,
//! and looks at both.
//!
//! ```
//! use apply::difference::{Masking, differences};
//! use serde_json::json;
//! let desired = json!({"kind": "ConfigMap", "data": {"a": "1"}});
//! let live = json!({"kind": "ConfigMap", "data": {"a": "2", "b": "theirs"}});
//! let found = differences(&desired, &live, &[], &Masking::default());
//! assert_eq!(found.len(), 1);
//! assert_eq!(found[0].pointer, "/data/a");
//! assert_eq!(found[0].live.as_ref().unwrap().to_string(), r#""2""#);
//! ```

mod lenient;
mod masking;
mod owners;
mod places;
mod walk;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
pub use masking::{Masking, Maskings, Shown, veiled};
use serde_json::Value;
pub use walk::{Difference, MOST};
use walk::{Extent, Walk};

/// What the live object has otherwise than the manifest says, in the manifest's order of fields. Only what the manifest
/// names counts; what the API server writes differently and means the same (an empty map that it leaves out, `1000m` for
/// `1`) does not differ.
///
/// `managed_fields` are the live object's: they tell who set a field, and by which keys the elements of a list are known.
/// At most [`MOST`] are given.
#[must_use]
pub fn differences(
    desired: &Value,
    live: &Value,
    managed_fields: &[ManagedFieldsEntry],
    masking: &Masking,
) -> Vec<Difference> {
    Walk::new(Extent::Declared, masking, managed_fields).objects(desired, live)
}

/// The same of a manifest that is known to be the one that was applied last, where `managed_fields` have an entry of ours.
/// What we own is as it was applied: whoever changes a field takes it out of our entry, however the API server writes its
/// value, and also where it leaves the value out. What nobody owns any more was taken away, and differs.
#[must_use]
pub fn differences_of_applied(
    applied: &Value,
    live: &Value,
    managed_fields: &[ManagedFieldsEntry],
    masking: &Masking,
) -> Vec<Difference> {
    Walk::new(Extent::Applied, masking, managed_fields).objects(applied, live)
}

/// What two objects have that the API server has written: also what only the live one has. Neither status nor bookkeeping
/// (`uid`, `resourceVersion`, `managedFields` and their like) is looked at.
///
/// `managed_fields` are the live object's, as in [`differences`].
#[must_use]
pub fn all_differences(
    desired: &Value,
    live: &Value,
    managed_fields: &[ManagedFieldsEntry],
    masking: &Masking,
) -> Vec<Difference> {
    Walk::new(Extent::All, masking, managed_fields).objects(desired, live)
}

/// What only the live object has and one of these entries owns.
pub(crate) fn owned_beside(
    desired: &Value,
    live: &Value,
    entries: &[ManagedFieldsEntry],
    masking: &Masking,
) -> Vec<Difference> {
    Walk::new(Extent::Owned, masking, entries).objects(desired, live)
}

/// `metadata.managedFields` of an untyped object; none of what does not decode.
#[must_use]
pub fn managed_fields(object: &Value) -> Vec<ManagedFieldsEntry> {
    let entries = object.pointer("/metadata/managedFields");
    entries.and_then(|entries| serde_json::from_value(entries.clone()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
