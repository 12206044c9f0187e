//! What every Kustomization's newest build declares, and in which target, so that an object that moves from one to another is handed over
//! and not deleted, and so that a heal never takes an object back from the one that has just taken it over.
//!
//! A declaration is made by a Kustomization's own run before it writes anything, or by whoever needs to know before that
//! run has come. It keeps digests of ids only, each made of target and id: what is declared in one cluster is nobody's in
//! another. What follows from it is `reconcile::handover`'s.

use crate::target::TargetObject;
use api::kustomization::KustomizationSpec;
use cluster::TargetId;
use manifest::Manifest;
use parking_lot::RwLock;
use reconcile_core::ObjectKey;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// What a build was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Digest of the artifact.
    pub(crate) artifact: String,
    /// Digest of the fields of the spec that matter.
    pub(crate) spec: [u8; 32],
    /// For which cluster, whoever is impersonated there.
    pub(crate) cluster: TargetId,
}

/// What a build gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    /// Digests of the ids, sorted.
    ids: Arc<[IdDigest]>,
    /// Kustomizations among them, with the digest of their spec: what they declare in turn counts from then on.
    children: Arc<[(ObjectKey, [u8; 32])]>,
}

/// An id as it is kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdDigest([u8; 16]);

impl IdDigest {
    pub(crate) fn of(object: &TargetObject) -> Self {
        // Whoever is impersonated there: it is the same object.
        let text = format!("{}\n{}", object.target.cluster(), object.id.to_inventory());
        Self(manifest::digest::of(&serde_json::Value::String(text)))
    }
}

impl Objects {
    /// Of a build for a target. `digest` is over a Kustomization's spec.
    pub(crate) fn of(
        target: &TargetId,
        objects: &[Manifest],
        digest: impl Fn(&ObjectKey, &KustomizationSpec) -> [u8; 32],
    ) -> Self {
        let digest_of = |object: &Manifest| IdDigest::of(&TargetObject::new(target, object.id()));
        let mut ids: Vec<IdDigest> = objects.iter().map(digest_of).collect();
        ids.sort_unstable();
        let children = objects.iter().filter_map(|object| {
            let id = object.id();
            if id.group != api::KUSTOMIZE_GROUP || id.kind != "Kustomization" {
                return None;
            }
            let spec = object.value().get("spec").cloned()?;
            let spec: KustomizationSpec = serde_json::from_value(spec).ok()?;
            let key = ObjectKey::new(id.namespace, id.name);
            let digest = digest(&key, &spec);
            Some((key, digest))
        });
        Self { ids: ids.into(), children: children.collect() }
    }

    /// Whether an object is among them.
    pub(crate) fn contain(&self, id: IdDigest) -> bool {
        self.ids.binary_search(&id).is_ok()
    }

    /// Kustomizations among them.
    pub(crate) fn children(&self) -> &[(ObjectKey, [u8; 32])] {
        &self.children
    }
}

/// See the module.
pub(crate) struct Declared {
    by_key: RwLock<HashMap<ObjectKey, (Made, Objects)>>,
    changes: watch::Sender<u64>,
}

impl Default for Declared {
    fn default() -> Self {
        Self { by_key: RwLock::default(), changes: watch::Sender::new(0) }
    }
}

impl Declared {
    /// A Kustomization's build of this input gives these objects.
    pub(crate) fn set(&self, key: &ObjectKey, made: Made, objects: Objects) {
        drop(self.by_key.write().insert(key.clone(), (made, objects)));
        self.changes.send_modify(|version| *version += 1);
    }

    /// A Kustomization's build of this input would give the same objects as the last one.
    pub(crate) fn renew(&self, key: &ObjectKey, made: Made) {
        if let Some(last) = self.by_key.write().get_mut(key) {
            last.0 = made;
        }
        self.changes.send_modify(|version| *version += 1);
    }

    /// A Kustomization is gone.
    pub(crate) fn remove(&self, key: &ObjectKey) {
        drop(self.by_key.write().remove(key));
        self.changes.send_modify(|version| *version += 1);
    }

    /// What a build of exactly this input gives, if that is known.
    pub(crate) fn of(&self, key: &ObjectKey, made: &Made) -> Option<Objects> {
        let by_key = self.by_key.read();
        by_key.get(key).filter(|(last, _)| last == made).map(|(_, objects)| objects.clone())
    }

    /// Whether a Kustomization's last known build, of whatever input, gives an object; `None` when no build is known.
    pub(crate) fn is_declared_by(&self, key: &ObjectKey, object: &TargetObject) -> Option<bool> {
        self.by_key.read().get(key).map(|(_, objects)| objects.contain(IdDigest::of(object)))
    }

    /// Moves whenever a declaration does.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests;
