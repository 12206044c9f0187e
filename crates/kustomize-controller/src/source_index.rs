//! The artifacts of all sources, by kind and key, and the sources' uids. A source without an artifact is known, too.

use api::Artifact;
use api::meta::SourceKind;
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use std::collections::HashMap;

/// See the module.
#[derive(Default)]
pub(crate) struct SourceIndex {
    artifacts: RwLock<HashMap<(SourceKind, ObjectKey), Option<Artifact>>>,
    uids: RwLock<HashMap<(SourceKind, ObjectKey), String>>,
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

    /// Takes note of which object has the name.
    pub(crate) fn identify(&self, kind: SourceKind, key: &ObjectKey, uid: &str) {
        let source = (kind, key.clone());
        if self.uids.read().get(&source).is_none_or(|known| known != uid) {
            self.uids.write().insert(source, uid.to_owned());
        }
    }

    /// The uid of a source.
    pub(crate) fn uid(&self, kind: SourceKind, key: &ObjectKey) -> Option<String> {
        self.uids.read().get(&(kind, key.clone())).cloned()
    }

    /// Takes a source out.
    pub(crate) fn remove(&self, kind: SourceKind, key: &ObjectKey) {
        let source = (kind, key.clone());
        self.artifacts.write().remove(&source);
        self.uids.write().remove(&source);
    }
}

#[cfg(test)]
mod tests;
