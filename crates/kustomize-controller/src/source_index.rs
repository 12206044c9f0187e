//! The artifacts of all sources, by kind and key. A source without an artifact is known, too.

use api::Artifact;
use api::meta::SourceKind;
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use std::collections::HashMap;

/// See the module.
#[derive(Default)]
pub(crate) struct SourceIndex {
    artifacts: RwLock<HashMap<(SourceKind, ObjectKey), Option<Artifact>>>,
}

impl SourceIndex {
    /// `None`: no such source. `Some(None)`: it has no artifact.
    pub(crate) fn get(&self, kind: SourceKind, key: &ObjectKey) -> Option<Option<Artifact>> {
        self.artifacts.read().get(&(kind, key.clone())).cloned()
    }

    /// Puts a source in; true when its revision is new.
    pub(crate) fn put(&self, kind: SourceKind, key: &ObjectKey, artifact: Option<Artifact>) -> bool {
        let revision = artifact.as_ref().map(|artifact| artifact.revision.clone());
        let before = self.artifacts.write().insert((kind, key.clone()), artifact).flatten();
        revision.is_some() && before.map(|artifact| artifact.revision) != revision
    }

    /// Takes a source out.
    pub(crate) fn remove(&self, kind: SourceKind, key: &ObjectKey) {
        self.artifacts.write().remove(&(kind, key.clone()));
    }
}

#[cfg(test)]
mod tests;
