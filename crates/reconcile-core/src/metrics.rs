//! Prometheus metrics under Flux's and controller-runtime's names (contracts/source-controller.md 16).
//!
//! One registry per process, made by hand; series of an object go with the object. What a controller measures beyond
//! this it registers in [`Metrics::registry`].

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Encoder as _, HistogramVec, IntCounterVec, IntGaugeVec, Registry, TextEncoder};

use crate::key::ObjectKey;

mod process;
mod register;
#[cfg(test)]
mod tests;
mod workers;

use register::{counters, gauges, histograms};
use workers::Workers;
pub(crate) use workers::{Waiting, Working};

/// controller-runtime's buckets of `controller_runtime_reconcile_time_seconds`.
const RECONCILE_BUCKETS: [f64; 34] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25,
    1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 60.0,
];
/// How a reconciliation ended: the `result` label of `controller_runtime_reconcile_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, nothing planned.
    Success,
    /// Done, to be looked at again after a while.
    RequeueAfter,
    /// To be looked at again at once.
    Requeue,
    /// Failed.
    Error,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::RequeueAfter => "requeue_after",
            Self::Requeue => "requeue",
            Self::Error => "error",
        }
    }
}

/// All metrics of a process.
pub struct Metrics {
    registry: Registry,
    gotk_duration: HistogramVec,
    reconcile_total: IntCounterVec,
    reconcile_errors: IntCounterVec,
    reconcile_time: HistogramVec,
    panics: IntCounterVec,
    workers: Workers,
    requests: IntCounterVec,
    leader: IntGaugeVec,
    events_dropped: IntCounterVec,
    watch_failures: IntCounterVec,
    process: process::Process,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Ten buckets from 10 ms to 30 minutes, exponentially (contract 16).
fn gotk_buckets() -> Vec<f64> {
    let factor = (1800.0_f64 / 0.01).powf(1.0 / 9.0);
    prometheus::exponential_buckets(0.01, factor, 10).unwrap_or_default()
}

impl Metrics {
    /// Fresh metrics.
    pub fn new() -> Arc<Self> {
        let r = Registry::new();
        Arc::new(Self {
            gotk_duration: histograms(
                &r,
                "gotk_reconcile_duration_seconds",
                "The duration in seconds of a GitOps Toolkit resource reconciliation.",
                &["kind", "name", "namespace"],
                &gotk_buckets(),
            ),
            reconcile_total: counters(
                &r,
                "controller_runtime_reconcile_total",
                "Total number of reconciliations per controller",
                &["controller", "result"],
            ),
            reconcile_errors: counters(
                &r,
                "controller_runtime_reconcile_errors_total",
                "Total number of reconciliation errors per controller",
                &["controller"],
            ),
            reconcile_time: histograms(
                &r,
                "controller_runtime_reconcile_time_seconds",
                "Length of time per reconciliation per controller",
                &["controller"],
                &RECONCILE_BUCKETS,
            ),
            panics: counters(
                &r,
                "controller_runtime_reconcile_panics_total",
                "Total number of reconciliation panics per controller",
                &["controller"],
            ),
            workers: Workers::new(&r),
            requests: counters(
                &r,
                "rest_client_requests_total",
                "Number of HTTP requests, partitioned by status code, method, and host.",
                &["code", "host", "method"],
            ),
            leader: gauges(
                &r,
                "leader_election_master_status",
                "Whether this process is the leader (1) or a backup (0) of the lease 'name'",
                &["name"],
            ),
            events_dropped: counters(
                &r,
                "flyball_events_dropped_total",
                "Events that were not delivered, by sink and reason",
                &["sink", "reason"],
            ),
            watch_failures: counters(
                &r,
                "flyball_watch_failures_total",
                "Failures of watches, by kind and class",
                &["kind", "class"],
            ),
            process: process::Process::new(&r),
            registry: r,
        })
    }

    /// Where a controller registers its own metrics.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The text that `/metrics` serves.
    pub fn render(&self) -> String {
        self.process.refresh();
        self.workers.refresh();
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics could not be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }

    /// Counts a finished reconciliation of an object. `kind` in CamelCase, `controller` in lower case.
    pub fn reconciled(
        &self,
        controller: &str,
        kind: &str,
        key: &ObjectKey,
        outcome: Outcome,
        took: Duration,
    ) {
        self.gotk_duration.with_label_values(&[kind, &key.name, &key.namespace]).observe(took.as_secs_f64());
        self.reconcile_total.with_label_values(&[controller, outcome.label()]).inc();
        if outcome == Outcome::Error {
            self.reconcile_errors.with_label_values(&[controller]).inc();
        }
        self.reconcile_time.with_label_values(&[controller]).observe(took.as_secs_f64());
    }

    /// Removes the series of an object that is gone.
    pub fn forget(&self, kind: &str, key: &ObjectKey) {
        // An error only says that there was no series.
        drop(self.gotk_duration.remove_label_values(&[kind, key.name.as_str(), key.namespace.as_str()]));
    }

    pub(crate) fn panicked(&self, controller: &str) {
        self.panics.with_label_values(&[controller]).inc();
    }

    pub(crate) fn max_concurrent(&self, controller: &'static str, concurrent: usize) {
        self.workers.set_limit(controller, concurrent);
    }

    pub(crate) fn queued(&self, controller: &'static str) -> Waiting {
        self.workers.queued(controller)
    }

    /// Says whether this process leads.
    pub fn set_leader(&self, lease: &str, leads: bool) {
        self.leader.with_label_values(&[lease]).set(i64::from(leads));
    }

    pub(crate) fn event_dropped(&self, sink: &str, reason: &str) {
        self.events_dropped.with_label_values(&[sink, reason]).inc();
    }

    pub(crate) fn watch_failed(&self, kind: &str, class: &str) {
        self.watch_failures.with_label_values(&[kind, class]).inc();
    }
}

impl cluster::Observe for Metrics {
    fn observe(&self, call: &cluster::Call<'_>) {
        let code = call.code.map_or_else(|| "<error>".to_owned(), |code| code.to_string());
        self.requests.with_label_values(&[code.as_str(), call.host, call.method.as_str()]).inc();
    }
}
