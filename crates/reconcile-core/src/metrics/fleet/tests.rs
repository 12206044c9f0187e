//! What is told of a fleet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use prometheus::{Encoder as _, Registry, TextEncoder};
use serde_json::json;

use super::{Fleet, FleetCollector, FleetKind, Resource};
use crate::key::ObjectKey;

const KIND: FleetKind = FleetKind { group: "g.dev", version: "v1", kind: "Thing" };
const MINUTE: Duration = Duration::from_secs(60);

/// Name, Ready, Stalled, suspended.
type Row = (&'static str, &'static str, bool, bool);

fn fleet(rows: Vec<Row>) -> Arc<Fleet> {
    let fleet = Arc::new(Fleet::default());
    fleet.follow(
        KIND,
        Box::new(move |show| {
            for (name, ready, stalled, suspended) in &rows {
                let time = "2026-01-01T00:00:00Z";
                let mut conditions = Vec::new();
                for (type_, status) in [("Ready", *ready), ("Stalled", if *stalled { "True" } else { "" })] {
                    if !status.is_empty() {
                        let condition = json!({"type": type_, "status": status, "reason": "R", "message": "",
                            "lastTransitionTime": time});
                        conditions.push(serde_json::from_value(condition).expect("a condition"));
                    }
                }
                show(&Resource {
                    key: ObjectKey::new("ns", *name),
                    conditions: &conditions,
                    suspended: *suspended,
                    interval: MINUTE,
                    labels: vec![("revision", "main@sha1:1"), ("url", "")],
                });
            }
        }),
    );
    fleet
}

fn text(fleet: &Arc<Fleet>) -> String {
    let registry = Registry::new();
    registry.register(Box::new(FleetCollector::new(Arc::clone(fleet)))).expect("free names");
    let mut bytes = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("written");
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines().filter(|line| !line.starts_with("# HELP")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_object_counts_once() {
    let fleet = fleet(vec![
        ("a", "True", false, false),
        ("b", "False", false, false),
        ("c", "False", true, false),
        ("d", "True", true, true),
        ("e", "", false, false),
        ("f", "Unknown", false, false),
    ]);
    let text = text(&fleet);
    let counted: Vec<&str> = text.lines().filter(|line| line.starts_with("flyball_resources{")).collect();
    assert_snapshot!(counted.join("\n"), @r#"
    flyball_resources{kind="Thing",state="failing"} 1
    flyball_resources{kind="Thing",state="progressing"} 2
    flyball_resources{kind="Thing",state="ready"} 1
    flyball_resources{kind="Thing",state="stalled"} 1
    flyball_resources{kind="Thing",state="suspended"} 1
    "#);
}

#[test]
fn objects_are_named_only_when_that_is_asked_for() {
    let fleet = fleet(vec![("a", "False", false, true), ("b", "", false, false)]);
    assert!(!text(&fleet).contains("gotk_resource_info"));
    fleet.show_each();
    let text = text(&fleet);
    let shown: Vec<&str> = text.lines().filter(|line| line.contains("gotk_resource_info")).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    # TYPE gotk_resource_info gauge
    gotk_resource_info{customresource_group="g.dev",customresource_version="v1",customresource_kind="Thing",exported_namespace="ns",name="b",revision="main@sha1:1"} 1
    gotk_resource_info{customresource_group="g.dev",customresource_version="v1",customresource_kind="Thing",exported_namespace="ns",name="a",ready="False",suspended="true",revision="main@sha1:1"} 1
    "#);
}

#[test]
fn the_most_overdue_object_counts_unless_it_is_suspended() {
    let fleet = fleet(vec![("a", "False", false, false), ("b", "True", false, true)]);
    let worst = |at: Instant| {
        let families = fleet.families(at);
        let overdue = families.iter().find(|family| family.name() == "flyball_overdue_intervals");
        overdue.expect("a family").get_metric()[0].get_gauge().get_value()
    };
    let begin = Instant::now();
    assert!(worst(begin).abs() < f64::EPSILON, "what is seen for the first time is not late");
    assert!((worst(begin + 4 * MINUTE) - 4.0).abs() < 0.01);
    fleet.went_well("Thing", &ObjectKey::new("ns", "a"));
    assert!(worst(begin + MINUTE) < 1.01);
    fleet.forget("Thing", &ObjectKey::new("ns", "a"));
    assert!(worst(begin + 9 * MINUTE).abs() < f64::EPSILON, "another object of that name begins anew");
}
