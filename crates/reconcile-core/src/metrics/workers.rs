//! Who waits for a worker and who has one: controller-runtime's worker gauges and the `workqueue_*` family.
//!
//! This runtime has no work queue; a run that waits for its permit counts as an item in one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prometheus::{
    GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
};

use super::register::{counters, floats, gauges, histograms};
use super::table::known;

struct Queue {
    depth: IntGauge,
    adds: IntCounter,
    waited: Histogram,
    worked: Histogram,
    active: IntGauge,
    /// Begin of work by a number, for the "longest running" gauge.
    running: Mutex<HashMap<u64, Instant>>,
    next: Mutex<u64>,
}

/// The families and their series by controller.
pub(super) struct Workers {
    active: IntGaugeVec,
    max_concurrent: IntGaugeVec,
    depth: IntGaugeVec,
    adds: IntCounterVec,
    waited: HistogramVec,
    worked: HistogramVec,
    longest: GaugeVec,
    unfinished: GaugeVec,
    queues: Mutex<HashMap<&'static str, Arc<Queue>>>,
}

impl Workers {
    pub(super) fn new(r: &Registry) -> Self {
        Self {
            active: gauges(r, &known::ACTIVE_WORKERS),
            max_concurrent: gauges(r, &known::MAX_CONCURRENT),
            depth: gauges(r, &known::QUEUE_DEPTH),
            adds: counters(r, &known::QUEUE_ADDS),
            waited: histograms(r, &known::QUEUE_WAITED),
            worked: histograms(r, &known::QUEUE_WORKED),
            longest: floats(r, &known::QUEUE_LONGEST),
            unfinished: floats(r, &known::QUEUE_UNFINISHED),
            queues: Mutex::default(),
        }
    }

    pub(super) fn refresh(&self) {
        for (name, queue) in self.queues.lock().iter() {
            let running = queue.running.lock();
            let longest = running.values().map(Instant::elapsed).max().unwrap_or_default();
            let total: Duration = running.values().map(Instant::elapsed).sum();
            self.longest.with_label_values(&[name, name]).set(longest.as_secs_f64());
            self.unfinished.with_label_values(&[name, name]).set(total.as_secs_f64());
        }
    }

    pub(super) fn set_limit(&self, controller: &'static str, concurrent: usize) {
        let concurrent = i64::try_from(concurrent).unwrap_or(i64::MAX);
        self.max_concurrent.with_label_values(&[controller]).set(concurrent);
        drop(self.queue(controller));
    }

    pub(super) fn queued(&self, controller: &'static str) -> Waiting {
        let queue = self.queue(controller);
        queue.adds.inc();
        queue.depth.inc();
        Waiting { queue, since: Instant::now() }
    }

    fn queue(&self, name: &'static str) -> Arc<Queue> {
        let mut queues = self.queues.lock();
        let queue = queues.entry(name).or_insert_with(|| {
            let labels = &[name, name];
            Arc::new(Queue {
                depth: self.depth.with_label_values(labels),
                adds: self.adds.with_label_values(labels),
                waited: self.waited.with_label_values(labels),
                worked: self.worked.with_label_values(labels),
                active: self.active.with_label_values(&[name]),
                running: Mutex::default(),
                next: Mutex::new(0),
            })
        });
        Arc::clone(queue)
    }
}

/// A run that waits for a worker.
pub(crate) struct Waiting {
    queue: Arc<Queue>,
    since: Instant,
}

impl Waiting {
    pub(crate) fn begin(self) -> Working {
        self.queue.waited.observe(self.since.elapsed().as_secs_f64());
        self.queue.active.inc();
        let number = {
            let mut next = self.queue.next.lock();
            *next += 1;
            *next
        };
        let since = Instant::now();
        self.queue.running.lock().insert(number, since);
        Working { queue: Arc::clone(&self.queue), number, since }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.depth.dec();
    }
}

/// A run that holds a worker.
pub(crate) struct Working {
    queue: Arc<Queue>,
    number: u64,
    since: Instant,
}

impl std::fmt::Debug for Working {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Working").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Working {
    pub(crate) const fn since(&self) -> Instant {
        self.since
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.queue.running.lock().remove(&self.number);
        self.queue.active.dec();
        self.queue.worked.observe(self.since.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
