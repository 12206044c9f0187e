//! Which path is whose, and whether all are known yet. Paths are kept and looked up as digests, so that how long a search
//! takes says nothing about a path that somebody has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use receiver::Hook;
use reconcile_core::ObjectKey;
use sha2::Digest as _;

#[cfg(test)]
mod tests;

type Digest = [u8; 32];

/// A path that may be called.
#[derive(Debug)]
pub(super) struct Open {
    /// Whose it is.
    pub(super) key: ObjectKey,
    /// Who may call it, and what for.
    pub(super) hook: Hook,
}

/// What a path is.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// It may be called.
    Open(Arc<Open>),
    /// Its Receiver is suspended, or can never be called as it is.
    Closed(ObjectKey),
    /// Nobody's, as far as is known; not all are known yet.
    Unsettled,
    /// Nobody's.
    Nobodys,
}

/// All paths.
#[derive(Debug, Default)]
pub(super) struct Table(RwLock<Paths>);

#[derive(Debug, Default)]
struct Paths {
    open: HashMap<Digest, Arc<Open>>,
    /// Beside those that are open: what a status says is no reason to shut somebody else's.
    closed: HashMap<Digest, ObjectKey>,
    of: HashMap<ObjectKey, Digest>,
    /// The first list is complete.
    synced: bool,
    /// Receivers of the first list of which nobody knows yet which path they have.
    expected: HashSet<ObjectKey>,
}

impl Table {
    /// A Receiver's path may be called; whatever it had before is nobody's.
    pub(super) fn open(&self, key: &ObjectKey, path: &str, hook: Hook) {
        let (digest, mut paths) = (digest(path), self.0.write());
        paths.remove(key);
        // Two have the same path only if they have the same token; the first keeps it.
        paths.open.entry(digest).or_insert_with(|| Arc::new(Open { key: key.clone(), hook }));
        paths.of.insert(key.clone(), digest);
    }

    /// A Receiver must not be called, at this path if it is known to have one.
    pub(super) fn close(&self, key: &ObjectKey, path: Option<&str>) {
        let mut paths = self.0.write();
        paths.remove(key);
        if let Some(path) = path {
            let digest = digest(path);
            paths.closed.entry(digest).or_insert_with(|| key.clone());
            paths.of.insert(key.clone(), digest);
        }
    }

    /// A Receiver has no path.
    pub(super) fn remove(&self, key: &ObjectKey) {
        self.0.write().remove(key);
    }

    /// What a path is.
    pub(super) fn find(&self, path: &str) -> Found {
        let (digest, paths) = (digest(path), self.0.read());
        match (paths.open.get(&digest), paths.closed.get(&digest)) {
            (Some(open), _) => Found::Open(Arc::clone(open)),
            (None, Some(key)) => Found::Closed(key.clone()),
            (None, None) if paths.synced && paths.expected.is_empty() => Found::Nobodys,
            (None, None) => Found::Unsettled,
        }
    }

    /// There is a Receiver. Nobody waits for those that come after the first list.
    pub(super) fn expect(&self, key: &ObjectKey) {
        let mut paths = self.0.write();
        if !paths.synced {
            paths.expected.insert(key.clone());
        }
    }

    /// The first list is complete.
    pub(super) fn synced(&self) {
        self.0.write().synced = true;
    }
}

impl Paths {
    /// What follows from the Receiver is known, so that nobody waits for it any more.
    fn remove(&mut self, key: &ObjectKey) {
        self.expected.remove(key);
        let Some(digest) = self.of.remove(key) else { return };
        if self.open.get(&digest).is_some_and(|open| open.key == *key) {
            self.open.remove(&digest);
        }
        if self.closed.get(&digest) == Some(key) {
            self.closed.remove(&digest);
        }
    }
}

fn digest(path: &str) -> Digest {
    sha2::Sha256::digest(path).into()
}
