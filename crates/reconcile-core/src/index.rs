//! A reverse index: which dependants point at a target (source → Kustomizations, dependency → dependants).
//!
//! Holds keys only; what a target is, is the controller's choice.

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

#[derive(Debug)]
struct Inner<T, D> {
    by_target: HashMap<T, BTreeSet<D>>,
    by_dependant: HashMap<D, Vec<T>>,
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
        inner.unlink(dependant);
        for target in &targets {
            inner.by_target.entry(target.clone()).or_default().insert(dependant.clone());
        }
        if !targets.is_empty() {
            inner.by_dependant.insert(dependant.clone(), targets);
        }
    }

    /// Forgets a dependant.
    pub fn remove(&self, dependant: &D) {
        self.inner.write().unlink(dependant);
    }

    /// Who points at a target, in order.
    pub fn dependants(&self, target: &T) -> Vec<D> {
        self.inner
            .read()
            .by_target
            .get(target)
            .map(|found| found.iter().cloned().collect())
            .unwrap_or_default()
    }
}

impl<T: Eq + Hash + Clone, D: Ord + Hash + Clone> Inner<T, D> {
    fn unlink(&mut self, dependant: &D) {
        for target in self.by_dependant.remove(dependant).unwrap_or_default() {
            if let Some(found) = self.by_target.get_mut(&target) {
                found.remove(dependant);
                if found.is_empty() {
                    self.by_target.remove(&target);
                }
            }
        }
    }
}
