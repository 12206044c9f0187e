//! What a running job has in hand: a way to learn that it should end, and to ask for leave to work.
//!
//! It knows neither machine nor runtime, so everything below a job can take it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::metrics::{Metrics, Working};
use crate::turns::{Place, Turns};

#[cfg(test)]
mod tests;

/// A running job's handle on the runtime.
///
/// # Guarantees
/// - A cancellation is final, and all clones see it.
/// - Permits go round over the namespaces that wait for one ([`Turns`]), and within a namespace to who has waited longest:
///   a namespace with many objects delays those of others by no more than a turn. A job that is cancelled gets none, even
///   when one is free.
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
    namespace: Arc<str>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

impl Control {
    /// Of a job for an object in this namespace.
    pub(crate) const fn new(token: CancellationToken, permits: Arc<Permits>, namespace: Arc<str>) -> Self {
        Self { token, permits, namespace }
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

    /// Whether jobs of other namespaces wait for a permit. Who holds one for long asks between two pieces of work, and
    /// gives it back for a turn.
    pub fn keeps_others_waiting(&self) -> bool {
        self.permits.turns.keeps_others_waiting(&self.namespace)
    }

    /// One of the `--concurrent` permits; hold it only while working, never while waiting. `None` when the job is
    /// cancelled before its turn comes.
    pub async fn permit(&self) -> Option<Permit> {
        let Permits { turns, metrics, controller } = self.permits.as_ref();
        let waiting = metrics.as_ref().map(|metrics| metrics.queued(controller));
        let place = tokio::select! {
            biased;
            () = self.token.cancelled() => return None,
            place = turns.take(&self.namespace) => place,
        };
        Some(Permit { working: waiting.map(|waiting| waiting.begin()), _place: place })
    }
}

/// Leave to work; given back on drop.
#[must_use = "the permit is given back when it is dropped"]
#[derive(Debug)]
pub struct Permit {
    working: Option<Working>,
    _place: Place,
}

impl Permit {
    /// When the work began, if it is measured.
    pub fn since(&self) -> Option<Instant> {
        self.working.as_ref().map(Working::since)
    }
}

/// The permits of one controller.
pub(crate) struct Permits {
    turns: Arc<Turns>,
    metrics: Option<Arc<Metrics>>,
    controller: &'static str,
}

impl Permits {
    /// At most `concurrent` (at least one) are out at a time.
    pub(crate) fn new(controller: &'static str, concurrent: usize, metrics: Option<Arc<Metrics>>) -> Self {
        Self { turns: Turns::new(concurrent, usize::MAX), metrics, controller }
    }
}
