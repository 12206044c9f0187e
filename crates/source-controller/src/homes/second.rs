//! An object store as the second home of artifacts: what is put there under which key, and what is removed.
//! A store that fails holds nobody up: the artifact is published, and put there at a later run.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use artifact::store::gc::{Kept, Others};
use artifact::store::{Place, Store};
use cluster::Fence;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::remote::{Listed, Page, Remote};
use super::wanted::{Body, Unsent, Wanted};

/// A key is not removed before it is so old, and not before this replica has worked for so long: whoever has just begun may
/// not know yet what it is for.
const GRACE: Duration = Duration::from_secs(3600);
/// A key that was found is looked for again after this: others write there, too.
const LOOK_AGAIN: Duration = Duration::from_secs(3600);
/// After a failure the store is left alone for so long.
const REST: Duration = Duration::from_secs(30);
/// The end of an object does not wait longer for its keys.
const REMOVAL: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct SecondHome {
    remote: Arc<dyn Remote>,
    /// What all keys begin with: empty, or with a slash at the end.
    prefix: String,
    /// Before what is removed; `None` without an election.
    fence: Option<Fence>,
    /// What is known of current keys, by folder.
    known: Mutex<HashMap<String, Known>>,
    rests: Mutex<Option<Instant>>,
    /// When the first file was kept, which only a replica that works does.
    works: OnceLock<Instant>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    key: String,
    /// When it was found or put there; `None` if it has other content.
    there: Option<Instant>,
}

/// What is in an object's folder of the store, to be tidied once the status is written.
#[derive(Debug)]
#[must_use = "keys that nobody needs stay otherwise"]
pub(crate) struct Untidy {
    place: Place,
    /// The key of the artifact.
    current: String,
    listed: Vec<Listed>,
}

