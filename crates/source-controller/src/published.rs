//! What the files of the storage are supposed to be: read in full once, and again only when the file on disk is no
//! longer the one that was read, or after an hour. Shared by the reconcilers, which publish, and the server.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use artifact::store::{Check, Draft, Identity, Store, Stored};
use artifact::{Digest, StoreError};
use parking_lot::{Mutex, RwLock};

/// A file is read again after this time even though it looks unchanged.
const READ_AGAIN: Duration = Duration::from_secs(3600);

/// Whether a file is what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is.
    Intact,
    /// There is no file.
    Missing,
    /// It has this digest instead.
    Differs(Digest),
}

struct Entry {
    digest: Digest,
    read: Option<(Identity, Instant)>,
}

/// Expected digests by artifact path.
#[derive(Default)]
pub(crate) struct Published {
    entries: Mutex<HashMap<String, Entry>>,
    /// What this process has published last, by folder.
    latest: Mutex<HashMap<String, Stored>>,
    /// Held for writing while a file and its expected digest change together.
    change: RwLock<()>,
}

impl Published {
    /// The file at `path` should have `digest`.
    pub(crate) fn expect(&self, path: &str, digest: &Digest) {
        let mut entries = self.entries.lock();
        let known = entries.get(path).is_some_and(|entry| entry.digest == *digest);
        if !known {
            entries.insert(path.to_owned(), Entry { digest: digest.clone(), read: None });
        }
    }

    /// Publishes a file and what it should be as one step: nobody sees the one without the other. Blocking.
    pub(crate) fn publish(&self, draft: Draft, name: &str) -> Result<Stored, StoreError> {
        draft.sync()?;
        let _changing = self.change.write();
        let stored = draft.publish(name)?;
        self.expect(&stored.path, &stored.digest);
        if let Some((folder, _)) = stored.path.rsplit_once('/') {
            self.latest.lock().insert(folder.to_owned(), stored.clone());
        }
        Ok(stored)
    }

    /// The artifact that was published last in the folder of `path`. A status that was written without an answer
    /// names it, although the copy at hand still names its predecessor, which may have the same path.
    pub(crate) fn latest(&self, path: &str) -> Option<Stored> {
        self.latest.lock().get(path.rsplit_once('/')?.0).cloned()
    }

    /// Looks at files while none is being published. Blocking.
    pub(crate) fn steady<T>(&self, look: impl FnOnce() -> T) -> T {
        let _steady = self.change.read();
        look()
    }

    /// Whether the file at `path` need not be read again.
    #[cfg(test)]
    pub(crate) fn is_known(&self, path: &str) -> bool {
        self.entries.lock().get(path).is_some_and(|entry| entry.read.is_some())
    }

    /// The digest that the file at `path` should have.
    pub(crate) fn expected(&self, path: &str) -> Option<Digest> {
        self.entries.lock().get(path).map(|entry| entry.digest.clone())
    }

    /// Forgets all files below `prefix` but `current`.
    pub(crate) fn forget(&self, prefix: &str, current: Option<&str>) {
        if current.is_none() {
            self.latest.lock().remove(prefix);
        }
        let mut entries = self.entries.lock();
        entries.retain(|path, _| {
            let below = path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
            !below || Some(path.as_str()) == current
        });
    }

    /// Compares the file with what it should be, and remembers that it was read once its stamps tell it from any later
    /// one. Blocking.
    pub(crate) fn verify(&self, storage: &Store, path: &str, digest: &Digest) -> Result<Verdict, StoreError> {
        self.verify_at(storage, path, digest, SystemTime::now())
    }

    pub(crate) fn verify_at(
        &self,
        storage: &Store,
        path: &str,
        digest: &Digest,
        now: SystemTime,
    ) -> Result<Verdict, StoreError> {
        self.expect(path, digest);
        let known = self.entries.lock().get(path).and_then(|entry| entry.read);
        let known = known.filter(|(_, at)| at.elapsed() < READ_AGAIN);
        let check = storage.check(path, digest, known.as_ref().map(|(identity, _)| identity))?;
        Ok(match check {
            Check::Intact(identity) => {
                if known.is_none_or(|(known, _)| known != identity)
                    && identity.is_settled(now)
                    && let Some(entry) = self.entries.lock().get_mut(path)
                    && entry.digest == *digest
                {
                    entry.read = Some((identity, Instant::now()));
                }
                Verdict::Intact
            }
            Check::Missing => Verdict::Missing,
            Check::Differs(actual) => Verdict::Differs(actual),
        })
    }
}
