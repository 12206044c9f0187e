//! Prometheus metrics under Flux's and controller-runtime's names (contracts/source-controller.md 16).
//!
//! One registry per process, made by hand; series of an object go with the object. What there is stands in `table`; what
//! a controller measures by itself it registers with [`Metrics::counters`] and its like.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::key::ObjectKey;

mod bounded;
pub mod definition;
mod fleet;
mod process;
mod register;
pub(crate) mod requests;
pub mod table;
#[cfg(test)]
mod tests;
mod watches;
mod workers;

use definition::Definition;
use fleet::{Fleet, FleetCollector};
use register::{counters, gauges, histograms};
use table::{known, own};
use watches::Watches;
use workers::Workers;

pub use bounded::{Bounded, OTHER};
pub use fleet::{FleetKind, Resource};
pub use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};
pub(crate) use watches::{WatchId, WatchState};
pub(crate) use workers::{Waiting, Working};

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
    const ALL: [Self; 4] = [Self::Success, Self::RequeueAfter, Self::Requeue, Self::Error];

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
    build_info: IntGaugeVec,
    run_requests: HistogramVec,
    watches: Watches,
    fleet: Arc<Fleet>,
    hooks: Mutex<Vec<Hook>>,
    process: process::Process,
}

/// Where events go, and why one does not arrive.
const SINKS: [(&str, &str); 4] =
    [("kubernetes", "queue_full"), ("kubernetes", "refused"), ("post", "queue_full"), ("post", "refused")];

/// Brings figures up to date before they are shown.
type Hook = Box<dyn Fn() + Send + Sync>;

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Fresh metrics.
    pub fn new() -> Arc<Self> {
        let r = Registry::new();
        let events_dropped = counters(&r, &own::EVENTS_DROPPED);
        for (sink, reason) in SINKS {
            events_dropped.with_label_values(&[sink, reason]).inc_by(0);
        }
        let fleet = Arc::<Fleet>::default();
        if let Err(error) = r.register(Box::new(FleetCollector::new(Arc::clone(&fleet)))) {
            tracing::error!(%error, "a metric could not be registered");
        }
        Arc::new(Self {
            gotk_duration: histograms(&r, &known::GOTK_DURATION),
            reconcile_total: counters(&r, &known::RECONCILE_TOTAL),
            reconcile_errors: counters(&r, &known::RECONCILE_ERRORS),
            reconcile_time: histograms(&r, &known::RECONCILE_TIME),
            panics: counters(&r, &known::RECONCILE_PANICS),
            workers: Workers::new(&r),
            requests: counters(&r, &known::CLIENT_REQUESTS),
            leader: gauges(&r, &known::LEADER),
            events_dropped,
            build_info: gauges(&r, &own::BUILD_INFO),
            run_requests: histograms(&r, &own::RUN_REQUESTS),
            watches: Watches::new(&r),
            fleet,
            hooks: Mutex::default(),
            process: process::Process::new(&r),
            registry: r,
        })
    }

    /// A family of counters that a controller counts in by itself.
    pub fn counters(&self, family: &Definition) -> IntCounterVec {
        counters(&self.registry, family)
    }

    /// A family of gauges that a controller sets by itself.
    pub fn gauges(&self, family: &Definition) -> IntGaugeVec {
        gauges(&self.registry, family)
    }

    /// A family of histograms that a controller observes by itself.
    pub fn histograms(&self, family: &Definition) -> HistogramVec {
        histograms(&self.registry, family)
    }

    /// Has `hook` called before the figures are shown. It must be quick, and must not wait.
    pub fn on_scrape(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.hooks.lock().push(Box::new(hook));
    }

    /// Tells of the objects of a kind, which `show` shows one after the other whenever somebody asks.
    pub fn follow(
        &self,
        kind: FleetKind,
        show: impl Fn(&mut dyn FnMut(&Resource<'_>)) + Send + Sync + 'static,
    ) {
        self.fleet.follow(kind, Box::new(show));
    }

    /// Tells of each object by itself, too (`--resource-info-metrics`).
    pub fn show_each_resource(&self) {
        self.fleet.show_each();
    }

    /// Says which controller this is.
    pub fn set_build(&self, controller: &str, version: &str) {
        self.build_info.with_label_values(&[controller, version]).set(1);
    }

    /// The text that `/metrics` serves.
    pub fn render(&self) -> String {
        // Held to the end: two who ask at once must not see figures that are being made.
        let hooks = self.hooks.lock();
        self.process.refresh();
        self.workers.refresh();
        hooks.iter().for_each(|hook| hook());
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics could not be written");
        }
        drop(hooks);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Counts a finished reconciliation of an object. `kind` in CamelCase, `controller` in lower case.
    pub fn reconciled(
        &self,
        controller: &str,
        kind: &'static str,
        key: &ObjectKey,
        outcome: Outcome,
        took: Duration,
    ) {
        self.gotk_duration.with_label_values(&[kind, &key.name, &key.namespace]).observe(took.as_secs_f64());
        self.reconcile_total.with_label_values(&[controller, outcome.label()]).inc();
        match outcome {
            Outcome::Error => self.reconcile_errors.with_label_values(&[controller]).inc(),
            Outcome::Success | Outcome::RequeueAfter => self.fleet.went_well(kind, key),
            Outcome::Requeue => {}
        }
        self.reconcile_time.with_label_values(&[controller]).observe(took.as_secs_f64());
    }

    /// Removes the series of an object that is gone.
    pub fn forget(&self, kind: &'static str, key: &ObjectKey) {
        self.fleet.forget(kind, key);
        // An error only says that there was no series.
        drop(self.gotk_duration.remove_label_values(&[kind, key.name.as_str(), key.namespace.as_str()]));
    }

    pub(crate) fn panicked(&self, controller: &str) {
        self.panics.with_label_values(&[controller]).inc();
    }

    /// A controller begins. Its counters begin at zero, so that the first failure is a rise.
    pub(crate) fn max_concurrent(&self, controller: &'static str, concurrent: usize) {
        for outcome in Outcome::ALL {
            self.reconcile_total.with_label_values(&[controller, outcome.label()]).inc_by(0);
        }
        self.reconcile_errors.with_label_values(&[controller]).inc_by(0);
        self.panics.with_label_values(&[controller]).inc_by(0);
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

    pub(crate) fn job_requested(&self, controller: &str, lane: &str, requests: u32) {
        self.run_requests.with_label_values(&[controller, lane]).observe(f64::from(requests));
    }

    pub(crate) fn watch_failed(&self, kind: &str, class: &str) {
        self.watches.failed(kind, class);
    }

    pub(crate) fn watch_is(&self, id: &WatchId, state: WatchState) {
        self.watches.set(id, state);
    }

    pub(crate) fn watch_ended(&self, id: &WatchId) {
        self.watches.ended(id);
    }
}

impl cluster::Observe for Metrics {
    fn observe(&self, call: &cluster::Call<'_>) {
        let code = call.code.map_or_else(|| "<error>".to_owned(), |code| code.to_string());
        requests::count();
        self.requests.with_label_values(&[code.as_str(), call.host, call.method.as_str()]).inc();
    }
}
