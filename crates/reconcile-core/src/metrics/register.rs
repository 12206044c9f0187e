//! Makes families of metrics of their definitions and registers them.

use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
};

use super::definition::{Definition, Type};

/// Registers a collector; a name that is taken is a mistake of this crate and keeps the series private.
pub(super) fn add<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    if let Err(error) = registry.register(Box::new(collector.clone())) {
        tracing::error!(%error, "a metric could not be registered");
    }
    collector
}

fn opts(family: &Definition) -> Opts {
    Opts::new(family.name, family.help)
}

const LITERALS: &str = "names and labels are literals";

pub(super) fn counter(registry: &Registry, family: &Definition) -> Counter {
    add(registry, Counter::with_opts(opts(family)).expect(LITERALS))
}

pub(super) fn gauge(registry: &Registry, family: &Definition) -> Gauge {
    add(registry, Gauge::with_opts(opts(family)).expect(LITERALS))
}

pub(super) fn counters(registry: &Registry, family: &Definition) -> IntCounterVec {
    add(registry, IntCounterVec::new(opts(family), family.labels).expect(LITERALS))
}

pub(super) fn gauges(registry: &Registry, family: &Definition) -> IntGaugeVec {
    add(registry, IntGaugeVec::new(opts(family), family.labels).expect(LITERALS))
}

pub(super) fn floats(registry: &Registry, family: &Definition) -> GaugeVec {
    add(registry, GaugeVec::new(opts(family), family.labels).expect(LITERALS))
}

pub(super) fn histograms(registry: &Registry, family: &Definition) -> HistogramVec {
    let bounds = match family.type_ {
        Type::Histogram(buckets) => buckets.bounds(),
        Type::Counter | Type::Gauge => Vec::new(),
    };
    let opts = HistogramOpts::from(opts(family)).buckets(bounds);
    add(registry, HistogramVec::new(opts, family.labels).expect(LITERALS))
}

#[cfg(test)]
mod tests;
