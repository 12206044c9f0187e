//! Aggregation as client-go does it.

use std::time::{Duration, Instant};

use super::{LIFETIME, Plan, Series, WINDOW};
use crate::events::tests::event;
use crate::events::{Event, Severity};

/// Plans an event and carries a creation out; the text of the plan.
fn publish(series: &mut Series, event: &Event, now: Instant, name: &str) -> String {
    match series.plan(event, now) {
        Plan::Create { key, message } => {
            series.created(key, name.to_owned(), now);
            format!("create {name}: {message}")
        }
        Plan::Patch { name, count, message, folded, .. } => {
            format!("patch {name} {count} {}", if folded { &message } else { "" })
        }
    }
}

#[test]
fn equal_events_count_up_and_different_ones_do_not() {
    let mut series = Series::default();
    let now = Instant::now();
    let base = event("a", Severity::Info, "R", "m");
    assert_eq!(publish(&mut series, &base, now, "e1"), "create e1: m");
    assert_eq!(publish(&mut series, &base, now, "e2"), "patch e1 2 ");
    assert_eq!(publish(&mut series, &base, now, "e2"), "patch e1 3 ");
    for (number, other) in [
        event("b", Severity::Info, "R", "m"),
        event("a", Severity::Error, "R", "m"),
        event("a", Severity::Info, "S", "m"),
        event("a", Severity::Info, "R", "n"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("o{number}");
        assert!(publish(&mut series, other, now, &name).starts_with("create"), "{other:?}");
    }
    // A Trace is Normal too.
    assert_eq!(publish(&mut series, &event("a", Severity::Trace, "R", "m"), now, "e2"), "patch e1 4 ");
}

#[test]
fn old_and_lost_events_are_created_again() {
    let mut series = Series::default();
    let now = Instant::now();
    let base = event("a", Severity::Info, "R", "m");
    publish(&mut series, &base, now, "e1");
    let later = now + Duration::from_secs(3600);
    assert_eq!(publish(&mut series, &base, later, "e2"), "create e2: m");
    let Plan::Patch { key, .. } = series.plan(&base, later) else { panic!("a patch") };
    series.lost(key);
    assert_eq!(publish(&mut series, &base, later, "e3"), "create e3: m");
}

#[test]
fn an_event_that_is_created_again_has_the_whole_message() {
    let mut series = Series::default();
    let now = Instant::now();
    for number in 0..11_u32 {
        publish(&mut series, &event("a", Severity::Info, "R", &format!("m{number}")), now, "e");
    }
    let folded = series.plan(&event("a", Severity::Info, "R", "m11"), now);
    let Plan::Patch { message, folded: true, .. } = folded else { panic!("{folded:?}") };
    assert_eq!(message, "(combined from similar events): m11");
    let single = series.plan(&event("a", Severity::Info, "R", "m0"), now);
    let Plan::Patch { message, folded: false, .. } = single else { panic!("{single:?}") };
    assert_eq!(message, "m0");
}

#[test]
fn many_different_messages_are_folded_within_the_window() {
    let mut series = Series::default();
    let now = Instant::now();
    let say = |number: u32| event("a", Severity::Info, "R", &format!("m{number}"));
    for number in 0..10 {
        assert_eq!(publish(&mut series, &say(number), now, "e"), format!("create e: m{number}"));
    }
    assert_eq!(
        publish(&mut series, &say(10), now, "folded"),
        "create folded: (combined from similar events): m10"
    );
    assert_eq!(
        publish(&mut series, &say(11), now, "x"),
        "patch folded 2 (combined from similar events): m11"
    );
    // Another reason is another group; after a quiet window the count begins again.
    assert_eq!(publish(&mut series, &event("a", Severity::Info, "S", "m"), now, "s"), "create s: m");
    let later = now + Duration::from_secs(601);
    assert_eq!(publish(&mut series, &say(12), later, "y"), "create y: m12");
}

#[test]
fn memory_of_events_is_bounded() {
    let mut series = Series::default();
    let mut now = Instant::now();
    for number in 0..20_000_u32 {
        now += Duration::from_millis(1);
        publish(&mut series, &event(&number.to_string(), Severity::Info, "R", "m"), now, "e");
    }
    assert!(series.len() <= 4096, "{}", series.len());
}

#[test]
fn the_window_and_the_lifetime_end_where_client_go_ends_them() {
    let mut series = Series::default();
    let start = Instant::now();
    let say = |number: u32| event("a", Severity::Info, "R", &format!("m{number}"));
    for number in 0..10 {
        publish(&mut series, &say(number), start, "e");
    }
    let folded = publish(&mut series, &say(10), start + WINDOW, "f");
    assert!(folded.contains("combined"), "the window's last moment: {folded}");
    let quiet = start + 2 * WINDOW + Duration::from_nanos(1);
    assert_eq!(publish(&mut series, &say(11), quiet, "g"), "create g: m11", "counted from the last event");

    let mut series = Series::default();
    publish(&mut series, &say(0), start, "e1");
    let last = start + LIFETIME - Duration::from_nanos(1);
    assert_eq!(publish(&mut series, &say(0), last, "e2"), "patch e1 2 ");
    assert_eq!(publish(&mut series, &say(0), last + LIFETIME, "e2"), "create e2: m0");
}

#[test]
fn counts_end_at_the_largest_number() {
    let mut series = Series::default();
    let now = Instant::now();
    let base = event("a", Severity::Info, "R", "m");
    publish(&mut series, &base, now, "e");
    for known in series.known.values_mut() {
        known.count = i32::MAX;
    }
    assert_eq!(publish(&mut series, &base, now, "e"), format!("patch e {} ", i32::MAX));
}

#[test]
fn when_memory_is_full_the_series_used_last_are_kept() {
    let mut series = Series::default();
    let mut now = Instant::now();
    let first = event("first", Severity::Info, "R", "m");
    publish(&mut series, &first, now, "e");
    for number in 0..4096_u32 {
        now += Duration::from_millis(1);
        publish(&mut series, &event(&number.to_string(), Severity::Info, "R", "m"), now, "e");
        publish(&mut series, &first, now, "x");
    }
    assert!(publish(&mut series, &first, now, "x").starts_with("patch e "), "it was used all the time");
    let forgotten = publish(&mut series, &event("0", Severity::Info, "R", "m"), now, "x");
    assert_eq!(forgotten, "create x: m", "nobody spoke of it again");
}
