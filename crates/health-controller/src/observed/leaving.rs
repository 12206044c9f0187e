//! What is being deleted, by the Kustomization that its owner labels name: so that what a Kustomization has pruned and is
//! not gone is found without a search. Pure. Of what is not being deleted nothing is here.

use std::collections::HashMap;
use std::sync::Arc;

use convergence::Seen;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

#[cfg(test)]
mod tests;

/// Kind, and namespace and name.
type Id = (WatchedKind, ObjectKey);

/// See the module.
#[derive(Default)]
pub(super) struct Leaving {
    by_owner: HashMap<ObjectKey, HashMap<Id, Arc<Seen>>>,
    owners: HashMap<Id, ObjectKey>,
}

impl Leaving {
    /// An object is seen: being deleted, with the Kustomization that it names, or not. Whom it concerned and concerns.
    pub(super) fn see(
        &mut self,
        kind: &WatchedKind,
        key: &ObjectKey,
        owner: Option<(ObjectKey, Arc<Seen>)>,
    ) -> Vec<ObjectKey> {
        let mut concerned: Vec<ObjectKey> = self.lose(kind, key).into_iter().collect();
        let Some((owner, seen)) = owner else { return concerned };
        let id = (kind.clone(), key.clone());
        self.owners.insert(id.clone(), owner.clone());
        self.by_owner.entry(owner.clone()).or_default().insert(id, seen);
        if !concerned.contains(&owner) {
            concerned.push(owner);
        }
        concerned
    }

    /// An object is gone. Whom that concerns.
    pub(super) fn lose(&mut self, kind: &WatchedKind, key: &ObjectKey) -> Option<ObjectKey> {
        if self.owners.is_empty() {
            return None;
        }
        let id = (kind.clone(), key.clone());
        let owner = self.owners.remove(&id)?;
        if let Some(of_owner) = self.by_owner.get_mut(&owner) {
            of_owner.remove(&id);
            if of_owner.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
        Some(owner)
    }

    /// Nothing is known of a kind any more.
    pub(super) fn forget(&mut self, kind: &WatchedKind) {
        let keys: Vec<ObjectKey> =
            self.owners.keys().filter(|(of, _)| of == kind).map(|(_, key)| key.clone()).collect();
        for key in keys {
            self.lose(kind, &key);
        }
    }

    /// What a Kustomization has that is being deleted, in no order.
    pub(super) fn of(&self, owner: &ObjectKey) -> Vec<(WatchedKind, ObjectKey, Arc<Seen>)> {
        let of_owner = self.by_owner.get(owner).into_iter().flatten();
        of_owner.map(|((kind, key), seen)| (kind.clone(), key.clone(), Arc::clone(seen))).collect()
    }
}
