//! What registering gives, also when a name is taken.

use prometheus::{Encoder as _, Registry, TextEncoder};

use super::{counters, floats, gauges, histograms};
use crate::metrics::definition::{Buckets, Definition, Served, Type};

const fn family(name: &'static str, type_: Type, help: &'static str) -> Definition {
    Definition { name, served: Served::All, type_, labels: &["x"], help }
}

const A: Definition = family("a_total", Type::Counter, "Counts.");

fn text(registry: &Registry) -> String {
    let mut bytes = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn families_appear_with_their_type_and_labels() {
    let registry = Registry::new();
    counters(&registry, &A).with_label_values(&["1"]).inc();
    gauges(&registry, &family("b", Type::Gauge, "Stands.")).with_label_values(&["1"]).set(-7);
    floats(&registry, &family("c", Type::Gauge, "Flows.")).with_label_values(&["1"]).set(0.5);
    let buckets = Type::Histogram(Buckets::List(&[1.0, 2.0]));
    histograms(&registry, &family("d_seconds", buckets, "Spreads.")).with_label_values(&["1"]).observe(1.5);
    insta::assert_snapshot!(text(&registry), @r#"
    # HELP a_total Counts.
    # TYPE a_total counter
    a_total{x="1"} 1
    # HELP b Stands.
    # TYPE b gauge
    b{x="1"} -7
    # HELP c Flows.
    # TYPE c gauge
    c{x="1"} 0.5
    # HELP d_seconds Spreads.
    # TYPE d_seconds histogram
    d_seconds_bucket{x="1",le="1"} 0
    d_seconds_bucket{x="1",le="2"} 1
    d_seconds_bucket{x="1",le="+Inf"} 1
    d_seconds_sum{x="1"} 1.5
    d_seconds_count{x="1"} 1
    "#);
}

#[test]
fn a_family_without_series_is_not_shown() {
    let registry = Registry::new();
    drop(counters(&registry, &A));
    assert_eq!(text(&registry), "");
}

#[test]
fn a_name_that_is_taken_stays_with_the_first() {
    let registry = Registry::new();
    let first = counters(&registry, &A);
    let second = counters(&registry, &A);
    second.with_label_values(&["1"]).inc_by(7);
    first.with_label_values(&["1"]).inc();
    assert!(text(&registry).ends_with("a_total{x=\"1\"} 1\n"), "{}", text(&registry));
}