impl SecondHome {
    /// In a store, below `prefix`.
    pub(crate) fn new(remote: Arc<dyn Remote>, prefix: &str, fence: Option<Fence>) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let (known, rests, works) = (Mutex::default(), Mutex::default(), OnceLock::new());
        Self { remote, prefix, fence, known, rests, works }
    }

    /// The key of a file: with its digest, so that a key has one content for ever.
    fn key(&self, wanted: &Wanted) -> String {
        let digest = &wanted.digest;
        format!("{}{}/{}-{}", self.prefix, wanted.path, digest.algorithm().as_str(), digest.hex())
    }

    /// The keys of an object begin so.
    fn folder(&self, place: &Place) -> String {
        format!("{}{}", self.prefix, place.path_of(""))
    }

    /// A file, if it is there.
    pub(super) async fn get(&self, wanted: &Wanted) -> Result<Option<Body>, Unsent> {
        let got = self.remote.get(&self.key(wanted)).await;
        if got.is_err() {
            self.rest();
        }
        got
    }

    /// What is there is not the file: it is put there again, whatever is listed.
    pub(super) fn is_wrong(&self, wanted: &Wanted) {
        let Some((place, _)) = wanted.place() else { return };
        let known = Known { key: self.key(wanted), there: None };
        self.known.lock().insert(self.folder(&place), known);
    }

    /// Puts a file there that is not known to be. Failures are logged, and made good at a later run.
    pub(crate) async fn keep(&self, storage: &Store, wanted: &Wanted) -> Option<Untidy> {
        let (place, _) = wanted.place()?;
        let (current, folder) = (self.key(wanted), self.folder(&place));
        self.works.get_or_init(Instant::now);
        let known = self.known.lock().get(&folder).filter(|known| known.key == current).cloned();
        let is_fresh = |known: &Known| known.there.is_some_and(|there| there.elapsed() < LOOK_AGAIN);
        if known.as_ref().is_some_and(is_fresh) || self.is_resting() {
            return None;
        }
        let is_wrong = known.is_some_and(|known| known.there.is_none());
        // What is not here is the reconciler's to make, and says nothing about the store.
        let file = storage.locate(&wanted.path).ok()?;
        let size = tokio::fs::metadata(&file).await.ok()?.len();
        match self.put(wanted, (&file, size), &folder, is_wrong).await {
            Ok(listed) => {
                let known = Known { key: current.clone(), there: Some(Instant::now()) };
                self.known.lock().insert(folder, known);
                Some(Untidy { place, current, listed })
            }
            Err(error) => {
                self.rest();
                tracing::error!(path = wanted.path, %error, "the artifact could not be put into the object store");
                None
            }
        }
    }

    async fn put(
        &self,
        wanted: &Wanted,
        (file, size): (&Path, u64),
        folder: &str,
        is_wrong: bool,
    ) -> Result<Vec<Listed>, Unsent> {
        let key = self.key(wanted);
        let Page { keys, .. } = self.remote.list(folder).await?;
        if is_wrong || !keys.iter().any(|listed| listed.key == key) {
            self.remote.put(&key, file, size, &wanted.digest).await?;
        }
        Ok(keys)
    }

    /// Whether it failed just now.
    pub(super) fn is_resting(&self) -> bool {
        self.rests.lock().is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self) {
        *self.rests.lock() = Some(Instant::now() + REST);
    }

    /// Removes the keys of an object that nobody needs any more.
    pub(crate) async fn tidy(&self, storage: &Store, untidy: Untidy, kept: &Kept, now: Timestamp) {
        if self.works.get().is_none_or(|works| works.elapsed() < GRACE) {
            return;
        }
        let Untidy { place, current, listed } = untidy;
        let (storage, folder) = (storage.clone(), self.folder(&place));
        let files = tokio::task::spawn_blocking(move || storage.files(&place)).await;
        let Ok(Ok(files)) = files else { return };
        let files = files.into_iter().collect();
        for key in needless(&folder, &current, &listed, &files, kept, now) {
            if let Err(error) = self.remove(key).await {
                tracing::error!(key, %error, "a key of the object store could not be removed");
                return;
            }
        }
    }

    /// The object is not this replica's any more, which may mean that it is another shard's: its keys stay.
    pub(crate) fn forget(&self, place: &Place) {
        self.known.lock().remove(&self.folder(place));
    }

    /// Removes everything of an object that is being deleted. What cannot be removed costs room, and holds nobody up.
    pub(crate) async fn remove_all(&self, place: &Place) {
        self.forget(place);
        let folder = self.folder(place);
        let removed = if self.is_resting() {
            Err(Unsent("the object store failed just now".to_owned()))
        } else {
            let removed = tokio::time::timeout(REMOVAL, self.remove_listed(&folder)).await;
            removed.unwrap_or_else(|_| {
                self.rest();
                Err(Unsent("it takes too long".to_owned()))
            })
        };
        if let Err(error) = removed {
            tracing::error!(folder, %error, "keys of a deleted object stay in the object store");
        }
    }

    async fn remove_listed(&self, folder: &str) -> Result<(), Unsent> {
        let mut before = None;
        loop {
            let listed = self.remote.list(folder).await;
            let Page { keys, is_truncated } = listed.inspect_err(|_| self.rest())?;
            let first = keys.first().map(|listed| listed.key.clone());
            if first.is_some() && first == before {
                return Err(Unsent("what was removed is listed still".to_owned()));
            }
            for Listed { key, .. } in &keys {
                self.remove(key).await?;
            }
            if first.is_none() || !is_truncated {
                return Ok(());
            }
            before = first;
        }
    }

    async fn remove(&self, key: &str) -> Result<(), Unsent> {
        if let Some(fence) = &self.fence {
            fence.check(Fence::clock()).map_err(|fenced| Unsent(fenced.to_string()))?;
        }
        self.remote.delete(key).await.inspect_err(|_| self.rest())
    }
}

/// The keys that may go: of files that are neither in the folder nor run by anybody, and former contents of the current
/// file. Pure.
fn needless<'a>(
    folder: &str,
    current: &str,
    listed: &'a [Listed],
    files: &BTreeSet<String>,
    kept: &Kept,
    now: Timestamp,
) -> Vec<&'a str> {
    if kept.others != Others::Free {
        return Vec::new();
    }
    let current_file = current.rsplit_once('/').map_or("", |(file, _)| file);
    let is_old = |listed: &Listed| {
        let age = |modified: Timestamp| now.as_second().saturating_sub(modified.as_second());
        listed.modified.is_some_and(|modified| age(modified) > GRACE.as_secs().cast_signed())
    };
    let is_needed = |key: &str| {
        let Some((path, _)) = key.rsplit_once('/') else { return true };
        // What is not ours is left alone.
        let Some(file) = path.strip_prefix(folder).filter(|file| !file.contains('/')) else { return true };
        key == current || (path != current_file && (files.contains(file) || kept.needed.contains(file)))
    };
    let may_go = |listed: &&Listed| is_old(listed) && !is_needed(&listed.key);
    listed.iter().filter(may_go).map(|listed| listed.key.as_str()).collect()
}

#[cfg(test)]
pub(crate) mod tests;
