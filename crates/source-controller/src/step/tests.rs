//! The state machine, event by event.

use std::time::{Duration, Instant};

use reconcile_core::{Effect, Lane};
use serde_json::json;

use super::{Event, Facts, Job, Next, State, step};
use crate::samples::git_repository;

const MIN: Duration = Duration::from_millis(750);
const MAX: Duration = Duration::from_secs(900);

fn facts(generation: i64, requested: Option<&str>) -> Facts {
    Facts {
        uid: "u".into(),
        generation,
        requested_at: requested.map(str::to_owned),
        deleting: false,
        asked_between: false,
    }
}

#[test]
fn the_facts_of_an_object() {
    let mut object = git_repository(&json!({}));
    let seen = Facts::of(&object.metadata);
    assert_eq!((seen.uid.as_str(), seen.generation, seen.deleting), ("u", 2, false));
    assert_eq!((seen.requested_at, seen.asked_between), (None, false));
    let token = ("reconcile.fluxcd.io/requestedAt".to_owned(), "now".to_owned());
    object.metadata.annotations = Some([token].into());
    object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-02T03:04:05Z")).unwrap();
    let seen = Facts::of(&object.metadata);
    assert_eq!((seen.requested_at.as_deref(), seen.deleting), (Some("now"), true));
}

fn start() -> Effect<Job, Event> {
    Effect::Start { lane: Lane::Run, job: Job::Reconcile }
}

fn wake(after: Duration) -> Vec<Effect<Job, Event>> {
    vec![Effect::Wake { slot: "poll", after, event: Event::Timer }]
}

struct Machine {
    state: State,
    now: Instant,
}

impl Machine {
    fn new() -> Self {
        Self { state: State::new((MIN, MAX)), now: Instant::now() }
    }

    fn on(&mut self, event: Event) -> Vec<Effect<Job, Event>> {
        step(&mut self.state, event, self.now)
    }

    fn started(&mut self, event: Event) {
        assert!(self.on(event.clone()).contains(&start()), "{event:?}");
    }
}

#[test]
fn a_new_generation_or_token_starts_a_run_and_nothing_else_does() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    let minute = Duration::from_secs(60);
    assert_eq!(machine.on(Event::Ended(Next::After(minute))), wake(minute));
    assert_eq!(machine.on(Event::Seen(facts(1, None))), []);
    machine.started(Event::Seen(facts(1, Some("a"))));
    machine.on(Event::Ended(Next::After(minute)));
    machine.started(Event::Seen(facts(2, Some("a"))));
    machine.on(Event::Ended(Next::After(minute)));
    machine.started(Event::Timer);
    machine.on(Event::Ended(Next::After(minute)));
    machine.started(Event::Tampered);
}

#[test]
fn a_new_spec_cancels_a_request_follows() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(machine.on(Event::Seen(facts(1, Some("a")))), []);
    assert_eq!(machine.on(Event::Seen(facts(2, Some("a")))), [Effect::Cancel(Lane::Run)]);
    // One run follows, however many asked for it.
    machine.started(Event::Ended(Next::Cancelled));
    assert_eq!(machine.on(Event::Ended(Next::Wait)), [Effect::Unwake("poll")]);
}

#[test]
fn a_token_that_was_another_one_in_between_is_a_request() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, Some("a"))));
    let minute = Duration::from_secs(60);
    machine.on(Event::Ended(Next::After(minute)));
    // Both wait in the mailbox.
    let mut merged = facts(1, Some("b"));
    merged.follow(facts(1, Some("a")));
    machine.started(Event::Seen(merged));
    machine.on(Event::Ended(Next::After(minute)));
    assert_eq!(machine.on(Event::Seen(facts(1, Some("a")))), [], "asked and answered");
    let mut unchanged = facts(1, Some("a"));
    unchanged.follow(facts(1, Some("a")));
    assert_eq!(machine.on(Event::Seen(unchanged)), []);
}

