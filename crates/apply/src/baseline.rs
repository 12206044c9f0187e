//! What we last knew to be right about one live object, and the hash that tells drift from metadata alone
//! (architecture D3).
//!
//! Pure: no request is made here, and nothing decides what to do about a difference.

use api::managed_fields::applied_by;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use manifest::digest::hex;
pub use manifest::version_number;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// `hash(uid, our Apply entry's apiVersion + fieldsV1 + time)`, 16 bytes (architecture D3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A live object at a moment: who it is, which version was seen, and its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion` as a number; 0 where the server counts in another way.
    pub resource_version: u64,
    /// `None` when our Apply entry is gone: that is drift, too.
    pub fingerprint: Option<Fingerprint>,
    /// [`content`] of the object, where all of it was at hand.
    pub content: Option<[u8; 16]>,
}

impl Baseline {
    /// Reads typed metadata, as a metadata watch delivers it.
    #[must_use]
    pub fn of_meta(meta: &ObjectMeta, manager: &str) -> Self {
        let uid = meta.uid.clone().unwrap_or_default();
        let fingerprint = applied_by(meta.managed_fields.as_deref().unwrap_or_default(), manager)
            .map(|entry| fingerprint(&uid, entry));
        let resource_version = version_number(meta.resource_version.as_deref());
        Self { uid, resource_version, fingerprint, content: None }
    }

    /// Reads an object as the API server answered with it to an apply of `desired`.
    #[must_use]
    pub fn of_answer(object: &Value, desired: &Value, manager: &str) -> Self {
        Self { content: Some(content(object, desired)), ..Self::of_meta(&meta_of(object), manager) }
    }
}

/// A digest over everything in an answer that an apply of `desired` can change: all of the object but
/// `metadata.resourceVersion` and `managedFields`, and but `status` where the manifest has none.
///
/// Two answers to the same manifest with equal digests left the same object behind; no clock has a part in it.
#[must_use]
pub fn content(object: &Value, desired: &Value) -> [u8; 16] {
    let mut kept = object.clone();
    if let Some(root) = kept.as_object_mut() {
        if desired.get("status").is_none() {
            root.remove("status");
        }
        if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
            metadata.remove("resourceVersion");
        }
    }
    manifest::digest::of(&kept)
}

/// `metadata` of an untyped object; what does not decode is left out.
#[must_use]
pub fn meta_of(object: &Value) -> ObjectMeta {
    object.get("metadata").cloned().and_then(|meta| serde_json::from_value(meta).ok()).unwrap_or_default()
}

/// The time of our entry in whole seconds since the epoch.
#[must_use]
pub fn entry_second(entries: &[ManagedFieldsEntry], manager: &str) -> Option<i64> {
    applied_by(entries, manager)?.time.as_ref().map(|time| time.0.as_second())
}

fn fingerprint(uid: &str, entry: &ManagedFieldsEntry) -> Fingerprint {
    let mut hasher = Sha256::new();
    hasher.update(uid.as_bytes());
    hasher.update([0]);
    hasher.update(entry.api_version.as_deref().unwrap_or_default().as_bytes());
    hasher.update([0]);
    if let Some(fields) = &entry.fields_v1 {
        // Keys are sorted: serde_json's map is ordered. Writing to a hasher cannot fail.
        drop(serde_json::to_writer(&mut hasher, &fields.0));
    }
    let second = entry.time.as_ref().map_or(0, |time| time.0.as_second());
    hasher.update(second.to_be_bytes());
    Fingerprint(short(hasher))
}

/// One hash over all (id, fingerprint) pairs in id order, as it is kept in history (decisions 4.3).
#[must_use]
pub fn set_hash<'a>(pairs: impl Iterator<Item = (&'a str, Option<Fingerprint>)>) -> String {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    let mut hasher = Sha256::new();
    for (id, fingerprint) in pairs {
        hasher.update(id.as_bytes());
        hasher.update([0]);
        hasher.update(fingerprint.map_or([0; 16], |f| f.0));
    }
    hex(&short(hasher))
}

/// The first half of a digest: enough to tell live objects apart, and half the memory per object.
fn short(hasher: Sha256) -> [u8; 16] {
    let full: [u8; 32] = hasher.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

#[cfg(test)]
mod tests;
