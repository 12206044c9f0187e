//! What the newest archive of each object consists of, so that the next one copies what both have (`artifact::pack`). Only
//! where pieces are is kept, in memory and within a bound: their bytes are in the archive on disk. Who is without them packs
//! everything, to the same bytes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use api::Artifact;
use artifact::pack::Pieces;
use artifact::store::{Store, Stored};
use parking_lot::Mutex;

#[cfg(test)]
mod tests;

/// Bytes of memory for all of them. A tree of five thousand small files takes ten thousand.
const MOST: u64 = 4 << 20;
/// Bytes of memory for an object, beside those for pieces.
const OBJECT: u64 = 512;

/// An archive that another is made beside.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// What it consists of.
    pub(crate) pieces: Arc<Pieces>,
}

/// The newest archives, by the uids of their objects.
#[derive(Debug)]
pub(crate) struct Formers {
    most: u64,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    newest: HashMap<String, Newest>,
    cost: u64,
    /// Counts uses, so that the one that was used first is known.
    uses: u64,
}

#[derive(Debug)]
struct Newest {
    path: String,
    digest: String,
    pieces: Arc<Pieces>,
    used: u64,
}

impl Newest {
    fn cost(&self) -> u64 {
        OBJECT + self.pieces.cost()
    }
}

impl Default for Formers {
    fn default() -> Self {
        Self::within(MOST)
    }
}

impl Formers {
    fn within(most: u64) -> Self {
        Self { most, shelf: Mutex::default() }
    }

    /// An archive is stored now. Those that were not used for longest make room.
    pub(crate) fn keep(&self, uid: &str, stored: &Stored, pieces: Pieces) {
        let mut shelf = self.shelf.lock();
        shelf.remove(uid);
        if uid.is_empty() || pieces.is_empty() {
            return;
        }
        shelf.uses += 1;
        let (path, digest) = (stored.path.clone(), stored.digest.to_string());
        let newest = Newest { path, digest, pieces: Arc::new(pieces), used: shelf.uses };
        let cost = newest.cost();
        if cost > self.most {
            return;
        }
        while shelf.cost + cost > self.most {
            let oldest = shelf.newest.iter().min_by_key(|(_, newest)| newest.used);
            let Some(uid) = oldest.map(|(uid, _)| uid.clone()) else { break };
            shelf.remove(&uid);
        }
        shelf.cost += cost;
        shelf.newest.insert(uid.to_owned(), newest);
    }

    /// What is known of the artifact that an object's status names; nothing of any other.
    pub(crate) fn of(&self, uid: &str, artifact: &Artifact, storage: &Store) -> Option<Former> {
        let mut shelf = self.shelf.lock();
        shelf.uses += 1;
        let uses = shelf.uses;
        let newest = shelf.newest.get_mut(uid)?;
        if newest.path != artifact.path || newest.digest != artifact.digest {
            return None;
        }
        newest.used = uses;
        let file = storage.locate(&newest.path).ok()?;
        Some(Former { file, pieces: Arc::clone(&newest.pieces) })
    }

    /// Forgets an object.
    pub(crate) fn forget(&self, uid: &str) {
        self.shelf.lock().remove(uid);
    }
}

impl Shelf {
    fn remove(&mut self, uid: &str) {
        if let Some(newest) = self.newest.remove(uid) {
            self.cost -= newest.cost();
        }
    }
}
