//! The artifacts of all sources, by kind and key, and the sources' uids. A source without an artifact is known, too.

use api::Artifact;
use api::meta::SourceKind;
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// See the module.
#[derive(Default)]
pub(crate) struct SourceIndex {
    artifacts: RwLock<HashMap<(SourceKind, ObjectKey), Option<Artifact>>>,
    uids: RwLock<HashMap<(SourceKind, ObjectKey), String>>,
    /// Kinds whose first list is on its way.
    unlisted: watch::Sender<Vec<SourceKind>>,
}

impl SourceIndex {
    /// A watch of a kind begins.
    pub(crate) fn begin(&self, kind: SourceKind) {
        self.unlisted.send_modify(|unlisted| unlisted.push(kind));
    }

    /// Everything of a kind was put in, or cannot be.
    pub(crate) fn listed(&self, kind: SourceKind) {
        self.unlisted.send_if_modified(|unlisted| {
            let before = unlisted.len();
            unlisted.retain(|other| *other != kind);
            unlisted.len() != before
        });
    }

    /// Waits for the first list of a kind; false when that takes too long.
    pub(crate) async fn await_listed(&self, kind: SourceKind, patience: Duration) -> bool {
        let mut unlisted = self.unlisted.subscribe();
        let listed = unlisted.wait_for(|unlisted: &Vec<SourceKind>| !unlisted.contains(&kind));
        matches!(tokio::time::timeout(patience, listed).await, Ok(Ok(_)))
    }

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
