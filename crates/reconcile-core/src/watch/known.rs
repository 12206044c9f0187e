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

    /// Takes an object in; the one it replaces, if that had another uid.
    pub(crate) fn seen(&mut self, key: ObjectKey, uid: &str) -> Option<Gone> {
        match self.uids.entry(key) {
            Entry::Occupied(mut entry) => {
                let gone = (&*entry.get().0 != uid).then(|| Gone {
                    key: entry.key().clone(),
                    uid: entry.get().0.to_string(),
                    missed: true,
                });
                entry.insert((uid.into(), self.round));
                gone
            }
            Entry::Vacant(entry) => {
                entry.insert((uid.into(), self.round));
                None
            }
        }
    }

    /// Forgets an object, unless another of that name took its place.
    pub(crate) fn gone(&mut self, key: &ObjectKey, uid: &str) {
        if self.uids.get(key).is_some_and(|(known, _)| &**known == uid) {
            self.uids.remove(key);
        }
    }

    /// Ends a round of listing: what it did not name is gone.
    pub(crate) fn finish(&mut self) -> Vec<Gone> {
        let round = self.round;
        let gone: Vec<Gone> = self
            .uids
            .iter()
            .filter(|(_, (_, seen))| *seen != round)
            .map(|(key, (uid, _))| Gone { key: key.clone(), uid: uid.to_string(), missed: true })
            .collect();
        self.uids.retain(|_, (_, seen)| *seen == round);
        gone
    }
}
