//! Which Kustomizations are assessed again when something happens. What happens is seen elsewhere, and when they are
//! assessed is `step`'s to decide.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use reconcile_core::ObjectKey;
use reconcile_core::index::Index;
use reconcile_core::watch_pool::WatchedKind;
use tokio::sync::mpsc::UnboundedSender;

use crate::place::Place;

/// What something happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// An object of an inventory.
    Object(WatchedKind, ObjectKey),
    /// All objects of a kind.
    Kind(WatchedKind),
    /// A source.
    Source(WatchedKind, ObjectKey),
    /// All sources of a kind.
    Sources(WatchedKind),
    /// A Kustomization that others depend on.
    Dependency(ObjectKey),
    /// An object that is being deleted, or was when it went, and the Kustomizations whose it is or was by its labels.
    Leaving(WatchedKind, ObjectKey, Vec<ObjectKey>),
    /// What is beside objects in a place.
    Beside(Place),
    /// What is said of Kustomizations themselves.
    Kustomizations(Vec<ObjectKey>),
}

/// Who follows what, and where those are named who have to be woken.
pub(crate) struct Wakes {
    hasher: RandomState,
    /// Of an object only a hash is held: there are many, and where two have the same one somebody is woken for nothing.
    by_object: Index<u64, ObjectKey>,
    by_kind: Index<WatchedKind, ObjectKey>,
    by_source: Index<(WatchedKind, ObjectKey), ObjectKey>,
    by_dependency: Index<ObjectKey, ObjectKey>,
    by_place: Index<Place, ObjectKey>,
    queue: UnboundedSender<ObjectKey>,
}

impl Wakes {
    /// Nobody follows anything yet. `queue` takes the Kustomizations that have to be woken.
    pub(crate) fn new(queue: UnboundedSender<ObjectKey>) -> Self {
        Self {
            hasher: RandomState::new(),
            by_object: Index::new(),
            by_kind: Index::new(),
            by_source: Index::new(),
            by_dependency: Index::new(),
            by_place: Index::new(),
            queue,
        }
    }

    /// Wakes everybody who follows what was touched.
    pub(crate) fn wake_for(&self, touched: &Touched) {
        for key in self.followers(touched) {
            // Nobody listens any more when the process ends.
            let _ended = self.queue.send(key);
        }
    }

    fn hash(&self, kind: &WatchedKind, key: &ObjectKey) -> u64 {
        self.hasher.hash_one((kind, key))
    }

    fn followers(&self, touched: &Touched) -> Vec<ObjectKey> {
        match touched {
            Touched::Object(kind, key) => self.by_object.dependants(&self.hash(kind, key)),
            Touched::Kind(kind) => self.by_kind.dependants(kind),
            Touched::Source(kind, key) => self.by_source.dependants(&(kind.clone(), key.clone())),
            Touched::Sources(kind) => self.by_source.dependants(&(kind.clone(), every())),
            Touched::Dependency(key) => self.by_dependency.dependants(key),
            Touched::Leaving(kind, key, owners) => {
                let mut followers = self.by_object.dependants(&self.hash(kind, key));
                followers.extend(
                    owners.iter().filter(|owner| !followers.contains(owner)).cloned().collect::<Vec<_>>(),
                );
                followers
            }
            Touched::Beside(place) => self.by_place.dependants(place),
            Touched::Kustomizations(keys) => keys.clone(),
        }
    }

    /// Names the objects of a Kustomization's inventory, in place of those before, and with them their kinds. `left`: kinds
    /// of what has left it and may not be gone.
    pub(crate) fn follow_objects(
        &self,
        key: &ObjectKey,
        objects: &[(WatchedKind, ObjectKey)],
        left: &[WatchedKind],
    ) {
        let kinds: HashSet<&WatchedKind> = objects.iter().map(|(kind, _)| kind).chain(left).collect();
        let kinds: Vec<WatchedKind> = kinds.into_iter().cloned().collect();
        self.by_object.set(key, objects.iter().map(|(kind, object)| self.hash(kind, object)));
        self.by_kind.set(key, kinds);
    }

    /// Names the sources that matter to a Kustomization: its own, and those of its rivals.
    pub(crate) fn follow_sources(&self, key: &ObjectKey, sources: &[(WatchedKind, ObjectKey)]) {
        let kinds: HashSet<&WatchedKind> = sources.iter().map(|(kind, _)| kind).collect();
        let whole = kinds.into_iter().map(|kind| (kind.clone(), every()));
        self.by_source.set(key, sources.iter().cloned().chain(whole));
    }

    /// Names the Kustomizations that one depends on.
    pub(crate) fn follow_dependencies(&self, key: &ObjectKey, dependencies: impl Iterator<Item = ObjectKey>) {
        self.by_dependency.set(key, dependencies);
    }

    /// Names the places where something explains objects of a Kustomization.
    pub(crate) fn follow_beside(&self, key: &ObjectKey, places: impl Iterator<Item = Place>) {
        self.by_place.set(key, places);
    }

    /// A Kustomization that is gone follows nothing.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.by_object.remove(key);
        self.by_kind.remove(key);
        self.by_source.remove(key);
        self.by_dependency.remove(key);
        self.by_place.remove(key);
    }
}

/// Stands for all sources of a kind in `by_source`.
fn every() -> ObjectKey {
    ObjectKey::new("", "")
}

#[cfg(test)]
mod tests;
