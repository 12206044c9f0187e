//! Threads for fetches: each has one of its own, which ends with it. They are no threads of the runtime's pool, whose
//! number is bounded and which serves and packs: a fetch waits for a server, for as long as that likes.
//! How many there are at a time is `turns`' decision.

use std::panic::{AssertUnwindSafe, catch_unwind};

use reconcile_core::panic;
use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// Runs `work` on a thread of its own. The error is what a panic said, or why there is no thread. When nobody waits for
/// it any more the work goes on, with all that it owns.
pub(super) async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (sender, done) = oneshot::channel();
    let run = move || {
        let outcome = catch_unwind(AssertUnwindSafe(work)).map_err(|cause| panic::text(&*cause));
        // Nobody waits any more.
        drop(sender.send(outcome));
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| format!("there is no thread for it: {error}"))?;
    done.await.unwrap_or_else(|_| Err("its thread ended early".to_owned()))
}
