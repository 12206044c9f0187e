//! When waiting makes no sense any more.

use serde_json::{Value, json};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

/// Blockers of the object `ConfigMap/apps/a`, since second 0.
fn blockers(codes: &[&str]) -> Vec<Blocker> {
    let all: Vec<Value> = codes
        .iter()
        .map(|code| json!({"code": code, "object": "ConfigMap/apps/a", "message": "m", "since": at(0).to_string()}))
        .collect();
    serde_json::from_value(json!(all)).expect("blockers")
}

/// At which second waiting ends that began at `begin` and sees the same all the time.
fn ends(codes: &[&str], run: Run, begin: i64) -> Option<i64> {
    let mut standing = Standing::default();
    (begin..200).find(|second| {
        let clock = Duration::from_secs(u64::try_from(second - begin).expect("a time"));
        standing.is_for_good(&blockers(codes), run, clock, at(*second))
    })
}

#[test]
fn what_is_certain_is_waited_for_until_it_has_lasted() {
    let run = Run::default();
    assert_eq!(ends(&["BuildFailed"], run, 0), Some(60));
    assert_eq!(ends(&["HealthFailed"], run, 0), Some(60), "an image that could not be pulled once");
    assert_eq!(ends(&["BuildFailed"], run, 100), Some(110), "it may just have been mended");
    assert_eq!(ends(&["DependencyNotReady", "BuildFailed"], run, 0), Some(60));
    for code in ["DependencyNotReady", "SourceNotReady", "StaleStatus", "ANewOne"] {
        assert_eq!(ends(&[code], run, 0), None, "{code}");
    }
}

#[test]
fn a_circle_of_dependencies_is_for_good() {
    let run = Run { is_in_circle: true, ..Run::default() };
    assert_eq!(ends(&["DependencyNotReady"], run, 0), Some(60));
    assert_eq!(ends(&["DependencyNotReady"], Run { is_due: true, ..run }, 0), Some(60));
}

#[test]
fn what_is_due_is_waited_for() {
    assert_eq!(ends(&["BuildFailed"], Run { is_due: true, ..Run::default() }, 0), None);
}

#[test]
fn a_run_that_was_given_up_is_not_waited_for() {
    assert_eq!(ends(&[], Run { is_stalled: true, ..Run::default() }, 0), Some(0));
}

#[test]
fn what_comes_and_goes_is_waited_for() {
    let mut standing = Standing::default();
    for second in 0..200 {
        let codes: &[&str] = if second % 8 == 0 { &[] } else { &["QuotaExceeded"] };
        let clock = Duration::from_secs(second);
        let now = at(i64::try_from(second).expect("a time"));
        assert!(!standing.is_for_good(&blockers(codes), Run::default(), clock, now), "{second}");
    }
}

#[test]
fn what_a_kustomization_says_of_its_runs() {
    let of = |status: Value, desired: Option<&str>| {
        let object = serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "web", "namespace": "apps", "generation": 2},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
            "status": status}));
        let run = Run::of(&object.expect("a Kustomization"), desired);
        (run.is_stalled, run.is_due)
    };
    let status = |type_: &str, generation: i64| {
        json!({"observedGeneration": -1, "lastAttemptedRevision": "main@sha1:a", "conditions": [
            {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "m", "observedGeneration": 2,
             "lastTransitionTime": "2026-11-25T09:00:00Z"},
            {"type": type_, "status": "True", "reason": "R", "message": "m", "observedGeneration": generation,
             "lastTransitionTime": "2026-11-25T09:00:00Z"}]})
    };
    assert_eq!(of(status("Reconciling", 2), Some("main@sha1:a")), (false, false));
    assert_eq!(of(status("Reconciling", 2), None), (false, false), "the source may not be read");
    assert_eq!(of(status("Reconciling", 2), Some("main@sha1:b")), (false, true), "a newer revision");
    assert_eq!(of(status("Stalled", 2), Some("main@sha1:a")), (true, false));
    assert_eq!(of(status("Stalled", 1), Some("main@sha1:a")), (false, false), "it has been changed since");
    assert_eq!(of(status("Ready", 2), None), (false, false));
    assert_eq!(of(json!({}), None), (false, true), "it has not been seen");
}
