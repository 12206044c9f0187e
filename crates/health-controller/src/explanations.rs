//! The last explanation of each Kustomization, whole, for whoever asks for it by HTTP. Nothing is kept where nobody can.
//!
//! Kept, not made again on request: an explanation is there anyway when an assessment ends, and moves in here without a
//! copy. An object that is well is its id and a few words, about 300 bytes, so that 10,000 of them are 3 MB; making an
//! explanation again would need the watches and the memory that an assessment holds, and let strangers cause the work.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use api::explain::Explanation;
use api::kustomization::Kustomization;
use parking_lot::{Mutex, RwLock};
use reconcile_core::{ObjectKey, Store};

#[cfg(test)]
pub(crate) mod tests;

/// How long a list waits for the first assessments: one that does not end must not hold up all others.
const PATIENCE: Duration = Duration::from_secs(30);

/// Kustomizations that were there when this process began to lead and have not been assessed since.
struct Awaited {
    keys: HashSet<ObjectKey>,
    since: Instant,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Explanations {
    /// Somebody can ask.
    wanted: bool,
    /// All Kustomizations, once they are known: only who leads has them.
    kustomizations: OnceLock<Store<Kustomization>>,
    kept: RwLock<HashMap<ObjectKey, Arc<Explanation>>>,
    /// None once there are none.
    awaited: Mutex<Option<Awaited>>,
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
        if self.is_open() {
            // A later complete list is of the same store.
            return;
        }
        if self.wanted {
            let mut awaited = self.awaited.lock();
            let kept = self.kept.read();
            let all = kustomizations.all();
            let keys = all.iter().map(|object| ObjectKey::of(&object.metadata));
            let keys: HashSet<ObjectKey> = keys.filter(|key| !kept.contains_key(key)).collect();
            *awaited = (!keys.is_empty()).then(|| Awaited { keys, since: Instant::now() });
        }
        drop(self.kustomizations.set(kustomizations.clone()));
    }

    /// Whether there is an explanation of every Kustomization that was there when this process began to lead, or they have
    /// been awaited for long enough. Before that a list would seem to be whole, and is not.
    pub(crate) fn is_whole(&self, now: Instant) -> bool {
        let awaited = self.awaited.lock();
        awaited.as_ref().is_none_or(|awaited| now.saturating_duration_since(awaited.since) >= PATIENCE)
    }

    fn has_come(&self, key: &ObjectKey) {
        let mut awaited = self.awaited.lock();
        if let Some(keys) = awaited.as_mut().map(|awaited| &mut awaited.keys) {
            keys.remove(key);
            if keys.is_empty() {
                *awaited = None;
            }
        }
    }

    /// Whether anything can be said.
    pub(crate) fn is_open(&self) -> bool {
        self.kustomizations.get().is_some()
    }

    /// Keeps the newest.
    pub(crate) fn keep(&self, key: &ObjectKey, explanation: Explanation) {
        if self.wanted {
            self.kept.write().insert(key.clone(), Arc::new(explanation));
            self.has_come(key);
        }
    }

    /// The Kustomization is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.kept.write().remove(key);
        self.has_come(key);
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
