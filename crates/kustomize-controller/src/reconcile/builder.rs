//! Where builds get what they need and are kept within it: a slot of their namespace, memory, a permit, a budget of
//! steps and bytes, a time limit, and a flag that ends them.
//!
//! ```text
//! slot of the namespace ─▶ memory ─▶ permit ─▶ thread: work(&Budget)
//!        ▲                                          │ more memory than is there
//!        └──────────── all given back, twice as much asked for ◀──┘
//! ```
//!
//! What is built is the caller's, and what follows from a failure, too.

use super::worker::Worker;
use manifest::budget::{Budget, EndsWith, Exceeded, Limits};
use reconcile_core::Turns;
use reconcile_core::gate::{MemoryGate, Reservation};
use render::RenderError;
use std::sync::Arc;
use std::time::Duration;

/// However long a spec allows itself, a build takes no longer.
const LONGEST: Duration = Duration::from_secs(600);
/// Of the bytes in an artifact, so many times as much is set aside before the build grows into what it needs.
const FACTOR: u64 = 4;
/// The least and the most that is set aside at first.
const ESTIMATES: (u64, u64) = (1 << 20, 16 << 20);

/// Why a piece of work ended without a result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Its budget: which part of it, and what is said of it.
    Exceeded(Exceeded, String),
    /// Anything else.
    Failed(RenderError),
}

/// Why there is no build.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A newer input came in.
    Cancelled,
    /// It cost more than any build may: the input's own fault.
    Excess(String),
    /// The input's own fault, too, and the words say whose.
    Render(RenderError),
    /// Our fault.
    Broken(&'static str),
}

type Work<T> = Arc<dyn Fn(&Budget) -> Result<T, Stop> + Send + Sync>;

/// What is to be built.
pub(crate) struct Order<T> {
    namespace: Arc<str>,
    estimate: u64,
    timeout: Duration,
    work: Work<T>,
}

impl<T> Order<T> {
    /// For a Kustomization in this namespace, from an artifact of so many bytes.
    pub(crate) fn new(
        namespace: &str,
        artifact_bytes: u64,
        timeout: Duration,
        work: impl Fn(&Budget) -> Result<T, Stop> + Send + Sync + 'static,
    ) -> Self {
        let estimate = artifact_bytes.saturating_mul(FACTOR).clamp(ESTIMATES.0, ESTIMATES.1);
        let timeout = timeout.min(LONGEST);
        Self { namespace: Arc::from(namespace), estimate, timeout, work: Arc::new(work) }
    }
}

/// What was built, and the memory that is set aside for it.
pub(crate) struct Held<T> {
    pub(crate) result: T,
    pub(crate) memory: Arc<Reservation>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Builder {
    slots: Arc<Turns>,
    memory: MemoryGate,
    limits: Limits,
}

impl Builder {
    /// Of a process in which so many runs work at a time. A namespace builds with a quarter of them at most, with one at
    /// least: the costly builds of one never hold all permits.
    pub(crate) fn new(concurrent: usize, memory: MemoryGate, limits: Limits) -> Self {
        Self { slots: Turns::new(usize::MAX, concurrent / 4), memory, limits }
    }

    /// Builds, as a run's worker if there is one, until `cancelled`.
    pub(crate) async fn build<T: Send + 'static>(
        &self,
        order: &Order<T>,
        mut worker: Option<&mut Worker<'_>>,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Held<T>, Failure> {
        tokio::pin!(cancelled);
        let limit = self.memory.limit();
        let mut bytes = order.estimate.min(limit);
        loop {
            let tried = tokio::select! {
                biased;
                () = &mut cancelled => return Err(Failure::Cancelled),
                tried = self.attempt(order, worker.as_deref_mut(), bytes) => tried?,
            };
            let had = match tried {
                Ok(held) => return Ok(held),
                Err(OutOfMemory { had }) => had,
            };
            if had >= limit {
                return Err(Failure::Excess(format!(
                    "kustomize build failed: it needs more than the {limit} bytes of memory there are for builds \
                     (--memory-gate)"
                )));
            }
            // Whoever waits for memory does so without a permit.
            if let Some(worker) = worker.as_deref_mut() {
                worker.rest();
            }
            bytes = had.saturating_mul(2).min(limit);
        }
    }

    /// One try with so much memory.
    async fn attempt<T: Send + 'static>(
        &self,
        order: &Order<T>,
        worker: Option<&mut Worker<'_>>,
        bytes: u64,
    ) -> Result<Result<Held<T>, OutOfMemory>, Failure> {
        let slot = self.slots.take(&order.namespace).await;
        let memory = self.memory.enter(&order.namespace, bytes).await;
        let memory = Arc::new(memory.map_err(|error| Failure::Excess(error.to_string()))?);
        if let Some(worker) = worker {
            worker.work().await.map_err(|_| Failure::Cancelled)?;
        }
        // The thread itself is not waited for: it keeps its slot and its memory until it has seen the flag, so that only its
        // own namespace has fewer.
        let cancel = EndsWith::default();
        let reserve = Arc::clone(&memory);
        let budget = Budget::reserved(self.limits, cancel.0.clone(), bytes, reserve);
        let (work, charged) = (Arc::clone(&order.work), budget.clone());
        let thread = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work(&charged)
        });
        let Ok(done) = tokio::time::timeout(order.timeout, thread).await else {
            return Err(Failure::Excess(timed_out(order.timeout)));
        };
        match done {
            Ok(Ok(result)) => {
                memory.shrink_to(budget.held());
                Ok(Ok(Held { result, memory }))
            }
            Ok(Err(Stop::Exceeded(Exceeded::Reserve, _))) => Ok(Err(OutOfMemory { had: memory.bytes() })),
            Ok(Err(Stop::Exceeded(Exceeded::Cancelled, _))) => Err(Failure::Cancelled),
            Ok(Err(Stop::Exceeded(Exceeded::Steps(_), text))) => {
                Err(Failure::Excess(format!("{text} (--build-step-limit)")))
            }
            Ok(Err(Stop::Exceeded(Exceeded::Bytes(_), text))) => {
                Err(Failure::Excess(format!("{text} (--build-memory-limit)")))
            }
            Ok(Err(Stop::Failed(error))) => Err(Failure::Render(error)),
            Err(panic) if panic.is_panic() => {
                Err(Failure::Broken("kustomize build failed: the build panicked"))
            }
            Err(_) => Err(Failure::Broken("the build was stopped")),
        }
    }
}

/// The process had no more to spare.
struct OutOfMemory {
    /// What the work had.
    had: u64,
}

fn timed_out(timeout: Duration) -> String {
    format!("kustomize build failed: it was not done after {}", api::Duration::from(timeout))
}

#[cfg(test)]
mod tests;
