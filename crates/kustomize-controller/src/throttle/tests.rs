//! When what cost too much may be tried again.

use super::{Attempt, Moment, Throttles};
use crate::fault::FaultKind;
use crate::samples::{key, kustomization};
use api::labels;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn attempt(more: &Value, artifact: &str) -> Attempt {
    Attempt::of(&kustomization(more), artifact)
}

fn moment(instant: Instant) -> Moment {
    Moment { instant, shown: "2026-01-01T00:00:00.5Z".parse().unwrap() }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn delays_double_from_the_interval_to_an_hour() {
    let rows = [
        (Duration::from_millis(1), [1, 2, 4, 8, 16, 32, 60, 60]),
        (minutes(1), [1, 2, 4, 8, 16, 32, 60, 60]),
        (minutes(10), [10, 20, 40, 60, 60, 60, 60, 60]),
        (minutes(120), [120; 8]),
    ];
    for (interval, wanted) in rows {
        let (throttles, mut now) = (Throttles::default(), Instant::now());
        let same = attempt(&json!({}), "a");
        for wanted in wanted {
            let fault = throttles.exceeded(&key("app"), same.clone(), interval, "too much", moment(now));
            assert_eq!((fault.kind, fault.after), (FaultKind::BuildExceeded, Some(minutes(wanted))));
            now += minutes(wanted);
            assert!(throttles.check(&key("app"), &same, now).is_none(), "it may be tried again");
        }
    }
}

#[test]
fn what_comes_too_early_ends_in_the_same_words() {
    let (throttles, now) = (Throttles::default(), Instant::now());
    let same = attempt(&json!({}), "a");
    assert!(throttles.check(&key("app"), &same, now).is_none());
    let first = throttles.exceeded(&key("app"), same.clone(), minutes(10), "too much", moment(now));
    insta::assert_snapshot!(first.message, @"too much; the same input is not built again before 2026-01-01T00:10:00Z, unless artifact or spec change or a reconciliation is requested");
    let early = throttles.check(&key("app"), &same, now + minutes(4)).unwrap();
    assert_eq!((early.kind, early.after), (FaultKind::Throttled, Some(minutes(6))));
    assert_eq!(early.message, first.message, "nothing changes in the status");
    assert!(throttles.check(&key("other"), &same, now).is_none(), "it concerns nobody else");
}

#[test]
fn another_input_or_a_request_is_tried_at_once_and_counts_from_the_first() {
    let others = [
        attempt(&json!({}), "b"),
        attempt(&json!({"metadata": {"generation": 4}}), "a"),
        attempt(&json!({"metadata": {"uid": "successor"}}), "a"),
        attempt(&json!({"metadata": {"annotations": {labels::REQUESTED_AT: "now"}}}), "a"),
    ];
    for other in others {
        let (throttles, now) = (Throttles::default(), Instant::now());
        let same = attempt(&json!({}), "a");
        for _ in 0..4 {
            throttles.exceeded(&key("app"), same.clone(), minutes(1), "too much", moment(now));
        }
        assert!(throttles.check(&key("app"), &same, now).is_some());
        assert!(throttles.check(&key("app"), &other, now).is_none(), "{other:?}");
        let fault = throttles.exceeded(&key("app"), other, minutes(1), "too much", moment(now));
        assert_eq!(fault.after, Some(minutes(1)));
    }
}

#[test]
fn a_build_that_ends_well_is_remembered_no_more() {
    let (throttles, now) = (Throttles::default(), Instant::now());
    let same = attempt(&json!({}), "a");
    throttles.exceeded(&key("app"), same.clone(), minutes(1), "too much", moment(now));
    throttles.forget(&key("app"));
    assert!(throttles.check(&key("app"), &same, now).is_none());
    assert!(throttles.by_key.lock().is_empty());
}

#[test]
fn an_interval_beyond_every_clock_is_no_panic() {
    let (throttles, now) = (Throttles::default(), Instant::now());
    let fault =
        throttles.exceeded(&key("app"), attempt(&json!({}), "a"), Duration::MAX, "too much", moment(now));
    insta::assert_snapshot!(fault.message, @"too much; the same input is not built again, unless artifact or spec change or a reconciliation is requested");
}
