//! Runs a [`Machine`]: a task per object, lanes, timers, a global limit on runs, and an orderly end.
//!
//! Decides nothing about objects; `step` does. One panic, in `step` or in a job, concerns one object.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::key::ObjectKey;
use crate::machine::Machine;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;

mod object;
mod shared;
#[cfg(test)]
mod tests;

use shared::Shared;

/// How long [`Runtime::shutdown`] waits for jobs that were asked to end. With what comes after it (events, the lease,
/// blocking work) it has to be over before a kubelet kills the process, which it does after 30 s.
const DRAIN: Duration = Duration::from_secs(15);

/// All objects of one kind.
///
/// # Guarantees
/// - An object has one task, from its first event to a [`Effect::Stop`](crate::Effect::Stop). An event that races with
///   the stop is not lost: it begins a new life.
/// - At most `concurrent` permits are out at a time, over all objects and lanes.
/// - A panic in a job or in `step` reaches no other object.
/// - Shutdown asks every job to end and waits for it, up to a deadline.
///
/// # Assumptions
/// - [`Runtime::send`] is called within a tokio runtime, for it spawns the object's task.
/// - Jobs end when they are cancelled; nothing aborts one that does not.
///
/// # Caveats
/// - A job that asks for no permit is not limited.
/// - Once shutdown has begun nothing is stepped on any more: what waits and what jobs return is dropped. State that
///   has to survive is written by the job itself.
/// - A mailbox has no bound but what the machine merges.
pub struct Runtime<M: Machine> {
    shared: Arc<Shared<M>>,
    closed: AtomicBool,
}

impl<M: Machine> std::fmt::Debug for Runtime<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("controller", &self.shared.machine.controller())
            .field("objects", &self.len())
            .finish()
    }
}

impl<M: Machine> Runtime<M> {
    /// At most `concurrent` (at least one) permits are out at a time.
    pub fn new(machine: Arc<M>, concurrent: usize) -> Arc<Self> {
        Self::build(machine, concurrent, None)
    }

    /// As [`Self::new`], with queue and worker metrics.
    pub fn with_metrics(machine: Arc<M>, concurrent: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        metrics.max_concurrent(machine.controller(), concurrent);
        Self::build(machine, concurrent, Some(metrics))
    }

    fn build(machine: Arc<M>, concurrent: usize, metrics: Option<Arc<Metrics>>) -> Arc<Self> {
        let shared = Arc::new(Shared::new(machine, concurrent, metrics));
        Arc::new(Self { shared, closed: AtomicBool::new(false) })
    }

    /// Delivers an event; the object's task begins with its first one. Ignored once shutdown has begun.
    pub fn send(self: &Arc<Self>, key: &ObjectKey, event: M::Event) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        // Sending under the lock orders this against a task that is about to end.
        let mut objects = self.shared.objects.lock();
        if let Some(mailbox) = objects.get(key) {
            mailbox.send(event);
            return;
        }
        let mailbox = Arc::new(Mailbox::new(M::coalesce, M::is_barrier));
        mailbox.send(event);
        objects.insert(key.clone(), Arc::clone(&mailbox));
        drop(objects);
        drop(self.shared.tasks.spawn(object::live(Arc::clone(&self.shared), key.clone(), mailbox)));
    }

    /// Delivers an event only to an object that is being run; false when there is none.
    pub fn send_existing(&self, key: &ObjectKey, event: M::Event) -> bool {
        let objects = self.shared.objects.lock();
        let mailbox = objects.get(key);
        if let Some(mailbox) = mailbox {
            mailbox.send(event);
        }
        mailbox.is_some()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.shared.objects.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes nothing new, asks every job to end, and waits for them, but not longer than 15 s.
    pub async fn shutdown(&self) {
        self.shutdown_within(DRAIN).await;
    }

    /// As [`Self::shutdown`] with another deadline; false when jobs were still running at its end.
    pub async fn shutdown_within(&self, deadline: Duration) -> bool {
        self.closed.store(true, Ordering::Release);
        self.shared.stopping.cancel();
        self.shared.tasks.close();
        let drained = tokio::time::timeout(deadline, self.shared.tasks.wait()).await.is_ok();
        if !drained {
            tracing::error!(
                controller = self.shared.machine.controller(),
                tasks = self.shared.tasks.len(),
                "jobs did not end in time"
            );
        }
        drained
    }
}
