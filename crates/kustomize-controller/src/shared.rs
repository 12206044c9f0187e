//! Two Kustomizations that declare the same object: what has been said of it, so that it is said once. Who they are, and
//! what is said, is `reconcile::sharing`'s; who keeps the object between runs is `heal`'s.

use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use std::collections::BTreeMap;

/// Two that share, the lesser first.
type Pair = (ObjectKey, ObjectKey);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    told: Mutex<BTreeMap<Pair, String>>,
}

impl Shared {
    /// Remembers which objects a Kustomization shares with which others, and gives those of whom that is news.
    pub(crate) fn news(&self, key: &ObjectKey, now: BTreeMap<ObjectKey, String>) -> Vec<(ObjectKey, String)> {
        let mut told = self.told.lock();
        told.retain(|pair, _| other_of(pair, key).is_none_or(|other| now.contains_key(other)));
        let news = now.into_iter().filter(|(other, objects)| {
            let before = told.insert(pair(key, other), objects.clone());
            before.as_ref() != Some(objects)
        });
        news.collect()
    }

    /// A Kustomization is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.told.lock().retain(|pair, _| other_of(pair, key).is_none());
    }
}

fn pair(one: &ObjectKey, other: &ObjectKey) -> Pair {
    if one <= other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

/// The other one of a pair that a Kustomization is in.
fn other_of<'p>(pair: &'p Pair, key: &ObjectKey) -> Option<&'p ObjectKey> {
    if pair.0 == *key {
        Some(&pair.1)
    } else if pair.1 == *key {
        Some(&pair.0)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
