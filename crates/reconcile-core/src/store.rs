//! The newest known copy of each object of a kind, shared by whoever needs it.
//!
//! The newer resourceVersion wins: our own write's answer may be ahead of the watch, and its event must not turn the
//! store back (decisions 1.5). No index and no events; see `index` and `watch`.

use std::collections::HashMap;
use std::sync::Arc;

use kube::core::ObjectMeta;
use parking_lot::RwLock;

use crate::key::ObjectKey;
use crate::watch::Change;

#[cfg(test)]
mod tests;

/// A resourceVersion as a number; 0 when it is absent or not a number, which loses against any other.
pub fn version(metadata: &ObjectMeta) -> u64 {
    manifest::version_number(metadata.resource_version.as_deref())
}

/// Objects by key. Clones share.
///
/// # Guarantees
/// - A copy is never replaced by an older one.
/// - An object that a watch reported as deleted does not come back with the answer to a write.
/// - The deletion of an object does not remove its successor of the same name.
/// - What [`Store::get`] gave does not change in the reader's hands.
///
/// # Assumptions
/// - [`Store::apply`] and [`Store::insert`] are fed by one watch of the kind, in its order.
/// - resourceVersions are numbers that one etcd counts up, for all objects of the kind.
///
/// # Caveats
/// - While the watch is down the store is as old as the watch's last event, and does not say so.
/// - An object that cannot be read any more is absent, not kept in its last readable form.
#[derive(Debug)]
pub struct Store<K> {
    objects: Arc<RwLock<HashMap<ObjectKey, Arc<K>>>>,
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self { objects: Arc::clone(&self.objects) }
    }
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        Self { objects: Arc::default() }
    }
}

impl<K: kube::Resource> Store<K> {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what a watch says; false when it is older than what is known, or no object at all.
    pub fn apply(&self, change: &Change<K>) -> bool
    where
        K: Clone,
    {
        match change {
            Change::Applied(object) => self.insert(Arc::new(object.clone())),
            Change::Deleted(gone) => self.remove(&gone.key, &gone.uid),
            Change::Undecodable(bad) => self.remove_any(&bad.key),
            Change::Synced | Change::Failed(_) => false,
        }
    }

    /// Takes in an object that a watch delivered, unless a newer copy is known; true when it was taken.
    ///
    /// The uid need not be looked at: one etcd counts all writes in one sequence, so a successor of the same name is
    /// newer than every state of its predecessor. Versions that are not numbers are all 0, and then the watch's order
    /// decides. (An etcd that was restored without `--bump-revision` breaks this, as it breaks every watch; Kubernetes
    /// asks to restart the clients then.)
    pub fn insert(&self, object: Arc<K>) -> bool {
        let key = ObjectKey::of(object.meta());
        let mut objects = self.objects.write();
        if let Some(known) = objects.get(&key)
            && version(known.meta()) > version(object.meta())
        {
            return false;
        }
        objects.insert(key, object);
        true
    }

    /// Takes in the answer to a write of our own: only over an older copy of the same object (uid), so that one which
    /// a watch has reported as deleted does not come back.
    pub fn update(&self, object: Arc<K>) -> bool {
        let key = ObjectKey::of(object.meta());
        let mut objects = self.objects.write();
        let Some(known) = objects.get_mut(&key) else { return false };
        if known.meta().uid != object.meta().uid || version(known.meta()) >= version(object.meta()) {
            return false;
        }
        *known = object;
        true
    }

    /// Removes an object, if it still is the one with this uid.
    pub fn remove(&self, key: &ObjectKey, uid: &str) -> bool {
        let mut objects = self.objects.write();
        let same =
            objects.get(key).is_some_and(|known| known.meta().uid.as_deref().unwrap_or_default() == uid);
        same && objects.remove(key).is_some()
    }

    fn remove_any(&self, key: &ObjectKey) -> bool {
        self.objects.write().remove(key).is_some()
    }

    /// The newest copy.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        self.objects.read().get(key).cloned()
    }

    /// The newest copies of all objects, in no order.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.objects.read().values().cloned().collect()
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.objects.read().len()
    }

    /// Whether no object is known.
    pub fn is_empty(&self) -> bool {
        self.objects.read().is_empty()
    }
}
