//! Which trees are known, and from where. Pure: it fetches nothing.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Weak};

use crate::digest::Digest;
use crate::tree::MemTree;

/// From how many addresses a tree is known at most; the one that is known for longest goes.
const ADDRESSES: usize = 64;

/// What the cache knows. `F` is a fetch that is under way.
pub(super) struct State<F> {
    kept: HashMap<Digest, Kept>,
    /// Trees that were let go but may still be in use.
    in_use: HashMap<Digest, Weak<MemTree>>,
    /// From where each tree came: the proof that who names an address could have it.
    origins: HashMap<Digest, VecDeque<String>>,
    /// What each source has now.
    newest: HashMap<String, Digest>,
    pub(super) flights: HashMap<(String, Digest), F>,
    pub(super) bytes: u64,
    /// Counts uses; a tree's age is not a matter of time, and what a digest names never changes.
    clock: u64,
    pub(super) fetches: u64,
    pub(super) received: u64,
}

impl<F> Default for State<F> {
    fn default() -> Self {
        Self {
            kept: HashMap::new(),
            in_use: HashMap::new(),
            origins: HashMap::new(),
            newest: HashMap::new(),
            flights: HashMap::new(),
            bytes: 0,
            clock: 0,
            fetches: 0,
            received: 0,
        }
    }
}

struct Kept {
    tree: Arc<MemTree>,
    used: u64,
}

impl<F> State<F> {
    /// A source has this from now on. Gives the tree that it had, where that is kept for nobody else: who is still at it
    /// has it, and finds it.
    pub(super) fn now_of(&mut self, source: &str, digest: &Digest) -> Option<Arc<MemTree>> {
        let before = match self.newest.get_mut(source) {
            Some(known) if known == digest => return None,
            Some(known) => std::mem::replace(known, digest.clone()),
            None => {
                self.newest.insert(source.to_owned(), digest.clone());
                return None;
            }
        };
        if self.newest.values().any(|other| *other == before) {
            return None;
        }
        let kept = self.kept.remove(&before)?;
        self.bytes -= kept.tree.cost();
        self.in_use.insert(before, Arc::downgrade(&kept.tree));
        Some(kept.tree)
    }

    /// A tree that came from this address before.
    pub(super) fn find(&mut self, url: &str, digest: &Digest) -> Option<Arc<MemTree>> {
        let origins = self.origins.get(digest)?;
        if origins.iter().any(|origin| origin == url) { self.find_any(digest) } else { None }
    }

    /// A tree for somebody who has proved that they have its bytes.
    pub(super) fn find_any(&mut self, digest: &Digest) -> Option<Arc<MemTree>> {
        self.clock += 1;
        if let Some(kept) = self.kept.get_mut(digest) {
            kept.used = self.clock;
            return Some(Arc::clone(&kept.tree));
        }
        self.in_use.get(digest).and_then(Weak::upgrade)
    }

    /// Keeps a tree that came from `url`. Gives the one tree of this digest: another fetch may have been faster.
    pub(super) fn keep(&mut self, url: &str, digest: Digest, tree: Arc<MemTree>, limit: u64) -> Arc<MemTree> {
        let tree = self.find_any(&digest).unwrap_or(tree);
        self.came_from(url, &digest);
        self.insert(digest, Arc::clone(&tree), limit);
        self.in_use.retain(|_, tree| tree.strong_count() > 0);
        let (kept, in_use) = (&self.kept, &self.in_use);
        self.origins.retain(|digest, _| kept.contains_key(digest) || in_use.contains_key(digest));
        let coming: HashSet<&Digest> = self.flights.keys().map(|(_, digest)| digest).collect();
        self.newest.retain(|_, digest| {
            kept.contains_key(digest) || in_use.contains_key(digest) || coming.contains(digest)
        });
        tree
    }

    fn came_from(&mut self, url: &str, digest: &Digest) {
        let origins = self.origins.entry(digest.clone()).or_default();
        if origins.iter().any(|origin| origin == url) {
            return;
        }
        if origins.len() == ADDRESSES {
            origins.pop_front();
        }
        origins.push_back(url.to_owned());
    }

    fn insert(&mut self, digest: Digest, tree: Arc<MemTree>, limit: u64) {
        if tree.cost() > limit {
            self.in_use.insert(digest, Arc::downgrade(&tree));
            return;
        }
        self.bytes += tree.cost();
        if let Some(before) = self.kept.insert(digest, Kept { tree, used: self.clock }) {
            self.bytes -= before.tree.cost();
        }
        while self.bytes > limit {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(digest, _)| digest.clone());
            let Some(digest) = oldest else { break };
            let Some(kept) = self.kept.remove(&digest) else { break };
            self.bytes -= kept.tree.cost();
            self.in_use.insert(digest, Arc::downgrade(&kept.tree));
        }
    }

    /// Forgets all trees that nobody but the cache has, and gives them to be dropped.
    pub(super) fn take_idle(&mut self) -> Vec<Arc<MemTree>> {
        let is_idle = |kept: &Kept| Arc::strong_count(&kept.tree) == 1;
        let idle: Vec<Digest> =
            self.kept.iter().filter(|(_, kept)| is_idle(kept)).map(|(digest, _)| digest.clone()).collect();
        let mut taken = Vec::with_capacity(idle.len());
        for digest in idle {
            self.origins.remove(&digest);
            if let Some(kept) = self.kept.remove(&digest) {
                self.bytes -= kept.tree.cost();
                taken.push(kept.tree);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests;
