//! When an assessment begins.

use std::time::{Duration, Instant};

use reconcile_core::{Effect, Lane};

use super::{Event, State, step};

type E = Effect<u8, Event<u8>>;

fn name(effect: &E) -> String {
    match effect {
        Effect::Start { lane: Lane::Run, job } => format!("start {job}"),
        Effect::Wake { slot, after, event: Event::Due } => format!("{slot} {}", after.as_millis()),
        Effect::Unwake(slot) => format!("no {slot}"),
        Effect::Stop => "stop".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A Kustomization, and what is decided when something happens to it.
struct Case(State<u8>);

impl Case {
    fn new() -> Self {
        Self(State::new(1))
    }

    /// After its first assessment, with nothing to do.
    fn assessed() -> Self {
        let mut case = Self::new();
        case.go(Event::Changed);
        case.go(Event::Due);
        case.ended(2, None);
        case
    }

    fn go(&mut self, event: Event<u8>) -> String {
        step(&mut self.0, event, Instant::now()).iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn ended(&mut self, held: u8, recheck: Option<u64>) -> String {
        self.go(Event::Assessed { held, recheck: recheck.map(Duration::from_secs) })
    }
}

#[test]
fn a_burst_is_one_assessment_and_nothing_is_lost() {
    let mut case = Case::new();
    assert_eq!(case.go(Event::Changed), "settle 30");
    assert_eq!(case.go(Event::Changed), "", "later changes do not put it off");
    assert_eq!(case.go(Event::Due), "no recheck, start 1");
    assert_eq!(case.go(Event::Changed), "", "under way");
    assert_eq!(case.ended(2, Some(5)), "recheck 5000, settle 250");
    assert_eq!(case.go(Event::Due), "no recheck, start 2");
    assert_eq!(case.ended(3, None), "", "nothing changed, nothing ticks");
    assert_eq!(case.go(Event::Changed), "settle 250");
    assert_eq!(case.go(Event::Due), "no recheck, start 3");
    assert_eq!(case.go(Event::Panicked), "recheck 10000");
    assert_eq!(case.go(Event::Due), "no recheck, start 0", "what was held is lost");
    assert_eq!(case.go(Event::Gone), "stop");
}

#[test]
fn only_the_first_verdict_is_quick() {
    assert_eq!(Case::new().go(Event::Changed), "settle 30");
    assert_eq!(Case::assessed().go(Event::Changed), "settle 250");
    let mut panicked = Case::new();
    panicked.go(Event::Due);
    panicked.go(Event::Panicked);
    assert_eq!(panicked.go(Event::Changed), "settle 250", "a panic does not make it new");
}

#[test]
fn time_alone_begins_an_assessment() {
    let mut case = Case::assessed();
    assert_eq!(case.go(Event::Due), "no recheck, start 2");
    assert_eq!(case.ended(3, Some(7)), "recheck 7000");
    assert_eq!(case.go(Event::Due), "no recheck, start 3");
}

#[test]
fn two_timers_at_once_are_one_assessment_and_another_after_it() {
    let mut case = Case::assessed();
    case.go(Event::Changed);
    assert_eq!(case.go(Event::Due), "no recheck, start 2");
    assert_eq!(case.go(Event::Due), "", "one is under way");
    assert_eq!(case.ended(3, None), "settle 250", "what the second one was for may have come too late");
    assert_eq!(case.go(Event::Due), "no recheck, start 3");
    assert_eq!(case.ended(4, None), "");
}

#[test]
fn what_changed_before_an_assessment_is_in_it() {
    let mut case = Case::assessed();
    case.go(Event::Changed);
    case.go(Event::Changed);
    case.go(Event::Due);
    assert_eq!(case.ended(3, None), "", "all of it was looked at");
}

#[test]
fn what_changed_during_an_assessment_that_panicked_is_looked_at_after_it() {
    let mut case = Case::assessed();
    case.go(Event::Due);
    case.go(Event::Changed);
    assert_eq!(case.go(Event::Panicked), "recheck 10000");
    assert_eq!(case.go(Event::Changed), "settle 250", "and at once if more happens");
}

#[test]
fn a_deletion_ends_it_at_any_time() {
    assert_eq!(Case::new().go(Event::Gone), "stop");
    let mut busy = Case::assessed();
    busy.go(Event::Due);
    assert_eq!(busy.go(Event::Gone), "stop");
}
