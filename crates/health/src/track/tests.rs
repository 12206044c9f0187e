//! Looks one after the other, and what is shown; then any looks at all, and what must never be shown.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{BUSY_AFTER, DEGRADED_AFTER, Track, UP_AFTER};
use crate::state::{Judgement, State};

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn look(state: State, generation: i64) -> Judgement {
    Judgement { generation: Some(generation), ..Judgement::new(state, "", "") }
}

fn relapsing(generation: i64) -> Judgement {
    Judgement { relapse_after: Some(Duration::from_secs(30)), ..look(State::Progressing, generation) }
}

/// Looks at seconds; what is shown then.
#[track_caller]
fn check(track: &mut Track, seconds: i64, look: &Judgement, wanted: State) {
    let shown = track.see(look, at(seconds));
    assert_eq!(shown.state, wanted, "after {seconds} s");
    assert_eq!(track.shown(), Some((shown.state, shown.since)));
}

#[test]
fn a_rollout_is_progressing_and_then_well_for_two_seconds() {
    let mut track = Track::default();
    check(&mut track, 0, &look(State::Healthy, 1), State::Healthy);
    check(&mut track, 10, &relapsing(2), State::Progressing);
    check(&mut track, 200, &relapsing(2), State::Progressing);
    let shown = track.see(&look(State::Healthy, 2), at(201));
    assert_eq!((shown.state, shown.recheck), (State::Progressing, Some(UP_AFTER)));
    check(&mut track, 202, &relapsing(2), State::Progressing);
    check(&mut track, 203, &look(State::Healthy, 2), State::Progressing);
    let shown = track.see(&look(State::Healthy, 2), at(205));
    assert_eq!((shown.state, shown.since, shown.recheck), (State::Healthy, at(203), None));
}

#[test]
fn what_was_well_at_this_generation_and_is_not_is_degraded() {
    let mut track = Track::default();
    check(&mut track, 0, &look(State::Healthy, 1), State::Healthy);
    let shown = track.see(&relapsing(1), at(100));
    assert_eq!((shown.state, shown.recheck), (State::Healthy, Some(DEGRADED_AFTER)));
    check(&mut track, 129, &relapsing(1), State::Healthy);
    let shown = track.see(&relapsing(1), at(130));
    assert_eq!((shown.state, shown.since, shown.regressed), (State::Degraded, at(100), true));
    // Its repair at another generation is a rollout, which has not been well yet.
    let shown = track.see(&relapsing(2), at(140));
    assert_eq!((shown.state, shown.regressed), (State::Progressing, false));
    check(&mut track, 400, &relapsing(2), State::Progressing);
}

#[test]
fn what_comes_and_goes_is_not_shown() {
    let mut track = Track::default();
    check(&mut track, 0, &look(State::Healthy, 1), State::Healthy);
    for round in 1..20 {
        check(&mut track, round * 40, &relapsing(1), State::Healthy);
        check(&mut track, round * 40 + 20, &look(State::Healthy, 1), State::Healthy);
    }
    // Its controller looks after it each interval.
    check(&mut track, 1000, &look(State::Progressing, 1), State::Healthy);
    check(&mut track, 1004, &look(State::Healthy, 1), State::Healthy);
    check(&mut track, 1010, &look(State::Progressing, 1), State::Healthy);
    check(&mut track, 1010 + 5, &look(State::Progressing, 1), State::Progressing);
    assert_eq!(BUSY_AFTER, Duration::from_secs(5));
    check(&mut track, 90_000, &look(State::Progressing, 1), State::Progressing);
}

#[test]
fn a_fault_is_shown_once_it_lasts_or_is_certain() {
    let failing = look(State::Degraded, 1);
    let certain = Judgement { certain: true, ..failing.clone() };
    let mut track = Track::default();
    check(&mut track, 0, &look(State::Progressing, 1), State::Progressing);
    let shown = track.see(&failing, at(10));
    assert_eq!((shown.state, shown.recheck), (State::Progressing, Some(DEGRADED_AFTER)));
    // It shows under alternating names.
    check(&mut track, 20, &look(State::Progressing, 1), State::Progressing);
    check(&mut track, 39, &failing, State::Progressing);
    check(&mut track, 40, &failing, State::Degraded);
    check(&mut track, 50, &look(State::Progressing, 1), State::Degraded);
    check(&mut track, 60, &failing, State::Degraded);
    check(&mut track, 61, &look(State::Progressing, 2), State::Progressing);
    check(&mut track, 62, &certain, State::Degraded);
    check(&mut track, 63, &look(State::Healthy, 1), State::Degraded);
    check(&mut track, 65, &look(State::Healthy, 1), State::Healthy);
}

#[test]
fn rest_absence_and_deletion_are_shown_at_once() {
    let mut track = Track::default();
    check(&mut track, 0, &look(State::Healthy, 1), State::Healthy);
    check(&mut track, 1, &look(State::Suspended, 1), State::Suspended);
    check(&mut track, 2, &look(State::Terminating, 1), State::Terminating);
    check(&mut track, 3, &Judgement::missing(), State::Missing);
    check(&mut track, 4, &look(State::Progressing, 1), State::Progressing);
}

