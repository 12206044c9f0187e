//! One fetch, one verification and one unpacked tree per digest, shared by all who ask (architecture D7).
//! Bounded by bytes: trees that nobody used for longest go first; one that is in use is found again even then.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use futures::FutureExt as _;
use futures::future::{BoxFuture, WeakShared};
use parking_lot::Mutex;

use crate::digest::Digest;
use crate::error::{FetchError, UnpackError};
use crate::tree::MemTree;
use crate::{fetch, unpack};

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

/// The cache. Cheap to clone.
#[derive(Clone)]
pub struct ArtifactCache {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: HashMap<Digest, Kept>,
    /// Trees that were let go but may still be in use.
    in_use: HashMap<Digest, Weak<MemTree>>,
    flights: HashMap<(String, Digest), WeakShared<Flight>>,
    bytes: u64,
    /// Counts uses; a tree's age is not a matter of time, and what a digest names never changes.
    clock: u64,
    fetches: u64,
}

struct Kept {
    tree: Arc<MemTree>,
    used: u64,
}

impl ArtifactCache {
    /// An empty cache that fetches with `client`.
    pub fn new(client: reqwest::Client, options: Options) -> Self {
        Self { inner: Arc::new(Inner { client, options, state: Mutex::default() }) }
    }

    /// The tree of the artifact with `digest`, fetched from `url` unless it is known. Callers that ask at the same
    /// time share one fetch and its result; one that stops waiting does not disturb the others.
    pub async fn get(&self, url: &str, digest: &str) -> Outcome {
        let digest = Digest::parse(digest)?;
        let flight = {
            let mut state = self.inner.state.lock();
            if let Some(tree) = state.find(&digest) {
                return Ok(tree);
            }
            let key = (url.to_owned(), digest);
            match state.flights.get(&key).and_then(WeakShared::upgrade) {
                Some(flight) => flight,
                None => {
                    let flight = Arc::clone(&self.inner).fetch(key.clone()).boxed().shared();
                    if let Some(weak) = flight.downgrade() {
                        state.flights.insert(key, weak);
                    }
                    flight
                }
            }
        };
        flight.await
    }

    /// Bytes of the trees that are kept.
    pub fn bytes(&self) -> u64 {
        self.inner.state.lock().bytes
    }

    /// How many fetches were begun so far.
    pub fn fetches(&self) -> u64 {
        self.inner.state.lock().fetches
    }
}

impl Inner {
    async fn fetch(self: Arc<Self>, key: (String, Digest)) -> Outcome {
        self.state.lock().fetches += 1;
        let outcome = self.load(&key.0, &key.1).await;
        let mut state = self.state.lock();
        state.flights.remove(&key);
        state.flights.retain(|_, flight| flight.upgrade().is_some());
        if let Ok(tree) = &outcome {
            state.keep(key.1, Arc::clone(tree), self.options.bytes);
        }
        outcome
    }

    async fn load(&self, url: &str, digest: &Digest) -> Outcome {
        let archive = fetch::fetch(&self.client, url, digest, &self.options.fetch).await?;
        let limits = self.options.unpack;
        let unpacked = tokio::task::spawn_blocking(move || unpack::unpack(&archive, &limits)).await;
        match unpacked {
            Ok(tree) => Ok(Arc::new(tree?)),
            Err(_) => Err(UnpackError::Malformed("the reader failed".to_owned()).into()),
        }
    }
}

impl State {
    fn find(&mut self, digest: &Digest) -> Option<Arc<MemTree>> {
        self.clock += 1;
        if let Some(kept) = self.kept.get_mut(digest) {
            kept.used = self.clock;
            return Some(Arc::clone(&kept.tree));
        }
        self.in_use.get(digest).and_then(Weak::upgrade)
    }

    fn keep(&mut self, digest: Digest, tree: Arc<MemTree>, limit: u64) {
        if tree.cost() > limit {
            self.in_use.insert(digest, Arc::downgrade(&tree));
            return;
        }
        self.clock += 1;
        self.bytes += tree.cost();
        if let Some(before) = self.kept.insert(digest, Kept { tree, used: self.clock }) {
            self.bytes -= before.tree.cost();
        }
        while self.bytes > limit {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(digest, _)| digest.clone());
            let Some(digest) = oldest else { break };
            let Some(kept) = self.kept.remove(&digest) else { break };
            self.bytes -= kept.tree.cost();
            self.in_use.insert(digest, Arc::downgrade(&kept.tree));
        }
        self.in_use.retain(|_, tree| tree.strong_count() > 0);
    }
}

#[cfg(test)]
mod tests;
