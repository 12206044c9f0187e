//! What the files of the storage are supposed to be: read in full once, and again only when the file on disk is no
//! longer the one that was read, or after an hour. Shared by the reconcilers, which publish, and the server.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use artifact::store::{Check, Draft, Identity, Place, Store, Stored};
use artifact::{Digest, StoreError};
use parking_lot::{Mutex, RwLock};

#[cfg(test)]
mod tests;

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
        if let Some(folder) = folder_of(&stored.path) {
            self.latest.lock().insert(folder.to_owned(), stored.clone());
        }
        Ok(stored)
    }

    /// The file at `path` should have `digest`, unless something else is known of it.
    pub(crate) fn expect_first(&self, path: &str, digest: &Digest) {
        let entry = || Entry { digest: digest.clone(), read: None };
        self.entries.lock().entry(path.to_owned()).or_insert_with(entry);
    }

    /// Gives a file of somebody else its name, which was held against `digest`; false when another file is expected there by
    /// now, or none. Blocking.
    pub(crate) fn adopt(&self, draft: Draft, path: &str, digest: &Digest) -> Result<bool, StoreError> {
        let Some((_, name)) = path.rsplit_once('/') else {
            return Err(StoreError::InvalidPath(path.to_owned()));
        };
        draft.sync()?;
        let _changing = self.change.write();
        if self.expected(path).as_ref() != Some(digest) {
            return Ok(false);
        }
        draft.publish(name)?;
        Ok(true)
    }

    /// The artifact that was published last in the folder of `path`. A status that was written without an answer
    /// names it, although the copy at hand still names its predecessor, which may have the same path.
    pub(crate) fn latest(&self, path: &str) -> Option<Stored> {
        self.latest.lock().get(folder_of(path)?).cloned()
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

    /// Forgets all files of a place, whose object is gone.
    pub(crate) fn forget(&self, place: &Place) {
        let below = folder(place);
        self.latest.lock().remove(&below);
        self.entries.lock().retain(|path, _| folder_of(path) != Some(below.as_str()));
    }

    /// Forgets the files of a place that are no longer there, because retention removed them. What is kept of former
    /// revisions is served, and stays known. Blocking.
    pub(crate) fn forget_missing(&self, storage: &Store, place: &Place) {
        let below = folder(place);
        let is_there = |path: &str| storage.locate(path).is_ok_and(|file| file.exists());
        self.entries.lock().retain(|path, _| folder_of(path) != Some(below.as_str()) || is_there(path));
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
        self.compare_at(storage, path, digest, now)
    }

    /// As [`Self::verify`], of a file that is not what is expected from now on. Blocking.
    pub(crate) fn compare(
        &self,
        storage: &Store,
        path: &str,
        digest: &Digest,
    ) -> Result<Verdict, StoreError> {
        self.compare_at(storage, path, digest, SystemTime::now())
    }

    fn compare_at(
        &self,
        storage: &Store,
        path: &str,
        digest: &Digest,
        now: SystemTime,
    ) -> Result<Verdict, StoreError> {
        let read = |entry: &Entry| entry.read.filter(|_| entry.digest == *digest);
        let known = self.entries.lock().get(path).and_then(read);
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

/// The folder of a place as artifact paths begin with it, without a slash at the end.
fn folder(place: &Place) -> String {
    place.path_of("").trim_end_matches('/').to_owned()
}

fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}
