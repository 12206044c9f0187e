//! Runs a [`Machine`]: a task per object, two lanes, timers, a global limit on runs, and an orderly end.
//!
//! Decides nothing about objects; `step` does. One panic, in `step` or in a job, concerns one object.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::machine::{Machine, ObjectKey};
use crate::mailbox::Mailbox;
use crate::metrics::{Metrics, Working};

mod object;
#[cfg(test)]
mod tests;

/// How long [`Runtime::shutdown`] waits for jobs that were asked to end.
const DRAIN: Duration = Duration::from_secs(20);

/// All objects of one kind.
pub struct Runtime<M: Machine> {
    machine: Arc<M>,
    objects: Mutex<HashMap<ObjectKey, Arc<Mailbox<M::Event>>>>,
    permits: Arc<Semaphore>,
    metrics: Option<Arc<Metrics>>,
    stopping: CancellationToken,
    closed: AtomicBool,
    tasks: TaskTracker,
}

impl<M: Machine> std::fmt::Debug for Runtime<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("controller", &self.machine.controller())
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
        Arc::new(Self {
            machine,
            objects: Mutex::default(),
            permits: Arc::new(Semaphore::new(concurrent.max(1))),
            metrics,
            stopping: CancellationToken::new(),
            closed: AtomicBool::new(false),
            tasks: TaskTracker::new(),
        })
    }

    /// Delivers an event; the object's task begins with its first one. Ignored once shutdown has begun.
    pub fn send(self: &Arc<Self>, key: &ObjectKey, event: M::Event) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        // Sending under the lock orders this against a task that is about to end.
        let mut objects = self.objects.lock();
        if let Some(mailbox) = objects.get(key) {
            mailbox.send::<M>(event);
            return;
        }
        let mailbox = Arc::new(Mailbox::new());
        mailbox.send::<M>(event);
        objects.insert(key.clone(), Arc::clone(&mailbox));
        drop(objects);
        drop(self.tasks.spawn(object::live(Arc::clone(self), key.clone(), mailbox)));
    }

    /// Delivers an event only to an object that is being run; false when there is none.
    pub fn send_existing(&self, key: &ObjectKey, event: M::Event) -> bool {
        let objects = self.objects.lock();
        let mailbox = objects.get(key);
        if let Some(mailbox) = mailbox {
            mailbox.send::<M>(event);
        }
        mailbox.is_some()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All objects, in no order.
    pub fn keys(&self) -> Vec<ObjectKey> {
        self.objects.lock().keys().cloned().collect()
    }

    /// Takes nothing new, asks every job to end, and waits for them, but not longer than 20 s.
    pub async fn shutdown(&self) {
        self.shutdown_within(DRAIN).await;
    }

    /// As [`Self::shutdown`] with another deadline; false when jobs were still running at its end.
    pub async fn shutdown_within(&self, deadline: Duration) -> bool {
        self.closed.store(true, Ordering::Release);
        self.stopping.cancel();
        self.tasks.close();
        let drained = tokio::time::timeout(deadline, self.tasks.wait()).await.is_ok();
        if !drained {
            tracing::error!(
                controller = self.machine.controller(),
                tasks = self.tasks.len(),
                "jobs did not end in time"
            );
        }
        drained
    }

    fn count_panic(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.panicked(self.machine.controller());
        }
    }

    /// Ends an object's task unless an event slipped in; true when it ended.
    fn retire(&self, key: &ObjectKey, mailbox: &Mailbox<M::Event>) -> bool {
        let mut objects = self.objects.lock();
        if !mailbox.is_empty() {
            return false;
        }
        objects.remove(key);
        if objects.is_empty() {
            objects.shrink_to_fit();
        }
        true
    }
}

/// A running job's handle on the runtime.
pub struct Control<M: Machine> {
    runtime: Arc<Runtime<M>>,
    key: ObjectKey,
    token: CancellationToken,
}

impl<M: Machine> Clone for Control<M> {
    fn clone(&self) -> Self {
        Self { runtime: Arc::clone(&self.runtime), key: self.key.clone(), token: self.token.clone() }
    }
}

impl<M: Machine> std::fmt::Debug for Control<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("key", &self.key).field("cancelled", &self.is_cancelled()).finish()
    }
}

impl<M: Machine> Control<M> {
    /// Resolves once the job was asked to end.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the job was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The token itself, for code that takes one.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// One of the `--concurrent` permits; hold it only while working, never while waiting. `None` when the job is
    /// cancelled before its turn comes.
    pub async fn permit(&self) -> Option<Permit> {
        let controller = self.runtime.machine.controller();
        let waiting = self.runtime.metrics.as_ref().map(|metrics| metrics.queued(controller));
        let permits = Arc::clone(&self.runtime.permits);
        let permit = tokio::select! {
            biased;
            () = self.token.cancelled() => return None,
            permit = permits.acquire_owned() => permit.ok()?,
        };
        Some(Permit { working: waiting.map(|waiting| waiting.begin()), _permit: permit })
    }

    /// Tells the own object something before the job ends.
    pub fn send(&self, event: M::Event) {
        self.runtime.send_existing(&self.key, event);
    }

    /// Tells another object of the kind something.
    pub fn send_to(&self, key: &ObjectKey, event: M::Event) {
        self.runtime.send(key, event);
    }

    /// The object that the job belongs to.
    pub fn key(&self) -> &ObjectKey {
        &self.key
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
    pub fn since(&self) -> Option<std::time::Instant> {
        self.working.as_ref().map(Working::since)
    }
}
