//! The kept clones: one for each address, credential and purpose, shared by all objects that ask so (docs/design/0015).
//! Whose they are is `table`'s, what makes them the same `key`'s, what is in one `clone`'s.
//!
//! A folder is named by a number, goes with the last who uses it, and is never emptied: a clone that is broken or has
//! grown too large gets another folder, so that whoever reads in the old one reads on. Nothing outlives the process: its
//! names mean nothing to the next one, which sweeps what it finds. Nothing here waits for the disk but what says so:
//! `remover` takes away what is let go.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::OwnedMutexGuard;

mod key;
mod remover;
mod table;
#[cfg(test)]
mod tests;

use key::Keys;
pub(super) use key::{Key, Purpose};
use remover::{Remover, remove};
use table::Table;
pub(super) use table::Used;

use super::clone_error::CloneError;
use super::http::Http;
use super::http::rules::Failure;
use super::on_disk::{self, DiskError};
use crate::access::Access;

/// The part of the time that is left which a run waits for one of another namespace.
const PATIENCE: u32 = 4;
/// And the least of it.
const LEAST: Duration = Duration::from_millis(10);

/// All clones.
pub(super) struct Clones {
    root: PathBuf,
    keys: Keys,
    /// What the names of this process's folders begin with.
    prefix: String,
    state: Mutex<State>,
    remover: Arc<Remover>,
}

struct State {
    table: Table<Key, Arc<Folder>>,
    /// Namespaces that have a clone for themselves, as its key.
    apart: HashSet<Key>,
    /// The last folder's name.
    number: u64,
}

/// Where a clone is, as long as anybody uses it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    key: Key,
    remover: Arc<Remover>,
    /// Held while it is made.
    making: Mutex<()>,
    /// Held while something is fetched into it.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Whose run has, or had, the turn.
    namespace: Mutex<String>,
}

impl PartialEq for Folder {
    /// No two have one path.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Folder {}

impl Drop for Folder {
    fn drop(&mut self) {
        self.remover.remove(std::mem::take(&mut self.path));
    }
}

impl Clones {
    /// Clones live in `root`, which nobody serves.
    pub(super) fn new(root: PathBuf) -> Self {
        let state = State { table: Table::new(), apart: HashSet::new(), number: 0 };
        let prefix = format!("{:016x}-", key::random());
        let (state, remover) = (Mutex::new(state), Arc::default());
        Self { root, keys: Keys::new(), prefix, state, remover }
    }

    /// A run of an object begins.
    pub(super) fn begin(self: &Arc<Self>, uid: &str, namespace: &str) -> Run {
        let (number, gone) = self.state.lock().table.begin(uid);
        self.let_go(gone);
        let (uid, namespace) = (uid.to_owned(), namespace.to_owned());
        Run { clones: Arc::clone(self), uid, namespace, number }
    }

    /// An object is gone. Waits until what nobody else uses is, too.
    pub(super) fn forget(&self, uid: &str) {
        let gone = self.state.lock().table.remove(uid);
        self.let_go(gone);
        self.wait();
    }

    /// Waits until all is removed that was let go so far.
    pub(super) fn wait(&self) {
        self.remover.wait();
    }

    /// Forgets all objects but those with the uids that `current` gives, and removes what an earlier process left.
    /// `current` is asked after the look at what there is: what is begun meanwhile stays. Waits until all that is gone.
    pub(super) fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        let found = list(&self.root);
        let known = self.state.lock().table.uids();
        let current = current();
        let gone: Vec<_> = {
            let mut state = self.state.lock();
            known.difference(&current).flat_map(|uid| state.table.remove(uid)).collect()
        };
        self.let_go(gone);
        for path in found.into_iter().filter(|path| !self.is_ours(path)) {
            remove(&path);
        }
        self.wait();
    }

    /// Gives a clone that is broken another folder.
    pub(super) fn discard(&self, folders: &[Arc<Folder>]) {
        for folder in folders {
            let mut state = self.state.lock();
            let new = self.folder(&mut state.number, folder.key);
            state.table.replace(&folder.key, folder, new);
        }
    }

    /// Drops what nobody has any more. A namespace that had a clone for itself may share again.
    fn let_go(&self, gone: Vec<Arc<Folder>>) {
        drop(gone);
        let mut state = self.state.lock();
        let State { table, apart, .. } = &mut *state;
        apart.retain(|key| table.has(key));
    }

    /// Whether a folder is this process's. Each of those goes by itself.
    fn is_ours(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&self.prefix))
    }

    /// A folder for a clone. It is made when it is needed.
    fn folder(&self, number: &mut u64, key: Key) -> Arc<Folder> {
        *number += 1;
        let path = self.root.join(format!("{}{number}", self.prefix));
        let (making, turn, namespace) = (Mutex::default(), Arc::default(), Mutex::default());
        Arc::new(Folder { path, key, remover: Arc::clone(&self.remover), making, turn, namespace })
    }
}

