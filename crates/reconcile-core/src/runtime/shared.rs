//! What the objects of one kind share: the machine, the way to each other, permits and the end.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::Permits;
use crate::key::ObjectKey;
use crate::lane::Lane;
use crate::machine::Machine;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;

/// See the module.
pub(super) struct Shared<M: Machine> {
    pub(super) machine: Arc<M>,
    pub(super) objects: Mutex<HashMap<ObjectKey, Arc<Mailbox<M::Event>>>>,
    pub(super) permits: Arc<Permits>,
    metrics: Option<Arc<Metrics>>,
    pub(super) stopping: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl<M: Machine> Shared<M> {
    pub(super) fn new(machine: Arc<M>, concurrent: usize, metrics: Option<Arc<Metrics>>) -> Self {
        let permits = Permits::new(machine.controller(), concurrent, metrics.clone());
        Self {
            machine,
            objects: Mutex::default(),
            permits: Arc::new(permits),
            metrics,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    pub(super) fn count_panic(&self) {
        if let Some(metrics) = &self.metrics {
            metrics.panicked(self.machine.controller());
        }
    }

    pub(super) fn count_requests(&self, lane: Lane, requests: u32) {
        if let Some(metrics) = &self.metrics {
            metrics.job_requested(self.machine.controller(), lane.label(), requests);
        }
    }

    /// Ends an object's task unless an event slipped in; true when it ended.
    pub(super) fn retire(&self, key: &ObjectKey, mailbox: &Mailbox<M::Event>) -> bool {
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
