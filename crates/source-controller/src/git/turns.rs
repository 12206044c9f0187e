//! Turns: how many fetches there are at a time, of all, of one namespace and at one host, and how many of them may need
//! much memory. Waiting costs no thread. What a fetch does is `clone`'s.
//!
//! A turn is taken in the order namespace, host, all: who waits for a busy host holds turns of its own namespace only.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[cfg(test)]
mod tests;

/// Fetches at a time; each has a thread.
const ALL: usize = 48;
/// Fetches of one namespace at a time.
const PER_NAMESPACE: usize = 8;
/// Fetches that one host gets at a time, whatever its ports.
const PER_HOST: usize = 16;
/// Fetches at a time that need much memory.
const LARGE: usize = 2;
/// Of those, such of one namespace.
const LARGE_PER_NAMESPACE: usize = 1;

/// All turns.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    large: Arc<Semaphore>,
    namespaces: Shares,
    large_namespaces: Shares,
    hosts: Shares,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(ALL)),
            large: Arc::new(Semaphore::new(LARGE)),
            namespaces: Shares::new(PER_NAMESPACE),
            large_namespaces: Shares::new(LARGE_PER_NAMESPACE),
            hosts: Shares::new(PER_HOST),
        }
    }
}

/// Leave to fetch, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _permits: Vec<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for a turn of an object in `namespace` at the URL's host.
    pub(super) async fn turn(&self, namespace: &str, url: &Url) -> Turn {
        let host = url.host_str().unwrap_or_default();
        take(&[self.namespaces.of(namespace), self.hosts.of(host), Arc::clone(&self.all)]).await
    }

    /// Where a fetch of `namespace` asks for leave to need much memory.
    pub(super) fn large(&self, namespace: &str) -> Large {
        Large([self.large_namespaces.of(namespace), Arc::clone(&self.large)])
    }
}

/// Where one fetch asks for leave to need much memory.
#[derive(Clone, Debug)]
pub(super) struct Large([Arc<Semaphore>; 2]);

impl Large {
    /// Waits for it.
    pub(super) async fn turn(&self) -> Turn {
        take(&self.0).await
    }
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
