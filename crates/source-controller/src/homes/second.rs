//! An object store as the second home of artifacts: what is put there under which key, and what is removed.
//! A store that fails holds nobody up: the artifact is published, and put there at a later run.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use artifact::store::gc::{Kept, Others};
use artifact::store::{Place, Store};
use cluster::Fence;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::remote::{Listed, Remote, Unsent};
use super::{Body, Wanted};

/// A key is not removed before it is so old: whoever has just begun to lead may not know yet what it is for.
const GRACE: i64 = 3600;
/// After a failure the store is left alone for so long.
const REST: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct SecondHome {
    remote: Arc<dyn Remote>,
    /// What all keys begin with: empty, or with a slash at the end.
    prefix: String,
    /// Before what is removed; `None` without an election.
    fence: Option<Fence>,
    /// What is known to be there, by folder.
    there: Mutex<HashMap<String, String>>,
    rests: Mutex<Option<Instant>>,
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
        Self { remote, prefix, fence, there: Mutex::default(), rests: Mutex::default() }
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
        self.remote.get(&self.key(wanted)).await
    }

    /// Puts a file there that is not known to be. Failures are logged, and made good at a later run.
    pub(crate) async fn keep(&self, storage: &Store, wanted: &Wanted) -> Option<Untidy> {
        let (place, _) = wanted.place()?;
        let (current, folder) = (self.key(wanted), self.folder(&place));
        if self.there.lock().get(&folder) == Some(&current) || self.is_resting() {
            return None;
        }
        // What is not here is the reconciler's to make, and says nothing about the store.
        let file = storage.locate(&wanted.path).ok()?;
        let size = tokio::fs::metadata(&file).await.ok()?.len();
        match self.put((&file, size), &folder, &current).await {
            Ok(listed) => {
                self.there.lock().insert(folder, current.clone());
                Some(Untidy { place, current, listed })
            }
            Err(error) => {
                *self.rests.lock() = Some(Instant::now() + REST);
                tracing::error!(path = wanted.path, %error, "the artifact could not be put into the object store");
                None
            }
        }
    }

    async fn put(&self, (file, size): (&Path, u64), folder: &str, key: &str) -> Result<Vec<Listed>, Unsent> {
        let listed = self.remote.list(folder).await?;
        if listed.iter().any(|listed| listed.key == key) {
            return Ok(listed);
        }
        self.remote.put(key, file, size).await?;
        Ok(listed)
    }

    fn is_resting(&self) -> bool {
        self.rests.lock().is_some_and(|until| Instant::now() < until)
    }

    /// Removes the keys of an object that nobody needs any more.
    pub(crate) async fn tidy(&self, storage: &Store, untidy: Untidy, kept: &Kept, now: Timestamp) {
        let Untidy { place, current, listed } = untidy;
        let (storage, folder) = (storage.clone(), self.folder(&place));
        let files = tokio::task::spawn_blocking(move || storage.files(&place)).await;
        let Ok(Ok(files)) = files else { return };
        let files = files.into_iter().collect();
        for key in needless(&folder, &current, &listed, &files, kept, now) {
            self.remove(key).await;
        }
    }

    /// Removes everything of an object that is gone. What cannot be removed costs room, and holds nobody up.
    pub(crate) async fn remove_all(&self, place: &Place) {
        let folder = self.folder(place);
        self.there.lock().remove(&folder);
        match self.remote.list(&folder).await {
            Ok(listed) => {
                for Listed { key, .. } in listed {
                    self.remove(&key).await;
                }
            }
            Err(error) => tracing::error!(folder, %error, "keys of the object store could not be listed"),
        }
    }

    async fn remove(&self, key: &str) {
        if self.fence.as_ref().is_some_and(|fence| fence.check(Fence::clock()).is_err()) {
            return;
        }
        if let Err(error) = self.remote.delete(key).await {
            tracing::error!(key, %error, "a key of the object store could not be removed");
        }
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
        listed.modified.is_some_and(|modified| now.as_second().saturating_sub(modified.as_second()) > GRACE)
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
