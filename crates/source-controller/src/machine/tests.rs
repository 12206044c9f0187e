//! How events wait, and what runs are counted as.

use std::time::Duration;

use api::git_repository::GitRepository;
use reconcile_core::Machine as _;
use reconcile_core::metrics::Outcome;

use super::{Sources, outcome};
use crate::step::{Event, Facts, Next};

fn seen(uid: &str, token: Option<&str>) -> Event {
    Event::Seen(Facts {
        uid: uid.into(),
        generation: 1,
        requested_at: token.map(str::to_owned),
        deleting: false,
        asked_between: false,
    })
}

/// What waits after `new` came, and whether it waits as well.
fn queue(mut queued: Event, new: Event) -> (Event, bool) {
    let waits = Sources::<GitRepository>::coalesce(&mut queued, new).is_some();
    (queued, waits)
}

#[test]
fn what_is_seen_twice_is_one_look_that_forgets_no_request() {
    let (queued, waits) = queue(seen("u", Some("a")), seen("u", Some("b")));
    assert!(!waits);
    let Event::Seen(facts) = queued else { unreachable!("it was seen") };
    assert_eq!((facts.requested_at.as_deref(), facts.asked_between), (Some("b"), true));
    assert_eq!(queue(seen("u", None), seen("v", None)), (seen("u", None), true), "two objects, two lives");
}

#[test]
fn one_wake_is_enough() {
    assert_eq!(queue(Event::Timer, Event::Tampered), (Event::Timer, false));
    assert_eq!(queue(Event::Tampered, Event::Timer), (Event::Tampered, false));
    for (queued, new) in [
        (Event::Timer, seen("u", None)),
        (seen("u", None), Event::Timer),
        (Event::Gone, Event::Gone),
        (Event::Timer, Event::Ended(Next::Wait)),
    ] {
        assert_eq!(queue(queued.clone(), new), (queued, true));
    }
}

#[test]
fn nothing_passes_the_end_of_a_life() {
    assert!(Sources::<GitRepository>::is_barrier(&Event::Gone));
    for event in [Event::Timer, Event::Tampered, seen("u", None), Event::Cleaned(true)] {
        assert!(!Sources::<GitRepository>::is_barrier(&event), "{event:?}");
    }
}

#[test]
fn what_runs_are_counted_as() {
    for (next, expected) in [
        (Next::After(Duration::from_secs(1)), Outcome::RequeueAfter),
        (Next::Retry, Outcome::Error),
        (Next::Throttled(Duration::from_secs(1)), Outcome::Error),
        (Next::Wait, Outcome::Success),
        (Next::Absent, Outcome::Success),
        (Next::Cancelled, Outcome::Requeue),
    ] {
        assert_eq!(outcome(&next), expected, "{next:?}");
    }
}
