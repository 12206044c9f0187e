//! Who goes first: runs that may have something to apply, and heals, before the status writes of runs that found nothing to
//! do. A commit that touches one of many Kustomizations is applied before the others say that they have looked at it.
//!
//! It orders and delays; nobody is kept from anything for longer than [`PATIENCE`].

use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::Instant;

/// How long a write yields.
const PATIENCE: Duration = Duration::from_secs(2);
/// Such writes at a time. They are one small request each; more at a time would only fill the API server's queue, where
/// everybody's requests wait.
const WRITES: usize = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct Precedence {
    /// How many go first at present.
    ahead: watch::Sender<usize>,
    places: Semaphore,
}

impl Default for Precedence {
    fn default() -> Self {
        Self { ahead: watch::Sender::new(0), places: Semaphore::new(WRITES) }
    }
}

/// Goes first, until it is dropped.
#[must_use = "it goes first until it is dropped"]
#[derive(Debug)]
pub(crate) struct Ahead<'p>(&'p Precedence);

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.0.ahead.send_modify(|ahead| *ahead = ahead.saturating_sub(1));
    }
}

/// Leave for one write; given back on drop.
#[must_use = "the leave is given back when it is dropped"]
#[derive(Debug)]
pub(crate) struct Leave<'p> {
    _place: Option<SemaphorePermit<'p>>,
}

impl Precedence {
    /// Something goes first from now on.
    pub(crate) fn go_ahead(&self) -> Ahead<'_> {
        self.ahead.send_modify(|ahead| *ahead += 1);
        Ahead(self)
    }

    /// Waits until nobody goes first, or for so long as a write may be put off.
    pub(crate) async fn yield_to_all(&self) -> Leave<'_> {
        let deadline = Instant::now() + PATIENCE;
        // Never closed.
        let place = self.places.acquire().await.ok();
        let mut ahead = self.ahead.subscribe();
        let nobody = ahead.wait_for(|ahead: &usize| *ahead == 0);
        // Neither end means that the write must not be made.
        drop(tokio::time::timeout_at(deadline, nobody).await);
        Leave { _place: place }
    }
}

#[cfg(test)]
mod tests;
