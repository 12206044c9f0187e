//! What a watch has seen to exist: keys and uids, to notice what vanished while nobody watched.
//!
//! Objects themselves are not kept here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::key::ObjectKey;

#[cfg(test)]
mod tests;

/// An object that exists no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Which one of that name.
    pub uid: String,
    /// A list did not hold it any more: when it went, and in which state, is not known.
    pub missed: bool,
}

/// Keys and uids of what exists.
///
/// That a list lacks an object proves that it is gone only if the list is newer than what was seen before: see
/// `failures`. Within one watch the API server keeps the order of writes, so a deletion never comes after its successor.
#[derive(Default)]
pub(crate) struct Known {
    uids: HashMap<ObjectKey, (Box<str>, u64)>,
    /// The round of listing that is going on.
    round: u64,
}

impl Known {
    pub(crate) fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    /// The object of that name which this one took the place of.
    pub(crate) fn replaced_by(&self, key: &ObjectKey, uid: &str) -> Option<Gone> {
        let (known, _) = self.uids.get(key)?;
        (&**known != uid).then(|| Gone { key: key.clone(), uid: known.to_string(), missed: true })
    }

    /// Takes an object in.
    pub(crate) fn seen(&mut self, key: ObjectKey, uid: &str) {
        match self.uids.entry(key) {
            Entry::Occupied(mut entry) if &*entry.get().0 == uid => entry.get_mut().1 = self.round,
            Entry::Occupied(mut entry) => drop(entry.insert((uid.into(), self.round))),
            Entry::Vacant(entry) => drop(entry.insert((uid.into(), self.round))),
        }
    }

    /// Forgets an object, unless another of that name took its place.
    pub(crate) fn gone(&mut self, key: &ObjectKey, uid: &str) {
        if self.uids.get(key).is_some_and(|(known, _)| &**known == uid) {
            self.uids.remove(key);
        }
    }

    /// What the round of listing did not name, once it is complete: it is gone.
    pub(crate) fn vanished(&self) -> Vec<Gone> {
        let of_another_round = self.uids.iter().filter(|(_, (_, seen))| *seen != self.round);
        of_another_round
            .map(|(key, (uid, _))| Gone { key: key.clone(), uid: uid.to_string(), missed: true })
            .collect()
    }
}
