//! What this controller measures beside what its runtime does: builds, heals, inventories (`reconcile_core::metrics`
//! defines the series). It decides nothing.

use crate::drift::Drift;
use crate::drift_report::DriftReports;
use api::kustomization::Kustomization;
use artifact::ArtifactCache;
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{
    Bounded, FleetKind, Histogram, HistogramVec, IntCounter, IntCounterVec, Metrics, Resource,
};
use reconcile_core::{ObjectKey, Store};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Kinds and managers with series of their own.
const KINDS: usize = 100;
const MANAGERS: usize = 20;

/// Nobody is known to have changed an object: it was deleted.
const NOBODY: &str = "none";

const NO_LABELS: [&str; 0] = [];

/// See the module.
pub(crate) struct Measures {
    builds: HistogramVec,
    runs: IntCounterVec,
    heals: Histogram,
    corrected: IntCounterVec,
    fights: IntCounter,
    failed_heals: IntCounter,
    kinds: Bounded,
    managers: Bounded,
}

impl Measures {
    /// Of a process.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let counter = |family| metrics.counters(family).with_label_values(&NO_LABELS);
        Self {
            builds: metrics.histograms(&own::BUILD_TIME),
            runs: metrics.counters(&own::RUNS),
            heals: metrics.histograms(&own::HEAL_TIME).with_label_values(&NO_LABELS),
            corrected: metrics.counters(&own::DRIFT_CORRECTED),
            fights: counter(&own::DRIFT_FIGHTS),
            failed_heals: counter(&own::HEAL_FAILURES),
            kinds: Bounded::new(KINDS),
            managers: Bounded::new(MANAGERS),
        }
    }

    /// A build ended on its thread.
    pub(crate) fn built(&self, took: Duration, is_success: bool) {
        let result = if is_success { "success" } else { "failure" };
        self.builds.with_label_values(&[result]).observe(took.as_secs_f64());
    }

    /// A run knows how much it has to ask about.
    pub(crate) fn ran(&self, depth: &str) {
        self.runs.with_label_values(&[depth]).inc();
    }

    /// An object of this kind was put back.
    pub(crate) fn healed(&self, kind: &str, drift: Option<&Drift>, now: Instant) {
        let manager = drift.and_then(|drift| drift.by.as_deref()).unwrap_or(NOBODY);
        let labels = [self.kinds.label(kind), self.managers.label(manager)];
        self.corrected.with_label_values(&labels).inc();
        if let Some(drift) = drift {
            self.heals.observe(now.saturating_duration_since(drift.since).as_secs_f64());
        }
    }

    /// The brake began to hold an object.
    pub(crate) fn fought(&self) {
        self.fights.inc();
    }

    /// An object could not be healed.
    pub(crate) fn heal_failed(&self) {
        self.failed_heals.inc();
    }
}

/// Has what is known of all Kustomizations together shown whenever somebody asks.
pub(crate) fn show(
    metrics: &Metrics,
    kustomizations: &Store<Kustomization>,
    artifacts: &ArtifactCache,
    drift: &Arc<DriftReports>,
) {
    let kind = FleetKind { group: api::KUSTOMIZE_GROUP, version: "v1", kind: "Kustomization" };
    let store = kustomizations.clone();
    metrics.follow(kind, move |show| {
        for object in store.all() {
            show(&resource(&object));
        }
    });
    let gauge = |family| metrics.gauges(family).with_label_values(&NO_LABELS);
    let (entries, largest) = (gauge(&own::INVENTORY), gauge(&own::INVENTORY_LARGEST));
    let fetched = metrics.counters(&own::FETCHED).with_label_values(&["artifact"]);
    show_drift(metrics, Arc::clone(drift));
    let (store, artifacts) = (kustomizations.clone(), artifacts.clone());
    metrics.on_scrape(move || {
        let sizes: Vec<usize> = store.all().iter().map(|object| inventory_size(object)).collect();
        entries.set(i64::try_from(sizes.iter().sum::<usize>()).unwrap_or(i64::MAX));
        largest.set(i64::try_from(sizes.iter().max().copied().unwrap_or_default()).unwrap_or(i64::MAX));
        fetched.inc_by(artifacts.received().saturating_sub(fetched.get()));
    });
}

fn show_drift(metrics: &Metrics, drift: Arc<DriftReports>) {
    let gauge = |family| metrics.gauges(family).with_label_values(&NO_LABELS);
    let (fought, ignored) = (gauge(&own::FOUGHT_FIELDS), gauge(&own::IGNORED_FIELDS));
    let objects = metrics.gauges(&own::DRIFTED_OBJECTS);
    metrics.on_scrape(move || {
        let figures = drift.figures();
        let shown = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        fought.set(shown(figures.fights));
        ignored.set(shown(figures.ignored));
        objects.with_label_values(&["drifted"]).set(shown(figures.drifted));
        objects.with_label_values(&["failed"]).set(shown(figures.failed));
    });
}

fn inventory_size(object: &Kustomization) -> usize {
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    inventory.map_or(0, |inventory| inventory.entries.len())
}

fn resource(object: &Kustomization) -> Resource<'_> {
    let status = object.status.as_ref();
    let revision = status.and_then(|status| status.last_applied_revision.as_deref());
    Resource {
        key: ObjectKey::of(&object.metadata),
        conditions: status.map_or(&[], |status| &status.conditions),
        suspended: object.spec.suspend,
        interval: object.spec.interval.into(),
        labels: vec![
            ("revision", revision.unwrap_or_default()),
            ("source_name", object.spec.source_ref.name.as_str()),
        ],
    }
}

#[cfg(test)]
mod tests;