#[test]
fn failures_back_off_and_success_forgets_them() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    for factor in [1, 2, 4, 8] {
        assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(MIN * factor));
        machine.now += MIN * factor;
        machine.started(Event::Timer);
    }
    machine.on(Event::Ended(Next::After(MAX)));
    machine.started(Event::Timer);
    assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(MIN));
    // Another spec begins with the shortest delay again.
    machine.now += MIN;
    machine.started(Event::Timer);
    machine.on(Event::Ended(Next::Retry));
    machine.started(Event::Seen(facts(2, None)));
    assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(MIN));
}

#[test]
fn what_waits_is_woken_by_a_change_only() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(machine.on(Event::Ended(Next::Wait)), [Effect::Unwake("poll")]);
    assert_eq!(machine.on(Event::Seen(facts(1, None))), []);
    machine.started(Event::Seen(facts(1, Some("now"))));
}

#[test]
fn a_gone_object_is_cleaned_up_after_its_run_ended() {
    let clean = |uid: &str| Effect::Start { lane: Lane::Run, job: Job::Clean { uid: uid.into() } };
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(machine.on(Event::Gone), [Effect::Unwake("poll"), Effect::Cancel(Lane::Run)]);
    assert_eq!(machine.on(Event::Ended(Next::Cancelled)), [Effect::Unwake("poll"), clean("u")]);
    let after = Duration::from_secs(10);
    assert_eq!(machine.on(Event::Cleaned(false)), wake(after));
    assert_eq!(machine.on(Event::Timer), [Effect::Unwake("poll"), clean("u")]);
    assert_eq!(machine.on(Event::Cleaned(true)), [Effect::Unwake("poll"), Effect::Stop]);
}

#[test]
fn a_successor_of_the_same_name_waits_for_the_cleaning() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    machine.on(Event::Ended(Next::After(MAX)));
    let clean = Effect::Start { lane: Lane::Run, job: Job::Clean { uid: "u".into() } };
    assert!(machine.on(Event::Gone).contains(&clean));
    let successor = Facts { uid: "v".into(), ..facts(1, None) };
    assert_eq!(machine.on(Event::Seen(successor)), []);
    let effects = machine.on(Event::Cleaned(true));
    assert!(effects.contains(&start()) && !effects.contains(&Effect::Stop), "{effects:?}");
    // It is a life of its own.
    assert_eq!(machine.on(Event::Ended(Next::Wait)), [Effect::Unwake("poll")]);
    let clean = Effect::Start { lane: Lane::Run, job: Job::Clean { uid: "v".into() } };
    assert!(machine.on(Event::Gone).contains(&clean));
}

/// After a panic in `step` the runtime gives a new state and says that a run ended badly. The watch says nothing.
fn after_a_panic() -> Machine {
    let mut machine = Machine::new();
    assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(MIN));
    machine
}

#[test]
fn a_panic_is_followed_by_a_run_without_a_new_look() {
    let mut machine = after_a_panic();
    machine.now += MIN;
    machine.started(Event::Timer);
    // It may fail for the same reason.
    assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(MIN * 2));
    machine.now += MIN * 2;
    machine.started(Event::Timer);
    let minute = Duration::from_secs(60);
    assert_eq!(machine.on(Event::Ended(Next::After(minute))), wake(minute));
    machine.started(Event::Seen(facts(1, None)));
}

#[test]
fn an_object_that_went_while_its_state_was_lost_is_cleaned_up_after() {
    let clean = Effect::Start { lane: Lane::Run, job: Job::Clean { uid: String::new() } };
    let mut machine = after_a_panic();
    machine.started(Event::Timer);
    assert_eq!(machine.on(Event::Ended(Next::Absent)), [Effect::Unwake("poll"), clean]);
    assert_eq!(machine.on(Event::Cleaned(true)), [Effect::Unwake("poll"), Effect::Stop]);
}

#[test]
fn an_object_that_was_seen_is_not_gone_before_the_watch_says_so() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(machine.on(Event::Ended(Next::Absent)), [Effect::Unwake("poll")]);
    let clean = Effect::Start { lane: Lane::Run, job: Job::Clean { uid: "u".into() } };
    assert!(machine.on(Event::Gone).contains(&clean));
}

