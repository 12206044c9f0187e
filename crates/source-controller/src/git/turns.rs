//! Turns: how many fetches there are at a time, of all, of one namespace and at one host, and how many of them may need
//! much memory. Waiting costs no thread. What a fetch does is `clone`'s.
//!
//! A turn is taken in the order namespace, host, all: who waits for a busy host holds turns of its own namespace only.
//! Leave to need much memory comes before it, and the memory itself after it: who has a turn waits for nobody who has
//! none.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[cfg(test)]
mod tests;

/// Fetches of one namespace at a time.
const PER_NAMESPACE: usize = 8;
/// Fetches that one host gets at a time, whatever its ports.
const PER_HOST: usize = 16;
/// Fetches at a time that need much memory.
const LARGE: usize = 2;
/// Of those, such of one namespace.
const LARGE_PER_NAMESPACE: usize = 1;

/// All turns.
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    large: Arc<Semaphore>,
    namespaces: Shares,
    large_namespaces: Shares,
    hosts: Shares,
}

impl Turns {
    /// For so many fetches at a time; each has a thread.
    pub(crate) fn new(all: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            large: Arc::new(Semaphore::new(LARGE)),
            namespaces: Shares::new(PER_NAMESPACE),
            large_namespaces: Shares::new(LARGE_PER_NAMESPACE),
            hosts: Shares::new(PER_HOST),
        }
    }

    /// Waits for a turn of an object in `namespace` at the URL's host.
    pub(crate) async fn turn(&self, namespace: &str, url: &Url) -> Turn {
        let host = url.host_str().unwrap_or_default();
        take(&[self.namespaces.of(namespace), self.hosts.of(host), Arc::clone(&self.all)]).await
    }

    /// Waits for leave of an object in `namespace` to need much memory.
    pub(crate) async fn large(&self, namespace: &str) -> Turn {
        take(&[self.large_namespaces.of(namespace), Arc::clone(&self.large)]).await
    }
}

/// Leave to fetch, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permits: Vec<OwnedSemaphorePermit>,
}

async fn take(from: &[Arc<Semaphore>]) -> Turn {
    let mut permits = Vec::with_capacity(from.len());
    for turns in from {
        // These are never closed; if one were, it would limit nothing.
        permits.extend(Arc::clone(turns).acquire_owned().await.ok());
    }
    Turn { _permits: permits }
}

/// Turns by name. Names that nobody uses are forgotten.
struct Shares {
    most: usize,
    known: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Shares {
    fn new(most: usize) -> Self {
        Self { most, known: Mutex::default() }
    }

    fn of(&self, name: &str) -> Arc<Semaphore> {
        let mut known = self.known.lock();
        known.retain(|_, turns| Arc::strong_count(turns) > 1);
        let share = known.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.most)));
        Arc::clone(share)
    }
}
