//! What is told of ignored fields, since when, and how many.

use super::Ignored;
use crate::samples::id;
use api::drift_report::MAX_IGNORED;
use apply::LeftAlone;
use apply::difference::{Masking, differences};
use jiff::Timestamp;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn left(key: &str, live: &str, rule: &str) -> LeftAlone {
    let (desired, live) = (json!({"data": {key: "1"}}), json!({"data": {key: live}}));
    let field = differences(&desired, &live, &[], &Masking::default()).remove(0);
    LeftAlone { rule: rule.to_owned(), field }
}

fn told(ignored: &Ignored) -> Vec<String> {
    ignored
        .told()
        .iter()
        .map(|field| {
            let since = field.since.0.duration_since(at(0)).as_secs();
            format!("{} {} by {} since {since}", field.path, field.live.as_deref().unwrap_or("-"), field.rule)
        })
        .collect()
}

#[test]
fn a_field_is_told_since_it_was_seen_first() {
    let mut ignored = Ignored::default();
    assert!(ignored.found(&id("a"), &[left("x", "2", "spec.ignore[0]")], at(1)));
    assert!(!ignored.found(&id("a"), &[left("x", "2", "spec.ignore[0]")], at(2)));
    assert!(ignored.found(
        &id("a"),
        &[left("x", "3", "spec.ignore[0]"), left("y", "2", "spec.ignore[1]")],
        at(3)
    ));
    assert_eq!(
        told(&ignored),
        ["/data/x \"3\" by spec.ignore[0] since 1", "/data/y \"2\" by spec.ignore[1] since 3",]
    );
    assert!(ignored.found(&id("a"), &[left("x", "3", "spec.ignore[2]")], at(4)), "by another rule");
    assert_eq!(told(&ignored), ["/data/x \"3\" by spec.ignore[2] since 4"]);
    assert!(!ignored.found(&id("b"), &[], at(5)));
    assert!(ignored.found(&id("a"), &[], at(6)) && ignored.is_empty());
}

#[test]
fn what_was_written_before_keeps_its_time() {
    let mut written = Ignored::default();
    written.found(&id("a"), &[left("x", "2", "r")], at(1));
    written.found(&id("b"), &[left("x", "2", "r")], at(2));
    let mut ignored = Ignored::default();
    ignored.found(&id("a"), &[left("x", "9", "r")], at(100));
    ignored.restore(&written.told());
    assert_eq!(told(&ignored), ["/data/x \"9\" by r since 1", "/data/x \"2\" by r since 2"]);
    assert!(ignored.keep(&|kept| *kept == id("b")));
    assert_eq!(told(&ignored), ["/data/x \"2\" by r since 2"]);
}

#[test]
fn there_are_not_too_many() {
    let mut ignored = Ignored::default();
    let many: Vec<LeftAlone> = (0..600).map(|n| left(&format!("k{n}"), "2", "r")).collect();
    for name in ["a", "b", "c"] {
        ignored.found(&id(name), &many, at(1));
    }
    assert_eq!((ignored.count(), ignored.told().len()), (1000, MAX_IGNORED));
}
