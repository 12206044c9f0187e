//! One fetch, one verification and one unpacked tree per digest, shared by all who may have it (architecture D7).
//! Bounded by bytes: trees that nobody used for longest go first; one that is in use is found again even then. A tree of
//! which a source has a newer one is not kept at all: nobody begins with it any more.
//!
//! A digest is no key to what it names: a tree is given to who names an address from which these very bytes came
//! before, and otherwise to who has them fetched. So an object that names another tenant's digest gets nothing by it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, WeakShared};
use manifest::budget::{self, Budget, EndsWith, Reserve};
use parking_lot::Mutex;

use crate::digest::Digest;
use crate::error::{FetchError, UnpackError};
use crate::fetch::{Account, Download, shown};
use crate::gate::{Gate, Unbounded};
use crate::tree::MemTree;
use crate::{fetch, unpack};

mod state;

use state::State;

type Outcome = Result<Arc<MemTree>, FetchError>;
type Flight = BoxFuture<'static, Outcome>;

/// What the cache may keep and how it fetches.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most bytes of trees kept without a user.
    pub bytes: u64,
    /// How artifacts are fetched.
    pub fetch: fetch::Limits,
    /// What an archive may cost.
    pub unpack: unpack::Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { bytes: 64 << 20, fetch: fetch::Limits::default(), unpack: unpack::Limits::default() }
    }
}

/// An artifact that somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The namespace of its source, which takes its turn at the memory.
    pub namespace: &'a str,
    /// Whose it is now, under one name: what was wanted under it before is not kept for it.
    pub source: &'a str,
    /// Where it lies.
    pub url: &'a str,
    /// What it is.
    pub digest: &'a str,
    /// How long it is waited for, memory and further tries included.
    pub within: Duration,
}

/// The cache. Cheap to clone.
#[derive(Clone)]
pub struct ArtifactCache {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    options: Options,
    gate: Arc<dyn Gate>,
    state: Mutex<State<WeakShared<Flight>>>,
}

impl ArtifactCache {
    /// An empty cache that fetches with `client` and takes as much memory as it needs.
    pub fn new(client: reqwest::Client, options: Options) -> Self {
        Self::with_gate(client, options, Arc::new(Unbounded))
    }

    /// An empty cache whose downloads and trees lie in memory of `gate`.
    pub fn with_gate(client: reqwest::Client, options: Options, gate: Arc<dyn Gate>) -> Self {
        Self { inner: Arc::new(Inner { client, options, gate, state: Mutex::default() }) }
    }

    /// The tree of the artifact with `digest`, fetched from `url` unless it is known from there. Callers that ask at
    /// the same time share one fetch and its result; one that stops waiting does not disturb the others.
    ///
    /// # Errors
    /// Whatever keeps the artifact from being had.
    pub async fn get(&self, url: &str, digest: &str) -> Outcome {
        self.find(Wanted { namespace: "", source: url, url, digest, within: Duration::MAX }).await
    }

    /// As [`Self::get`], for somebody who does not wait for ever.
    ///
    /// # Errors
    /// Whatever keeps the artifact from being had, or from being had in time.
    pub async fn find(&self, wanted: Wanted<'_>) -> Outcome {
        let digest = Digest::parse(wanted.digest)?;
        let replaced = self.inner.state.lock().now_of(wanted.source, &digest);
        // Its memory is given back without the lock, and before the next takes some.
        drop(replaced);
        let flight = {
            let mut state = self.inner.state.lock();
            if let Some(tree) = state.find(wanted.url, &digest) {
                return Ok(tree);
            }
            let key = (wanted.url.to_owned(), digest);
            match state.flights.get(&key).and_then(WeakShared::upgrade) {
                Some(flight) => flight,
                None => {
                    let inner = Arc::clone(&self.inner);
                    let flight = inner.fetch(wanted.namespace.to_owned(), key.clone()).boxed().shared();
                    if let Some(weak) = flight.downgrade() {
                        state.flights.insert(key, weak);
                    }
                    flight
                }
            }
        };
        tokio::time::timeout(wanted.within, flight).await.unwrap_or_else(|_| {
            Err(FetchError::Deadline { url: shown(wanted.url), seconds: wanted.within.as_secs() })
        })
    }

    /// Bytes of the trees that are kept.
    pub fn bytes(&self) -> u64 {
        self.inner.state.lock().bytes
    }

    /// How many fetches were begun so far.
    pub fn fetches(&self) -> u64 {
        self.inner.state.lock().fetches
    }

    /// How many bytes of artifacts were received so far.
    pub fn received(&self) -> u64 {
        self.inner.state.lock().received
    }

    /// Lets go of the trees that nobody uses, whenever it is called. It does not keep the cache alive.
    pub fn relief(&self) -> impl Fn() + Send + Sync + 'static {
        let cache: Weak<Inner> = Arc::downgrade(&self.inner);
        move || {
            let Some(inner) = cache.upgrade() else { return };
            let idle = inner.state.lock().take_idle();
            // Their memory is given back without the lock.
            drop(idle);
        }
    }
}

impl Inner {
    async fn fetch(self: Arc<Self>, namespace: String, key: (String, Digest)) -> Outcome {
        self.state.lock().fetches += 1;
        let outcome = self.load(&namespace, &key.0, &key.1).await;
        let mut state = self.state.lock();
        state.flights.remove(&key);
        state.flights.retain(|_, flight| flight.upgrade().is_some());
        let tree = outcome?;
        Ok(state.keep(&key.0, key.1, tree, self.options.bytes))
    }

    /// Fetches and unpacks. Where memory ran short all is given back, and tried again in line for more of it.
    async fn load(&self, namespace: &str, url: &str, digest: &Digest) -> Outcome {
        let mut account = Account { gate: self.gate.as_ref(), namespace, needs: 0 };
        loop {
            let limits = &self.options.fetch;
            let download = fetch::download(&self.client, url, digest, limits, &mut account).await?;
            // The bytes are here: who has them may have what they are known to be.
            self.state.lock().received += download.bytes.len() as u64;
            if let Some(tree) = self.state.lock().find_any(digest) {
                return Ok(tree);
            }
            match self.unpack(download).await {
                Ok(tree) => return Ok(Arc::new(tree)),
                Err(UnpackError::Reserve) => account.raise(url)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn unpack(&self, download: Download) -> Result<MemTree, UnpackError> {
        let limits = self.options.unpack;
        let stop = EndsWith::default();
        let cancel = stop.0.clone();
        let unpacked = tokio::task::spawn_blocking(move || {
            let Download { bytes, reserved, size } = download;
            let reserve = Arc::clone(&reserved) as Arc<dyn Reserve>;
            let budget = Budget::reserved(budget::Limits::NONE, cancel, size, reserve);
            let tree = budget.hold(bytes.capacity() as u64).map_err(|_| UnpackError::Reserve);
            let mut tree = tree.and_then(|()| unpack::unpack_within(&bytes, &limits, &budget))?;
            drop((bytes, budget));
            tree.lie_in(reserved);
            Ok(tree)
        });
        let unpacked = unpacked.await;
        drop(stop);
        unpacked.unwrap_or_else(|_| Err(UnpackError::Malformed("the reader failed".to_owned())))
    }
}

#[cfg(test)]
mod tests;
