//! Which Kustomizations' inventories name the same object. Pure: inventories in, names of Kustomizations out. Whether two
//! that name an object are rivals for it is the crate `convergence`'s to decide.
//!
//! Nearly every object is named once, so what is held of it is a hash; the texts stand in the Kustomizations, where those
//! that two hashes agree on are compared.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use api::kustomization::Kustomization;
use convergence::claim::{Claimant, cluster_of};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;

/// Entries of one inventory that are looked at, as in `reconcile::view::inventory`.
const MAX_ENTRIES: usize = 20_000;

/// More than one. Behind a pointer, because nearly every object has one.
struct Several(BTreeSet<Arc<ObjectKey>>);

/// Who names an object.
enum Holders {
    One(Arc<ObjectKey>),
    Several(Box<Several>),
}

/// What one Kustomization names.
#[derive(Default)]
struct Named {
    /// Sorted.
    hashes: Box<[u64]>,
    /// Those of them that others name, too.
    shared: BTreeSet<u64>,
    /// All that makes the difference between a rival and none, in one number.
    standing: u64,
}

#[derive(Default)]
struct Inner {
    holders: HashMap<u64, Holders>,
    named: HashMap<Arc<ObjectKey>, Named>,
}

/// The index. 16 bytes per object and what a map takes.
#[derive(Default)]
pub(crate) struct Claims {
    hasher: RandomState,
    inner: Mutex<Inner>,
}

impl Claims {
    /// Takes in a Kustomization as it is now. The others for which that makes a difference.
    pub(crate) fn set(&self, key: &ObjectKey, object: &Kustomization) -> BTreeSet<ObjectKey> {
        let cluster = cluster_of(object);
        let mut hashes: Vec<u64> =
            entries(object).take(MAX_ENTRIES).map(|id| self.hasher.hash_one((&cluster, id))).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let standing = self.hasher.hash_one(standing(object));
        self.inner.lock().set(key, hashes, standing)
    }

    /// Forgets a Kustomization. The others for which that makes a difference.
    pub(crate) fn remove(&self, key: &ObjectKey) -> BTreeSet<ObjectKey> {
        let mut inner = self.inner.lock();
        let woken = inner.set(key, Vec::new(), 0);
        inner.named.remove(key);
        woken
    }

    /// The others that may name an object of this Kustomization's inventory. None for nearly all.
    pub(crate) fn others(&self, key: &ObjectKey) -> BTreeSet<ObjectKey> {
        let inner = self.inner.lock();
        let shared = inner.named.get(key).map(|named| &named.shared);
        shared.into_iter().flatten().flat_map(|hash| inner.others(*hash, key)).collect()
    }
}

impl Inner {
    fn set(&mut self, key: &ObjectKey, hashes: Vec<u64>, standing: u64) -> BTreeSet<ObjectKey> {
        let (key, before) = match self.named.remove_entry(key) {
            Some((key, before)) => (key, before),
            None => (Arc::new(key.clone()), Named::default()),
        };
        let mut woken = BTreeSet::new();
        for gone in before.hashes.iter().filter(|hash| hashes.binary_search(hash).is_err()) {
            woken.extend(self.others(*gone, &key));
            self.leave(*gone, &key);
        }
        let mut shared = before.shared;
        shared.retain(|hash| hashes.binary_search(hash).is_ok());
        for new in hashes.iter().filter(|hash| before.hashes.binary_search(hash).is_err()) {
            self.join(*new, &key);
            let others = self.others(*new, &key);
            if !others.is_empty() {
                shared.insert(*new);
            }
            woken.extend(others);
        }
        if before.standing != standing {
            woken.extend(shared.iter().flat_map(|hash| self.others(*hash, &key)));
        }
        self.named.insert(key, Named { hashes: hashes.into(), shared, standing });
        woken
    }

    fn others(&self, hash: u64, key: &ObjectKey) -> Vec<ObjectKey> {
        match self.holders.get(&hash) {
            Some(Holders::Several(all)) => {
                all.0.iter().filter(|other| ***other != *key).map(|other| (**other).clone()).collect()
            }
            Some(Holders::One(_)) | None => Vec::new(),
        }
    }

    fn join(&mut self, hash: u64, key: &Arc<ObjectKey>) {
        match self.holders.get_mut(&hash) {
            None => {
                self.holders.insert(hash, Holders::One(Arc::clone(key)));
            }
            Some(Holders::Several(all)) => {
                all.0.insert(Arc::clone(key));
            }
            Some(one) => {
                let Holders::One(first) = &*one else { return };
                let first = Arc::clone(first);
                if let Some(named) = self.named.get_mut(&first) {
                    named.shared.insert(hash);
                }
                *one = Holders::Several(Box::new(Several(BTreeSet::from([first, Arc::clone(key)]))));
            }
        }
    }

    fn leave(&mut self, hash: u64, key: &Arc<ObjectKey>) {
        let Some(Holders::Several(all)) = self.holders.get_mut(&hash) else {
            self.holders.remove(&hash);
            return;
        };
        all.0.remove(key);
        let mut left = all.0.iter();
        if let (Some(last), None) = (left.next().cloned(), left.next()) {
            if let Some(named) = self.named.get_mut(&last) {
                named.shared.remove(&hash);
            }
            self.holders.insert(hash, Holders::One(last));
        }
    }
}

/// The ids in a Kustomization's inventory.
pub(crate) fn entries(object: &Kustomization) -> impl Iterator<Item = &str> {
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    inventory.into_iter().flat_map(|inventory| &inventory.entries).map(|entry| entry.id.as_str())
}

/// What of a Kustomization others look at beside its inventory.
fn standing(object: &Kustomization) -> (bool, Option<&str>) {
    let attempted = object.status.as_ref().and_then(|status| status.last_attempted_revision.as_deref());
    (Claimant { kustomization: object, desired: None }.stands(), attempted)
}

#[cfg(test)]
mod tests;
