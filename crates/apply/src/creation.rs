//! Objects that are created without a dry-run before it (docs/design/0019-first-apply.md): which ones may be, and what became
//! of an attempt. Pure; the request is `execute`'s.

use crate::changeset::Change;
use crate::directive;
use crate::judge::Known;
use cluster::Class;
use manifest::Manifest;

/// An object that was created.
#[derive(Clone, Debug)]
pub struct Created {
    /// As it was sent; the namespace is cleared on cluster-scoped kinds.
    pub manifest: Manifest,
    /// Digest of the manifest as it was given.
    pub given: [u8; 16],
    /// What became of it.
    pub change: Change,
}

/// Why there is no new object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nothing was sent, or the API server refused it: nothing was written.
    Refused,
    /// It may have been created, or written, all the same.
    Open,
}

impl Missed {
    /// Of a request that failed.
    pub(crate) const fn of(class: Class) -> Self {
        match class {
            Class::Timeout | Class::ServerError | Class::Transport | Class::Unreadable => Self::Open,
            _ => Self::Refused,
        }
    }
}

/// Whether an object may be created without asking about it, for all that is known of it: nothing says that it exists, that it
/// was there before, or that it is to be left alone. What is made again is drift, and that is told field by field.
#[must_use]
pub fn is_creatable(manifest: &Manifest, known: &Known) -> bool {
    let was_there =
        known.live.is_some() || known.base.is_some() || known.changed || known.applied || known.audited != 0;
    // A manifest with preconditions of its own is sent with those.
    let has = |field: &str| manifest.value().pointer(field).is_some_and(|value| !value.is_null());
    let has_own = has("/metadata/resourceVersion") || has("/metadata/uid");
    !was_there && !known.hands_off && !has_own && !directive::is_ignored(manifest.value())
}

#[cfg(test)]
mod tests;
