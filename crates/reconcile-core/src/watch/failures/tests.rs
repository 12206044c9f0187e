//! Reactions by table, and the courses of whole outages as transcripts.

use std::time::{Duration, Instant};

use cluster::Class;
use insta::assert_snapshot;
use kube_runtime::watcher::InitialListStrategy;

use super::{Failures, Reaction};
use crate::key::ObjectKey;
use crate::watch::known::Known;

fn known(objects: usize) -> Known {
    let mut known = Known::default();
    known.begin();
    for number in 0..objects {
        known.seen(ObjectKey::new("ns", number.to_string()), "1");
    }
    known
}

/// A watcher that is still at its first list.
fn listing(streaming: bool) -> Failures {
    let mut failures = Failures { streaming_refused: !streaming, ..Failures::default() };
    failures.begin(&Known::default());
    failures
}

/// One whose list is complete.
fn watching() -> Failures {
    let mut failures = listing(true);
    failures.succeeded(true);
    failures
}

#[test]
fn only_a_list_that_can_deny_nothing_may_be_behind() {
    let streamed = |failures: &mut Failures, objects| {
        failures.begin(&known(objects)) == InitialListStrategy::StreamingList
    };
    let mut failures = Failures::default();
    assert!(streamed(&mut failures, 0));
    assert!(!failures.needs_another_list(&known(0)), "it may begin");
    assert!(failures.needs_another_list(&known(1)), "it would begin again, and something is known");
    assert!(!streamed(&mut failures, 1));
    assert!(!failures.needs_another_list(&known(1)), "a plain list may be repeated");
    assert!(streamed(&mut failures, 0), "everything was deleted");
}

#[test]
fn a_server_without_streamed_lists_is_remembered() {
    let mut failures = listing(true);
    assert_eq!(failures.react(Class::Invalid, true, Instant::now()), Reaction::ListInstead);
    assert_eq!(failures.begin(&Known::default()), InitialListStrategy::ListWatch);
    failures.succeeded(true);
    assert_eq!(failures.begin(&Known::default()), InitialListStrategy::ListWatch);
}

#[test]
fn which_failures_wait_for_somebody() {
    let slow = Duration::from_secs(5);
    let fast = Duration::from_millis(800);
    for (class, at_start, streaming, pause) in [
        (Class::Invalid, true, false, slow),
        (Class::BadRequest, true, false, slow),
        (Class::BadRequest, false, true, slow),
        (Class::Invalid, false, true, slow),
        (Class::Forbidden, true, true, slow),
        (Class::Unauthorized, false, false, slow),
        (Class::NotFound, true, true, slow),
        (Class::Transport, false, true, fast),
        (Class::ServerError, true, true, fast),
        (Class::Throttled, true, true, fast),
    ] {
        let mut failures = listing(streaming);
        let expected = Reaction::Pause { pause, report: true, relist: false };
        let reaction = failures.react(class, at_start, Instant::now());
        assert_eq!(reaction, expected, "{class:?} {at_start} {streaming}");
    }
    for (class, at_start, expected) in [
        (Class::Invalid, true, Reaction::ListInstead),
        (Class::BadRequest, true, Reaction::ListInstead),
        (Class::Expired, true, Reaction::Relist),
        (Class::Expired, false, Reaction::Relist),
    ] {
        assert_eq!(listing(true).react(class, at_start, Instant::now()), expected, "{class:?} {at_start}");
    }
}

/// Failures of these classes, at these seconds, as `seconds: reaction`.
fn course(failures: &mut Failures, failed: &[(u64, Class)]) -> String {
    let start = Instant::now();
    let mut lines = Vec::new();
    for (second, class) in failed {
        let now = start + Duration::from_secs(*second);
        let reaction = failures.react(*class, false, now);
        if matches!(reaction, Reaction::Resume { .. }) {
            failures.resumed(now);
        }
        lines.push(format!("{second}: {reaction:?}"));
    }
    lines.join("\n")
}

#[test]
fn pauses_double_while_a_list_fails_and_one_class_is_reported_once() {
    let failed = [Class::Transport, Class::Transport, Class::ServerError, Class::ServerError].repeat(2);
    let failed: Vec<_> = failed.into_iter().map(|class| (0, class)).collect();
    assert_snapshot!(course(&mut listing(true), &failed), @r"
    0: Pause { pause: 800ms, report: true, relist: false }
    0: Pause { pause: 1.6s, report: false, relist: false }
    0: Pause { pause: 3.2s, report: true, relist: false }
    0: Pause { pause: 6.4s, report: false, relist: false }
    0: Pause { pause: 12.8s, report: true, relist: false }
    0: Pause { pause: 25.6s, report: false, relist: false }
    0: Pause { pause: 30s, report: true, relist: false }
    0: Pause { pause: 30s, report: false, relist: false }
    ");
}

#[test]
fn a_missing_right_is_asked_for_slowly() {
    let failed: Vec<_> = (0..7).map(|second| (second, Class::Forbidden)).collect();
    assert_snapshot!(course(&mut watching(), &failed), @r"
    0: Pause { pause: 5s, report: true, relist: true }
    1: Pause { pause: 10s, report: false, relist: true }
    2: Pause { pause: 20s, report: false, relist: true }
    3: Pause { pause: 40s, report: false, relist: true }
    4: Pause { pause: 80s, report: false, relist: true }
    5: Pause { pause: 120s, report: false, relist: true }
    6: Pause { pause: 120s, report: false, relist: true }
    ");
}

#[test]
fn a_connection_that_breaks_is_resumed_and_one_that_breaks_again_is_listed() {
    let failed = [(0, Class::Transport), (10, Class::Transport)];
    assert_snapshot!(course(&mut watching(), &failed), @r"
    0: Resume { pause: 800ms }
    10: Pause { pause: 1.6s, report: true, relist: true }
    ");
    // The API server closes quiet watches every few minutes: that alone is never reported.
    let failed = [(0, Class::Transport), (11, Class::Transport), (311, Class::Transport)];
    assert_snapshot!(course(&mut watching(), &failed), @r"
    0: Resume { pause: 800ms }
    11: Resume { pause: 1.6s }
    311: Resume { pause: 3.2s }
    ");
}

#[test]
fn an_event_is_a_new_beginning() {
    let mut failures = watching();
    let now = Instant::now();
    for _ in 0..5 {
        failures.react(Class::ServerError, false, now);
        failures.resumed(now);
    }
    failures.succeeded(false);
    let first = Reaction::Resume { pause: Duration::from_millis(800) };
    assert_eq!(failures.react(Class::ServerError, false, now), first);
    failures.resumed(now);
    let second = failures.react(Class::ServerError, false, now);
    assert!(matches!(second, Reaction::Pause { report: true, .. }), "it is reported again: {second:?}");
}

#[test]
fn another_watcher_begins_with_a_list_and_the_pauses_of_the_one_before() {
    let mut failures = watching();
    let now = Instant::now();
    failures.react(Class::Transport, false, now);
    failures.resumed(now);
    failures.react(Class::Transport, false, now);
    failures.begin(&known(1));
    let reaction = failures.react(Class::Transport, false, now);
    let expected = Reaction::Pause { pause: Duration::from_millis(3200), report: false, relist: false };
    assert_eq!(reaction, expected, "the list is not complete, and the class is known");
}
