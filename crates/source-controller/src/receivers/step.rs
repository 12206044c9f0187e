//! The pure state machine of one Receiver: when it is looked at. What a look does is `look`'s.

use std::time::{Duration, Instant};

use reconcile_core::{Backoff, Effect, Lane};

use crate::step::Facts;

#[cfg(test)]
mod tests;

/// The timer of the next look.
const AGAIN: &str = "again";

/// Why an object wakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The watch shows it.
    Seen(Facts),
    /// The watch no longer shows it.
    Gone,
    /// Time to look again, or its Secret is another one.
    Timer,
    /// A look ended.
    Ended(Next),
    /// Nothing is left of it.
    Forgotten,
    /// A job ended in a panic.
    Panicked,
}

/// What follows a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another after this time.
    After(Duration),
    /// Another after the back-off.
    Retry,
    /// None before something changes.
    Wait,
}

/// Work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Look at spec and Secret.
    Look,
    /// Take the path away.
    Forget,
}

/// What is remembered of an object.
#[derive(Clone, Debug)]
pub(super) struct State {
    seen: Option<Facts>,
    busy: bool,
    again: bool,
    /// It is gone, and being forgotten.
    going: bool,
    backoff: Backoff,
}

impl State {
    pub(super) const fn new(retry: (Duration, Duration)) -> Self {
        Self { seen: None, busy: false, again: false, going: false, backoff: Backoff::new(retry.0, retry.1) }
    }
}

type Effects = Vec<Effect<Job, Event>>;

pub(super) fn step(state: &mut State, event: Event, now: Instant) -> Effects {
    match event {
        Event::Seen(facts) => seen(state, facts),
        Event::Gone => gone(state),
        Event::Timer => start(state),
        Event::Ended(next) => ended(state, next, now),
        Event::Panicked if state.going => forgotten(state),
        Event::Panicked => ended(state, Next::Retry, now),
        Event::Forgotten => forgotten(state),
    }
}

fn seen(state: &mut State, facts: Facts) -> Effects {
    if state.seen.as_ref() == Some(&facts) {
        return Vec::new();
    }
    state.seen = Some(facts);
    state.backoff.reset();
    start(state)
}

fn start(state: &mut State) -> Effects {
    if state.going {
        return Vec::new();
    }
    if state.busy {
        state.again = true;
        return Vec::new();
    }
    state.busy = true;
    vec![Effect::Unwake(AGAIN), Effect::Start { lane: Lane::Run, job: Job::Look }]
}

fn gone(state: &mut State) -> Effects {
    state.seen = None;
    state.again = false;
    if std::mem::replace(&mut state.going, true) {
        return Vec::new();
    }
    // What is being looked at ends first, so that nothing of it comes after.
    vec![
        Effect::Unwake(AGAIN),
        Effect::Cancel(Lane::Run),
        Effect::Start { lane: Lane::Run, job: Job::Forget },
    ]
}

fn ended(state: &mut State, next: Next, now: Instant) -> Effects {
    if state.going {
        return Vec::new();
    }
    state.busy = false;
    if std::mem::take(&mut state.again) {
        return start(state);
    }
    let after = match next {
        Next::After(after) => {
            state.backoff.reset();
            after
        }
        Next::Retry => state.backoff.next(now),
        Next::Wait => return Vec::new(),
    };
    vec![Effect::Wake { slot: AGAIN, after, event: Event::Timer }]
}

fn forgotten(state: &mut State) -> Effects {
    state.going = false;
    state.busy = false;
    if state.seen.is_some() { start(state) } else { vec![Effect::Stop] }
}
