//! A reverse index: which dependants point at a target (source → Kustomizations, dependency → dependants).
//!
//! Holds keys only; what a target is, is the controller's choice.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use parking_lot::RwLock;

#[cfg(test)]
mod tests;

/// Dependants by target.
#[derive(Debug)]
pub struct Index<T, D> {
    inner: RwLock<Inner<T, D>>,
}

/// Who points at a target. Nearly every target has one, for which a set would take ten times the memory.
#[derive(Debug)]
enum Dependants<D> {
    One(D),
    Several(BTreeSet<D>),
}

impl<D: Ord + Clone> Dependants<D> {
    fn insert(&mut self, new: &D) {
        match self {
            Self::One(known) if known == new => {}
            Self::One(known) => *self = Self::Several([known.clone(), new.clone()].into()),
            Self::Several(known) => drop(known.insert(new.clone())),
        }
    }

    /// True when nobody is left.
    fn remove(&mut self, gone: &D) -> bool {
        match self {
            Self::One(known) => known == gone,
            Self::Several(known) => {
                known.remove(gone);
                known.is_empty()
            }
        }
    }

    fn all(&self) -> Vec<D> {
        match self {
            Self::One(known) => vec![known.clone()],
            Self::Several(known) => known.iter().cloned().collect(),
        }
    }
}

#[derive(Debug)]
struct Inner<T, D> {
    by_target: HashMap<T, Dependants<D>>,
    by_dependant: HashMap<D, Box<[T]>>,
}

impl<T, D> Default for Index<T, D> {
    fn default() -> Self {
        Self { inner: RwLock::new(Inner { by_target: HashMap::new(), by_dependant: HashMap::new() }) }
    }
}

impl<T: Eq + Hash + Clone, D: Ord + Hash + Clone> Index<T, D> {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces what a dependant points at.
    pub fn set(&self, dependant: &D, targets: impl IntoIterator<Item = T>) {
        let targets: Vec<T> = targets.into_iter().collect();
        let mut inner = self.inner.write();
        if inner.by_dependant.get(dependant).is_some_and(|known| **known == *targets) {
            return;
        }
        inner.unlink(dependant);
        for target in &targets {
            match inner.by_target.entry(target.clone()) {
                Entry::Occupied(mut entry) => entry.get_mut().insert(dependant),
                Entry::Vacant(entry) => drop(entry.insert(Dependants::One(dependant.clone()))),
            }
        }
        if !targets.is_empty() {
            inner.by_dependant.insert(dependant.clone(), targets.into_boxed_slice());
        }
    }

    /// Forgets a dependant.
    pub fn remove(&self, dependant: &D) {
        self.inner.write().unlink(dependant);
    }

    /// Who points at a target, in order.
    pub fn dependants(&self, target: &T) -> Vec<D> {
        self.inner.read().by_target.get(target).map(Dependants::all).unwrap_or_default()
    }
}

impl<T: Eq + Hash + Clone, D: Ord + Hash + Clone> Inner<T, D> {
    fn unlink(&mut self, dependant: &D) {
        for target in self.by_dependant.remove(dependant).unwrap_or_default() {
            if self.by_target.get_mut(&target).is_some_and(|found| found.remove(dependant)) {
                self.by_target.remove(&target);
            }
        }
    }
}
