//! Set algebra of inventories: what to write ahead, what became stale (architecture D4, decisions 3). Pure.

use crate::changeset::Change;
use api::{Inventory, InventoryEntry};
use manifest::ObjectId;
use std::collections::{BTreeMap, BTreeSet};

/// An inventory as a map from id text to API version, ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids(BTreeMap<String, String>);

impl Ids {
    /// Of a stored inventory.
    #[must_use]
    pub fn of(inventory: Option<&Inventory>) -> Self {
        Self(inventory.map_or_else(BTreeMap::new, |inventory| {
            inventory.entries.iter().map(|entry| (entry.id.clone(), entry.v.clone())).collect()
        }))
    }

    /// Of what a run did: every change counts but a deletion (contracts/kustomize-controller.md 14).
    #[must_use]
    pub fn of_changes<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut ids = Self::default();
        for change in changes {
            ids.insert(&change.id, &change.version);
        }
        ids
    }

    /// Adds an entry; the newer version wins.
    pub fn insert(&mut self, id: &ObjectId, version: &str) {
        self.0.insert(id.to_inventory(), version.to_owned());
    }

    /// Takes an entry out.
    pub fn remove(&mut self, id: &ObjectId) {
        self.0.remove(&id.to_inventory());
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(id, version)| (id.clone(), version.clone())));
    }

    /// Whether every id of `other` is here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.keys().all(|id| self.0.contains_key(id))
    }

    /// Ids here that `other` lacks, parsed; unreadable ids are left out (they stay in the inventory).
    #[must_use]
    pub fn minus(&self, other: &Self) -> Vec<(ObjectId, String)> {
        self.0
            .iter()
            .filter(|(id, _)| !other.0.contains_key(*id))
            .filter_map(|(id, version)| Some((ObjectId::from_inventory(id).ok()?, version.clone())))
            .collect()
    }

    /// Adds what of another inventory cannot be read: it is nothing we wrote, and nothing we may forget.
    pub fn keep_unreadable(&mut self, other: &Self) {
        let unreadable = other.0.iter().filter(|(id, _)| ObjectId::from_inventory(id).is_err());
        self.0.extend(unreadable.map(|(id, version)| (id.clone(), version.clone())));
    }

    /// Whether this id is here.
    #[must_use]
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.0.contains_key(&id.to_inventory())
    }

    /// All ids, parsed.
    #[must_use]
    pub fn parsed(&self) -> Vec<(ObjectId, String)> {
        self.minus(&Self::default())
    }

    /// Every kind with its version.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<(String, String, String)> {
        self.parsed().into_iter().map(|(id, version)| (id.group, version, id.kind)).collect()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it goes into status, ordered by id.
    #[must_use]
    pub fn to_inventory(&self) -> Inventory {
        Inventory {
            entries: self
                .0
                .iter()
                .map(|(id, version)| InventoryEntry { id: id.clone(), v: version.clone() })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
