//! Where else published files are beside this replica's folder (docs/design/0016): an object store, and the other
//! replicas. A file is brought from there only if it has the digest of the status, whoever sends it.
//!
//! When a file is brought is decided in `copies` and `reconcile::storage`; how an object store is asked in `remote`.

use std::sync::Arc;

use artifact::StoreError;
use artifact::store::Store;
use tokio_util::sync::CancellationToken;

use crate::published::{Published, Verdict};

pub(crate) mod peers;
pub(crate) mod remote;
pub(crate) mod s3;
mod second;
mod taking;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod turns;
mod wanted;

use peers::Peers;
pub(crate) use second::{SecondHome, Untidy};
use turns::Turns;
pub(crate) use wanted::{Body, Unsent, Wanted};

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
    turns: Turns<String>,
}

/// What became of a body that somebody sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// The file is in the folder.
    Whole,
    /// It did not come, or not whole.
    Nothing,
    /// It is something else.
    Wrong,
    /// Nobody needs the file any more.
    Needless,
}

impl Homes {
    /// This replica's folder, and nothing else.
    pub(crate) fn new(storage: Store, published: Arc<Published>) -> Self {
        Self { storage, published, peers: None, second: None, turns: Turns::default() }
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

    /// Sees to it that the file is in the folder, from wherever it can be had; only as long as it is what `published` expects
    /// there. Who has to know when nothing is written any more cancels it, and does not drop it.
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
        self.turns.take(&wanted.path, self.bring(wanted, cancelled)).await
    }

    async fn bring(&self, wanted: &Wanted, cancelled: &CancellationToken) -> Result<Restored, StoreError> {
        if self.is_there(wanted).await? {
            return Ok(Restored::Intact);
        }
        // A store that failed just now may take its time to fail again.
        let rests = self.second.as_ref().is_some_and(SecondHome::is_resting);
        let mut taken = Taken::Nothing;
        if !rests {
            taken = self.ask_second(wanted, cancelled).await?;
        }
        if matches!(taken, Taken::Nothing | Taken::Wrong) {
            taken = self.ask_peers(wanted, cancelled).await?;
        }
        if rests && taken == Taken::Nothing {
            taken = self.ask_second(wanted, cancelled).await?;
        }
        Ok(if taken == Taken::Whole { Restored::Intact } else { Restored::Nowhere })
    }

    async fn ask_second(&self, wanted: &Wanted, cancelled: &CancellationToken) -> Result<Taken, StoreError> {
        let Some(second) = &self.second else { return Ok(Taken::Nothing) };
        let asked = cancelled.run_until_cancelled(second.get(wanted)).await.unwrap_or(Ok(None));
        let body = asked.unwrap_or_else(|error| {
            tracing::warn!(path = wanted.path, %error, "the object store does not answer");
            None
        });
        let taken = self.takes(wanted, body, cancelled, "the object store").await?;
        if taken == Taken::Wrong {
            second.is_wrong(wanted);
        }
        Ok(taken)
    }

    async fn ask_peers(&self, wanted: &Wanted, cancelled: &CancellationToken) -> Result<Taken, StoreError> {
        let Some(peers) = &self.peers else { return Ok(Taken::Nothing) };
        for address in cancelled.run_until_cancelled(peers.addresses()).await.unwrap_or_default() {
            let asked = cancelled.run_until_cancelled(peers.get(address, wanted)).await.unwrap_or(Ok(None));
            let body = asked.unwrap_or_else(|error| {
                tracing::debug!(path = wanted.path, replica = %address, %error, "a replica does not answer");
                None
            });
            match self.takes(wanted, body, cancelled, "a replica").await? {
                Taken::Nothing | Taken::Wrong => {}
                taken => return Ok(taken),
            }
        }
        Ok(Taken::Nothing)
    }

    async fn is_there(&self, wanted: &Wanted) -> Result<bool, StoreError> {
        let (storage, published, wanted) =
            (self.storage.clone(), Arc::clone(&self.published), wanted.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let verdict = published.compare(&storage, &wanted.path, &wanted.digest);
            verdict.map(|verdict| verdict == Verdict::Intact)
        });
        looked.await.unwrap_or(Ok(false))
    }

    /// Takes what somebody sends, if it is the file.
    async fn takes(
        &self,
        wanted: &Wanted,
        body: Option<Body>,
        cancelled: &CancellationToken,
        from: &'static str,
    ) -> Result<Taken, StoreError> {
        let Some(body) = body else { return Ok(Taken::Nothing) };
        let taken = taking::take(&self.storage, &self.published, wanted, body, cancelled).await;
        let refused = match taken {
            Ok(()) => {
                tracing::info!(path = wanted.path, from, "a published artifact was brought back");
                return Ok(Taken::Whole);
            }
            Err(taking::Refused::Disk(error)) => return Err(error),
            Err(refused) => refused,
        };
        tracing::warn!(path = wanted.path, from, error = %refused, "what was sent is not taken");
        Ok(match refused {
            taking::Refused::Differs(_) | taking::Refused::TooLarge(_) => Taken::Wrong,
            taking::Refused::Outdated | taking::Refused::Ends => Taken::Needless,
            _ => Taken::Nothing,
        })
    }
}
