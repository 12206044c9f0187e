//! Versions of API servers, and the chart's opinion of them.

use super::*;
use crate::finding::Level;

#[test]
fn versions() {
    for (version, level) in [
        ("v1.33.0", Level::Fine),
        ("v1.37.2", Level::Fine),
        ("v1.34.1-gke.1350000", Level::Fine),
        ("v1.33+", Level::Fine),
        ("v1.32.9", Level::Problem),
        ("v1.4.0", Level::Problem),
        ("v0.0.0-master+$Format:%H$", Level::Warning),
        ("v1.x", Level::Warning),
        ("", Level::Warning),
    ] {
        assert_eq!(finding("a:6443", version).level, level, "{version}");
    }
    insta::assert_snapshot!(finding("a:6443", "v1.32.9").message, @"v1.32.9 is too old: 1.33 or later is needed");
}

#[test]
fn the_chart_says_the_same() {
    let chart =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/flyball/Chart.yaml"));
    let chart = chart.expect("the chart");
    assert!(chart.contains(&format!("kubeVersion: \">=1.{OLDEST}.0-0\"")), "{chart}");
}
