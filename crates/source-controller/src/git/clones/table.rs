//! Who uses which clone: reference counts, kept per object (docs/design/0015). Pure; what a clone is on a disk is its
//! handle's.
//!
//! An object has what its last success used, and what its present run, and a failed one before it, asked for. What no
//! object has any more is given back to the caller, who lets it go.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

#[cfg(test)]
mod tests;

/// Which commits of a clone a run used.
pub(in crate::git) type Used<K> = HashMap<K, HashSet<String>>;

/// All clones and all objects.
#[derive(Debug)]
pub(super) struct Table<K, C> {
    clones: HashMap<K, Entry<C>>,
    users: HashMap<String, User<K>>,
    runs: u64,
}

#[derive(Debug)]
struct Entry<C> {
    clone: C,
    users: HashSet<String>,
}

/// What an object has.
#[derive(Debug)]
struct User<K> {
    /// Its latest run. What an earlier one says, which nobody waits for any more, does not count.
    run: u64,
    settled: Used<K>,
    trying: HashSet<K>,
    /// What the run before asked for, if it failed: it is wanted again.
    tried: HashSet<K>,
}

impl<K: Clone + Eq + Hash, C: Clone + PartialEq> Table<K, C> {
    /// Nobody uses anything.
    pub(super) fn new() -> Self {
        Self { clones: HashMap::new(), users: HashMap::new(), runs: 0 }
    }

    /// A run of an object begins. Gives its number.
    pub(super) fn begin(&mut self, uid: &str) -> (u64, Vec<C>) {
        self.runs += 1;
        let run = self.runs;
        let user = self.users.entry(uid.to_owned()).or_insert_with(|| User {
            run,
            settled: HashMap::new(),
            trying: HashSet::new(),
            tried: HashSet::new(),
        });
        user.run = run;
        let trying = std::mem::take(&mut user.trying);
        let forgotten = std::mem::replace(&mut user.tried, trying);
        (run, self.release(uid, forgotten))
    }

    /// A run uses a clone, which is made if there is none. `None` for a run that is not its object's latest.
    pub(super) fn claim(&mut self, uid: &str, run: u64, key: &K, make: impl FnOnce() -> C) -> Option<C> {
        let user = self.users.get_mut(uid).filter(|user| user.run == run)?;
        user.trying.insert(key.clone());
        let entry =
            self.clones.entry(key.clone()).or_insert_with(|| Entry { clone: make(), users: HashSet::new() });
        entry.users.insert(uid.to_owned());
        Some(entry.clone.clone())
    }

    /// Whether an object's last success used this commit of a clone.
    pub(super) fn had(&self, uid: &str, key: &K, commit: &str) -> bool {
        let commits = self.users.get(uid).and_then(|user| user.settled.get(key));
        commits.is_some_and(|commits| commits.contains(commit))
    }

    /// A run succeeded, and used this; its object has nothing else any more.
    pub(super) fn settle(&mut self, uid: &str, run: u64, used: Used<K>) -> Vec<C> {
        let Some(user) = self.users.get_mut(uid).filter(|user| user.run == run) else { return Vec::new() };
        let before = std::mem::replace(&mut user.settled, used);
        let mut candidates = std::mem::take(&mut user.trying);
        candidates.extend(std::mem::take(&mut user.tried));
        candidates.extend(before.into_keys());
        self.release(uid, candidates)
    }

    /// A run found nothing new in a clone. What else its object has stays, if it has this one already.
    pub(super) fn unchanged(&mut self, uid: &str, run: u64, key: &K) -> Vec<C> {
        let is_settled = self.users.get(uid).is_some_and(|user| user.settled.contains_key(key));
        let used = HashMap::from([(key.clone(), HashSet::new())]);
        if is_settled { Vec::new() } else { self.settle(uid, run, used) }
    }

    /// Puts a clone in the place of another, unless somebody else has done so already.
    pub(super) fn replace(&mut self, key: &K, old: &C, new: C) -> Option<C> {
        let entry = self.clones.get_mut(key).filter(|entry| entry.clone == *old)?;
        Some(std::mem::replace(&mut entry.clone, new))
    }

    /// An object is gone.
    pub(super) fn remove(&mut self, uid: &str) -> Vec<C> {
        let Some(user) = self.users.remove(uid) else { return Vec::new() };
        let User { run: _, settled, trying, tried } = user;
        self.release(uid, trying.into_iter().chain(tried).chain(settled.into_keys()))
    }

    /// All objects that have something, or are about to.
    pub(super) fn uids(&self) -> HashSet<String> {
        self.users.keys().cloned().collect()
    }

    /// Whether somebody uses a clone.
    pub(super) fn has(&self, key: &K) -> bool {
        self.clones.contains_key(key)
    }

    /// An object has some clones no more, but for those that it has for another reason.
    fn release(&mut self, uid: &str, keys: impl IntoIterator<Item = K>) -> Vec<C> {
        let mut gone = Vec::new();
        for key in keys {
            if self.users.get(uid).is_some_and(|user| user.has(&key)) {
                continue;
            }
            let Some(entry) = self.clones.get_mut(&key) else { continue };
            entry.users.remove(uid);
            if entry.users.is_empty() {
                gone.extend(self.clones.remove(&key).map(|entry| entry.clone));
            }
        }
        gone
    }
}

impl<K: Eq + Hash> User<K> {
    fn has(&self, key: &K) -> bool {
        self.settled.contains_key(key) || self.trying.contains(key) || self.tried.contains(key)
    }
}
