//! What a running job has in hand: a way to learn that it should end, and to ask for leave to work.
//!
//! It knows neither machine nor runtime, so everything below a job can take it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::metrics::{Metrics, Working};

#[cfg(test)]
mod tests;

/// A running job's handle on the runtime.
///
/// # Guarantees
/// - A cancellation is final, and all clones see it.
/// - Permits are given in the order in which they were asked for. A job that is cancelled gets none, even when one is
///   free.
///
/// # Assumptions
/// - A job holds one permit at most: with `--concurrent=1` it would wait for itself.
/// - A job that waits for something slow has dropped its permit before.
///
/// # Caveats
/// - To cancel is to ask. Nothing aborts the job, and a permit that was given stays with it until it is dropped.
#[derive(Clone)]
pub struct Control {
    token: CancellationToken,
    permits: Arc<Permits>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) const fn new(token: CancellationToken, permits: Arc<Permits>) -> Self {
        Self { token, permits }
    }

    /// Resolves once the job was asked to end.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the job was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The token itself, for code that takes one.
    pub const fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// One of the `--concurrent` permits; hold it only while working, never while waiting. `None` when the job is
    /// cancelled before its turn comes.
    pub async fn permit(&self) -> Option<Permit> {
        let Permits { semaphore, metrics, controller } = self.permits.as_ref();
        let waiting = metrics.as_ref().map(|metrics| metrics.queued(controller));
        let semaphore = Arc::clone(semaphore);
        let permit = tokio::select! {
            biased;
            () = self.token.cancelled() => return None,
            permit = semaphore.acquire_owned() => permit.ok()?,
        };
        Some(Permit { working: waiting.map(|waiting| waiting.begin()), _permit: permit })
    }
}

/// Leave to work; given back on drop.
#[must_use = "the permit is given back when it is dropped"]
#[derive(Debug)]
pub struct Permit {
    working: Option<Working>,
    _permit: OwnedSemaphorePermit,
}

impl Permit {
    /// When the work began, if it is measured.
    pub fn since(&self) -> Option<Instant> {
        self.working.as_ref().map(Working::since)
    }
}

/// The permits of one controller.
pub(crate) struct Permits {
    semaphore: Arc<Semaphore>,
    metrics: Option<Arc<Metrics>>,
    controller: &'static str,
}

impl Permits {
    /// At most `concurrent` (at least one) are out at a time.
    pub(crate) fn new(controller: &'static str, concurrent: usize, metrics: Option<Arc<Metrics>>) -> Self {
        Self { semaphore: Arc::new(Semaphore::new(concurrent.max(1))), metrics, controller }
    }
}