/// One run's use of clones.
#[derive(Clone)]
pub(super) struct Run {
    clones: Arc<Clones>,
    uid: String,
    namespace: String,
    number: u64,
}

impl Run {
    /// The clone of what is asked at an address.
    pub(super) fn claim(&self, url: &Url, access: &Access, purpose: Purpose<'_>) -> Result<Kept, CloneError> {
        let shared = self.clones.keys.key(url, access, purpose);
        let apart = self.clones.keys.apart(shared, &self.namespace);
        let is_apart = self.clones.state.lock().apart.contains(&apart);
        self.take(if is_apart { apart } else { shared }, is_apart)
    }

    /// A clone for this namespace alone.
    fn set_apart(&self, key: Key) -> Result<Kept, CloneError> {
        let apart = self.clones.keys.apart(key, &self.namespace);
        let kept = self.take(apart, true)?;
        self.clones.state.lock().apart.insert(apart);
        Ok(kept)
    }

    fn take(&self, key: Key, is_apart: bool) -> Result<Kept, CloneError> {
        let mut state = self.clones.state.lock();
        let State { table, number, .. } = &mut *state;
        let folder = table.claim(&self.uid, self.number, &key, || self.clones.folder(number, key));
        drop(state);
        // Nobody waits for what an earlier run finds.
        let folder = folder.ok_or(CloneError::Wire(Failure::Cancelled))?;
        let is_new = !folder.path.exists();
        Ok(Kept { run: self.clone(), folder, is_new, is_apart })
    }

    /// The run succeeded, and used this.
    pub(super) fn settle(&self, used: Used<Key>) {
        let gone = self.clones.state.lock().table.settle(&self.uid, self.number, used);
        self.clones.let_go(gone);
    }

    /// The run found nothing new.
    pub(super) fn unchanged(&self, kept: &Kept) {
        let gone = self.clones.state.lock().table.unchanged(&self.uid, self.number, &kept.folder.key);
        self.clones.let_go(gone);
    }
}

/// A clone that a run uses.
#[derive(Clone)]
pub(super) struct Kept {
    run: Run,
    folder: Arc<Folder>,
    is_new: bool,
    is_apart: bool,
}

impl Kept {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.folder.path
    }

    /// What stays as long as this is held.
    pub(super) fn folder(&self) -> Arc<Folder> {
        Arc::clone(&self.folder)
    }

    /// What it is counted by.
    pub(super) fn key(&self) -> Key {
        self.folder.key
    }

    /// Whether there was none.
    pub(super) const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether the object was given this commit of it before, by a server that knew who asked.
    pub(super) fn had(&self, commit: &str) -> bool {
        self.run.clones.state.lock().table.had(&self.run.uid, &self.folder.key, commit)
    }

    /// Opens it; makes it when there is none.
    pub(super) fn open(&self) -> Result<gix::Repository, DiskError> {
        let _making = self.folder.making.lock();
        on_disk::open_or_make(&self.folder.path)
    }

    /// An empty one, which nobody else knows yet.
    pub(super) fn fresh(&self) -> Self {
        let folder = self.run.clones.folder(&mut self.run.clones.state.lock().number, self.folder.key);
        Self { run: self.run.clone(), folder, is_new: true, is_apart: self.is_apart }
    }

    /// Puts a fresh one in the place of this one.
    pub(super) fn give_way_to(&self, fresh: &Self) {
        self.run.clones.state.lock().table.replace(&self.folder.key, &self.folder, fresh.folder());
    }

    /// What there is in its place by now; the same, if nobody has put another one there.
    pub(super) fn now(&self) -> Result<Self, CloneError> {
        self.run.take(self.folder.key, self.is_apart)
    }

    /// Whether two are the same one.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.folder == other.folder
    }

    /// The same, for the namespace of the run alone.
    pub(super) fn set_apart(&self) -> Result<Self, CloneError> {
        self.run.set_apart(self.folder.key)
    }

    /// Waits for the turn to fetch into it: for a run of the same namespace as long as the run has time, for one of
    /// another namespace a part of it. `None` then.
    pub(super) fn turn(&self, line: &Http) -> Result<Option<Turn>, Failure> {
        let folder = &self.folder;
        let patience = (line.left() / PATIENCE).max(LEAST);
        let taken = line.wait_for(async {
            let taking = Arc::clone(&folder.turn).lock_owned();
            tokio::pin!(taking);
            loop {
                tokio::select! {
                    biased;
                    turn = &mut taking => return Some(turn),
                    () = tokio::time::sleep(patience) => {}
                }
                if !self.is_apart && *folder.namespace.lock() != self.run.namespace {
                    return None;
                }
            }
        })?;
        if taken.is_some() {
            folder.namespace.lock().clone_from(&self.run.namespace);
        }
        Ok(taken)
    }
}

/// Leave to fetch into a clone, until it is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

fn list(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).map_or_else(|_| Vec::new(), |all| all.flatten().map(|one| one.path()).collect())
}