#[test]
fn a_cleaning_that_panics_waits_before_it_is_tried_again() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    machine.on(Event::Ended(Next::Wait));
    machine.on(Event::Gone);
    let after = Duration::from_secs(10);
    assert_eq!(machine.on(Event::Ended(Next::Retry)), wake(after));
    let clean = Effect::Start { lane: Lane::Run, job: Job::Clean { uid: "u".into() } };
    assert_eq!(machine.on(Event::Timer), [Effect::Unwake("poll"), clean]);
}

/// Runs that cost too much, and the waits that follow them.
fn throttled(machine: &mut Machine, interval: u64, runs: usize) -> Vec<u64> {
    let mut waits = Vec::new();
    for _ in 0..runs {
        let effects = machine.on(Event::Ended(Next::Throttled(Duration::from_secs(interval))));
        let [Effect::Wake { slot: "poll", after, event: Event::Timer }] = effects.as_slice() else {
            unreachable!("{effects:?}")
        };
        waits.push(after.as_secs());
        machine.now += *after;
        machine.started(Event::Timer);
    }
    waits
}

#[test]
fn what_costs_too_much_is_tried_ever_more_seldom() {
    for (interval, expected) in [
        (1, [60, 120, 240, 480, 960, 1920, 3600, 3600]),
        (600, [600, 1200, 2400, 3600, 3600, 3600, 3600, 3600]),
        (7200, [7200; 8]),
    ] {
        let mut machine = Machine::new();
        machine.started(Event::Seen(facts(1, None)));
        assert_eq!(throttled(&mut machine, interval, 8), expected);
    }
}

#[test]
fn a_spec_a_request_or_a_success_ends_the_throttle() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(throttled(&mut machine, 60, 3), [60, 120, 240]);
    machine.on(Event::Ended(Next::Retry));
    machine.started(Event::Timer);
    assert_eq!(throttled(&mut machine, 60, 1), [480], "a failure of another kind mends nothing");
    machine.on(Event::Ended(Next::Throttled(Duration::from_secs(60))));
    machine.started(Event::Seen(facts(2, None)));
    assert_eq!(throttled(&mut machine, 60, 2), [60, 120]);
    machine.on(Event::Ended(Next::Throttled(Duration::from_secs(60))));
    machine.started(Event::Seen(facts(2, Some("now"))));
    assert_eq!(throttled(&mut machine, 60, 2), [60, 120]);
    machine.on(Event::Ended(Next::After(Duration::from_secs(60))));
    machine.started(Event::Timer);
    assert_eq!(throttled(&mut machine, 60, 1), [60]);
    // What is merely seen again changes nothing.
    machine.on(Event::Ended(Next::Throttled(Duration::from_secs(60))));
    assert_eq!(machine.on(Event::Seen(facts(2, Some("now")))), []);
}

#[test]
fn a_request_during_a_run_is_answered_at_once_whatever_it_cost() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    machine.on(Event::Seen(facts(1, Some("now"))));
    machine.started(Event::Ended(Next::Throttled(Duration::from_secs(60))));
    assert_eq!(throttled(&mut machine, 60, 1), [60]);
}

#[test]
fn a_deletion_cancels_the_run_and_is_handled_by_the_next() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    let deleting = Facts { deleting: true, ..facts(1, None) };
    assert_eq!(machine.on(Event::Seen(deleting)), [Effect::Cancel(Lane::Run)]);
    machine.started(Event::Ended(Next::Cancelled));
    let successor = Facts { uid: "v".into(), ..facts(1, None) };
    assert_eq!(machine.on(Event::Seen(successor)), [Effect::Cancel(Lane::Run)], "another object");
}

#[test]
fn a_cancelled_run_that_nothing_follows_is_tried_again() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    assert_eq!(machine.on(Event::Ended(Next::Cancelled)), wake(MIN));
}

#[test]
fn what_came_back_and_went_again_before_the_cleaning_is_gone() {
    let mut machine = Machine::new();
    machine.started(Event::Seen(facts(1, None)));
    machine.on(Event::Ended(Next::Wait));
    machine.on(Event::Gone);
    assert_eq!(machine.on(Event::Seen(facts(1, None))), []);
    assert_eq!(machine.on(Event::Gone), []);
    assert_eq!(machine.on(Event::Cleaned(true)), [Effect::Unwake("poll"), Effect::Stop]);
}
