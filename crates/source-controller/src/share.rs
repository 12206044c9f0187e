//! What of `--concurrent` one namespace may have: never all. How permits go round among those that wait is
//! reconcile-core's.
//!
//! A namespace makes as many archives at a time as the flag says. One more is kept for all the others, so that nobody
//! waits for another namespace's archives only.

use std::sync::Arc;

use reconcile_core::{Place, Turns};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// How many archives are made at a time in all.
pub(crate) const fn permits(concurrent: usize) -> usize {
    (if concurrent == 0 { 1 } else { concurrent }).saturating_add(1)
}

/// The shares of all namespaces.
#[derive(Clone, Debug)]
pub(crate) struct Shares(Arc<Turns>);

impl Shares {
    /// Of these permits.
    pub(crate) fn new(concurrent: usize) -> Self {
        Self(Turns::new(permits(concurrent), concurrent))
    }

    /// Waits until the namespace may have one more. `None` when the run is cancelled before; who has a share waits for a
    /// permit no longer than for other namespaces.
    pub(crate) async fn turn(&self, namespace: &str, cancelled: &CancellationToken) -> Option<Place> {
        let namespace = Arc::from(namespace);
        tokio::select! {
            biased;
            () = cancelled.cancelled() => None,
            place = self.0.take(&namespace) => Some(place),
        }
    }
}
