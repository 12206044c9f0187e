//! The last explanation of each Kustomization, whole, for whoever asks for it by HTTP. Nothing is kept where nobody can.
//!
//! Kept, not made again on request: an explanation is there anyway when an assessment ends, and moves in here without a
//! copy. An object that is well is its id and a few words, about 300 bytes, so that 10,000 of them are 3 MB; making an
//! explanation again would need the watches and the memory that an assessment holds, and let strangers cause the work.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use api::explain::Explanation;
use api::kustomization::Kustomization;
use parking_lot::RwLock;
use reconcile_core::{ObjectKey, Store};

#[cfg(test)]
pub(crate) mod tests;

/// See the module.
#[derive(Default)]
pub(crate) struct Explanations {
    /// Somebody can ask.
    wanted: bool,
    /// All Kustomizations, once they are known: only who leads has them.
    kustomizations: OnceLock<Store<Kustomization>>,
    kept: RwLock<HashMap<ObjectKey, Arc<Explanation>>>,
}

/// What is known of one Kustomization.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// This.
    Explained(Arc<Explanation>),
    /// It is there, and has not been assessed yet.
    NotYet,
    /// There is no such Kustomization.
    Absent,
}

impl Explanations {
    /// None yet. `wanted`: somebody can ask, otherwise none is kept.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// From now on what is not among these Kustomizations does not exist.
    pub(crate) fn open(&self, kustomizations: &Store<Kustomization>) {
        // Set by the first complete list; the later ones are of the same store.
        drop(self.kustomizations.set(kustomizations.clone()));
    }

    /// Whether anything can be said.
    pub(crate) fn is_open(&self) -> bool {
        self.kustomizations.get().is_some()
    }

    /// Keeps the newest.
    pub(crate) fn keep(&self, key: &ObjectKey, explanation: Explanation) {
        if self.wanted {
            self.kept.write().insert(key.clone(), Arc::new(explanation));
        }
    }

    /// The Kustomization is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.kept.write().remove(key);
    }

    /// Of one Kustomization.
    pub(crate) fn find(&self, key: &ObjectKey) -> Found {
        if let Some(explanation) = self.kept.read().get(key) {
            return Found::Explained(Arc::clone(explanation));
        }
        let is_there = self.kustomizations.get().is_some_and(|known| known.get(key).is_some());
        if is_there { Found::NotYet } else { Found::Absent }
    }

    /// Of all Kustomizations of a namespace, or of all there are, by namespace and name.
    pub(crate) fn of(&self, namespace: Option<&str>) -> Vec<Arc<Explanation>> {
        let kept = self.kept.read();
        let is_asked = |key: &ObjectKey| namespace.is_none_or(|namespace| key.namespace == namespace);
        let mut found: Vec<_> = kept.iter().filter(|(key, _)| is_asked(key)).collect();
        found.sort_by_key(|(key, _)| *key);
        found.into_iter().map(|(_, explanation)| Arc::clone(explanation)).collect()
    }
}
