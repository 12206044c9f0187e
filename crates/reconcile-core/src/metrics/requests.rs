//! Which job a request belongs to: jobs count what is sent while they are polled. What a job has others send (events)
//! is not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

tokio::task_local! {
    static SENT: Arc<AtomicU32>;
}

/// Does the work and counts the requests that it sends.
pub(crate) async fn counted<F: Future>(work: F) -> (F::Output, u32) {
    let sent = Arc::new(AtomicU32::new(0));
    let output = SENT.scope(Arc::clone(&sent), work).await;
    (output, sent.load(Ordering::Relaxed))
}

/// A request was sent.
pub(super) fn count() {
    // Outside of a job there is nothing to count.
    SENT.try_with(|sent| sent.fetch_add(1, Ordering::Relaxed)).ok();
}

#[cfg(test)]
mod tests;
