//! Where else published files are beside this replica's folder (docs/design/0016): an object store, and the other
//! replicas. A file is brought from there only if it has the digest of the status, whoever sends it.
//!
//! When a file is brought is decided in `copies` and `reconcile::storage`; how an object store is asked in `remote`.

use std::collections::HashMap;
use std::sync::Arc;

use api::Artifact;
use artifact::store::{Place, Store};
use artifact::{Digest, StoreError};
use futures::stream::BoxStream;
use hyper::body::Bytes;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::published::{Published, Verdict};

pub(crate) mod peers;
pub(crate) mod remote;
pub(crate) mod s3;
mod second;
mod taking;
#[cfg(test)]
pub(crate) mod tests;

use peers::Peers;
use remote::Unsent;
pub(crate) use second::{SecondHome, Untidy};

/// The content of a file, as it comes.
pub(crate) type Body = BoxStream<'static, Result<Bytes, Unsent>>;

/// A published file: where it lies, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `status.artifact.path`.
    pub(crate) path: String,
    /// `status.artifact.digest`.
    pub(crate) digest: Digest,
    /// `status.artifact.size`.
    pub(crate) size: Option<u64>,
}

impl Wanted {
    /// What a status names; `None` when it can be no file of ours.
    pub(crate) fn of(artifact: &Artifact) -> Option<Self> {
        let wanted = Self {
            path: artifact.path.clone(),
            digest: Digest::parse(&artifact.digest).ok()?,
            size: artifact.size.and_then(|size| u64::try_from(size).ok()),
        };
        wanted.place().is_some().then_some(wanted)
    }

    /// Its folder and its name in there.
    pub(crate) fn place(&self) -> Option<(Place, &str)> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let [kind, namespace, name, file] = parts.as_slice() else { return None };
        let place = Place::new(kind, namespace, name).ok()?;
        // The name is checked as those of objects are.
        Place::new(kind, namespace, file).ok().map(|_| (place, *file))
    }
}

/// What came of looking for a file elsewhere.
#[derive(Debug)]
pub(crate) enum Restored {
    /// It is in the folder, whether or not it had to be brought.
    Intact,
    /// Nobody has it.
    Nowhere,
}

/// See the module.
pub(crate) struct Homes {
    storage: Store,
    published: Arc<Published>,
    peers: Option<Peers>,
    second: Option<SecondHome>,
    /// One at a time brings a file.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Homes {
    /// This replica's folder, and nothing else.
    pub(crate) fn new(storage: Store, published: Arc<Published>) -> Self {
        Self { storage, published, peers: None, second: None, turns: Mutex::default() }
    }

    /// With other replicas.
    pub(crate) fn with_peers(self, peers: Option<Peers>) -> Self {
        Self { peers, ..self }
    }

    /// With an object store.
    pub(crate) fn with_second(self, second: Option<SecondHome>) -> Self {
        Self { second, ..self }
    }

    /// Whether files may be anywhere else.
    pub(crate) const fn is_empty(&self) -> bool {
        self.peers.is_none() && self.second.is_none()
    }

    /// The object store, if there is one.
    pub(crate) const fn second(&self) -> Option<&SecondHome> {
        self.second.as_ref()
    }

    /// Sees to it that the file is in the folder, from wherever it can be had. Who has to know when nothing is written any
    /// more cancels it, and does not drop it.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub(crate) async fn restore(
        &self,
        wanted: &Wanted,
        cancelled: &CancellationToken,
    ) -> Result<Restored, StoreError> {
        if self.is_empty() {
            return Ok(Restored::Nowhere);
        }
        let turn = Arc::clone(self.turns.lock().entry(wanted.path.clone()).or_default());
        let restored = {
            let _turn = turn.lock().await;
            self.bring(wanted, cancelled).await
        };
        let mut turns = self.turns.lock();
        // Here and in the table: nobody else waits for it.
        if Arc::strong_count(&turn) == 2 {
            turns.remove(&wanted.path);
        }
        restored
    }

    async fn bring(&self, wanted: &Wanted, cancelled: &CancellationToken) -> Result<Restored, StoreError> {
        if self.is_there(wanted).await? {
            return Ok(Restored::Intact);
        }
        if let Some(second) = &self.second {
            let asked = cancelled.run_until_cancelled(second.get(wanted)).await.unwrap_or(Ok(None));
            let body = asked.unwrap_or_else(|error| {
                tracing::warn!(path = wanted.path, %error, "the object store does not answer");
                None
            });
            if self.takes(wanted, body, cancelled, "the object store").await? {
                return Ok(Restored::Intact);
            }
        }
        let Some(peers) = &self.peers else { return Ok(Restored::Nowhere) };
        for address in cancelled.run_until_cancelled(peers.addresses()).await.unwrap_or_default() {
            let asked = cancelled.run_until_cancelled(peers.get(address, wanted)).await.unwrap_or(Ok(None));
            let body = asked.unwrap_or_else(|error| {
                tracing::debug!(path = wanted.path, replica = %address, %error, "a replica does not answer");
                None
            });
            if self.takes(wanted, body, cancelled, "a replica").await? {
                return Ok(Restored::Intact);
            }
        }
        Ok(Restored::Nowhere)
    }

    async fn is_there(&self, wanted: &Wanted) -> Result<bool, StoreError> {
        let (storage, published, wanted) =
            (self.storage.clone(), Arc::clone(&self.published), wanted.clone());
        let looked = tokio::task::spawn_blocking(move || {
            published.verify(&storage, &wanted.path, &wanted.digest).map(|verdict| verdict == Verdict::Intact)
        });
        looked.await.unwrap_or(Ok(false))
    }

    /// Whether a body that somebody sends is the file, which is in the folder then.
    async fn takes(
        &self,
        wanted: &Wanted,
        body: Option<Body>,
        cancelled: &CancellationToken,
        from: &'static str,
    ) -> Result<bool, StoreError> {
        let Some(body) = body else { return Ok(false) };
        let taken = taking::take(&self.storage, &self.published, wanted, body, cancelled).await;
        match taken {
            Ok(()) => {
                tracing::info!(path = wanted.path, from, "a published artifact was brought back");
                Ok(true)
            }
            Err(taking::Refused::Disk(error)) => Err(error),
            Err(refused) => {
                tracing::warn!(path = wanted.path, from, error = %refused, "what was sent is not the artifact");
                Ok(false)
            }
        }
    }
}
