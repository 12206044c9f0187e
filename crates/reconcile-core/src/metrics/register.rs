//! Makes families of metrics and registers them. Their names and labels are literals.

use prometheus::core::Collector;
use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

/// Registers a collector; a name that is taken is a mistake of this file and keeps the series private.
pub(super) fn add<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    if let Err(error) = registry.register(Box::new(collector.clone())) {
        tracing::error!(%error, "a metric could not be registered");
    }
    collector
}

pub(super) fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    add(registry, IntCounterVec::new(Opts::new(name, help), labels).expect("names and labels are literals"))
}

pub(super) fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    add(registry, IntGaugeVec::new(Opts::new(name, help), labels).expect("names and labels are literals"))
}

pub(super) fn floats(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    add(registry, GaugeVec::new(Opts::new(name, help), labels).expect("names and labels are literals"))
}

pub(super) fn histograms(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: &[f64],
) -> HistogramVec {
    let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    add(registry, HistogramVec::new(opts, labels).expect("names and labels are literals"))
}

#[cfg(test)]
mod tests;