#[test]
fn the_first_look_is_taken_as_it_is_unless_the_object_is_young() {
    for (state, age, shown) in [
        (State::Healthy, Some(1), State::Healthy),
        (State::Healthy, Some(2), State::Healthy),
        (State::Healthy, None, State::Healthy),
        (State::Degraded, Some(10), State::Progressing),
        (State::Degraded, Some(30), State::Degraded),
        (State::Suspended, Some(0), State::Suspended),
    ] {
        let created = age.map(|age| at(-age));
        let first = Judgement { created, ..look(state, 1) };
        check(&mut Track::default(), 0, &first, shown);
    }
}

#[test]
fn after_a_restart_what_was_shown_still_is() {
    let mut track = Track::restored(State::Healthy, at(-1000));
    let shown = track.see(&look(State::Healthy, 7), at(0));
    assert_eq!((shown.state, shown.since), (State::Healthy, at(-1000)));
    let mut track = Track::restored(State::Healthy, at(-1000));
    check(&mut track, 0, &relapsing(7), State::Progressing);
    check(&mut track, 100, &relapsing(7), State::Progressing);
    let mut track = Track::restored(State::Degraded, at(-1000));
    let shown = track.see(&look(State::Degraded, 7), at(0));
    assert_eq!((shown.state, shown.since), (State::Degraded, at(-1000)));
}

#[test]
fn a_clock_that_was_set_back_stops_nothing() {
    let mut track = Track::default();
    check(&mut track, 1000, &look(State::Progressing, 1), State::Progressing);
    check(&mut track, 1001, &look(State::Healthy, 1), State::Progressing);
    check(&mut track, 0, &look(State::Healthy, 1), State::Progressing);
    let shown = track.see(&look(State::Healthy, 1), at(2));
    assert_eq!(shown.state, State::Healthy);
    assert!(shown.since <= at(2));
}

fn states() -> impl Strategy<Value = State> {
    prop::sample::select(vec![
        State::Healthy,
        State::Healthy,
        State::Progressing,
        State::Progressing,
        State::Degraded,
        State::Suspended,
        State::Unknown,
        State::Missing,
        State::Terminating,
    ])
}

/// One look: how long after the one before, and what it says.
fn looks() -> impl Strategy<Value = (i64, Judgement)> {
    (
        0..45_i64,
        states(),
        1..3_i64,
        any::<bool>(),
        prop::option::of(prop::sample::select(vec![30_u64, 120])),
        any::<bool>(),
    )
        .prop_map(|(pause, state, generation, certain, relapse, young)| {
            let judgement = Judgement {
                certain,
                relapse_after: relapse.map(Duration::from_secs),
                created: young.then(|| at(-1)),
                ..look(state, generation)
            };
            (pause, judgement)
        })
}

proptest! {
    #[test]
    fn nothing_is_shown_that_has_not_been_so(looks in prop::collection::vec(looks(), 1..60)) {
        let mut track = Track::default();
        let mut seconds = 0;
        // Since when the looks say without interruption what they say, and since when one said last that it is well.
        let mut same: Option<(State, i64)> = None;
        let mut before: Option<State> = None;
        let mut healthy_once = Vec::new();
        let mut last_since = at(-2);
        for (pause, look) in looks {
            seconds += pause;
            if same.is_none_or(|(state, _)| state != look.state) {
                same = Some((look.state, seconds));
            }
            let lasted = seconds - same.unwrap().1;
            let generation = look.generation.unwrap();
            let shown = track.see(&look, at(seconds));
            if let Some(before) = before.filter(|before| *before != shown.state) {
                if shown.state == State::Healthy {
                    prop_assert!(look.state == State::Healthy && lasted >= 2, "well for {lasted} s only");
                }
                if shown.regressed {
                    prop_assert!(healthy_once.contains(&generation), "it never was well at {generation}");
                }
                if shown.state == State::Degraded {
                    prop_assert!(look.state == State::Degraded || (shown.regressed && look.state == State::Progressing));
                }
                if matches!(look.state, State::Missing | State::Terminating | State::Suspended) {
                    prop_assert_eq!(shown.state, look.state, "before: {:?}", before);
                }
            }
            prop_assert!(shown.since <= at(seconds));
            prop_assert!(shown.since >= last_since, "since never goes back");
            // Whatever is waited for comes by itself.
            if shown.state != look.state && !shown.regressed {
                prop_assert!(shown.recheck.is_some(), "{:?} is shown for {:?}", shown.state, look.state);
            }
            if shown.state == State::Healthy && look.state == State::Healthy {
                healthy_once.push(generation);
            }
            last_since = shown.since;
            before = Some(shown.state);
        }
    }

    #[test]
    fn what_stays_is_shown_in_the_end(first in prop::collection::vec(looks(), 0..20), last in looks()) {
        let mut track = Track::default();
        let mut seconds = 0;
        for (pause, look) in &first {
            seconds += pause;
            track.see(look, at(seconds));
        }
        let look = Judgement { generation: Some(9), ..last.1 };
        let mut looked = 0;
        loop {
            let shown = track.see(&look, at(seconds));
            looked += 1;
            let Some(recheck) = shown.recheck else {
                prop_assert_eq!(shown.state, look.state, "at a generation that never was well before");
                break;
            };
            prop_assert!(looked < 10, "it asks to be looked at for ever");
            seconds += i64::try_from(recheck.as_secs()).unwrap() + i64::from(recheck.subsec_nanos() > 0);
        }
    }
}
