//! The pure state machine of one source: which event starts, ends or delays a run (contracts/source-controller.md 4.1).
//! What a run does is `reconcile`.

use std::time::{Duration, Instant};

use api::labels;
use kube::core::ObjectMeta;
use reconcile_core::{Backoff, Effect, Lane};

#[cfg(test)]
mod tests;

/// The timer of the next poll or retry. Whether there is anything new is never a question of time: each poll asks the
/// server, and compares revisions.
const POLL: &str = "poll";
/// Between attempts to clean up after an object that is gone.
const CLEAN_AGAIN: Duration = Duration::from_secs(10);
/// Least and longest time after which a source is tried again that costs too much; an interval that is longer is kept.
const THROTTLE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// What of an object can start a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) uid: String,
    pub(crate) generation: i64,
    pub(crate) requested_at: Option<String>,
    pub(crate) deleting: bool,
    /// The token was another one in between: it may be the same again, and is a request all the same.
    pub(crate) asked_between: bool,
}

impl Facts {
    /// Those that the watch shows.
    pub(crate) fn of(metadata: &ObjectMeta) -> Self {
        let annotations = metadata.annotations.as_ref();
        Self {
            uid: metadata.uid.clone().unwrap_or_default(),
            generation: metadata.generation.unwrap_or_default(),
            requested_at: annotations.and_then(|all| all.get(labels::REQUESTED_AT)).cloned(),
            deleting: metadata.deletion_timestamp.is_some(),
            asked_between: false,
        }
    }

    /// Takes in what came later, of the same object.
    pub(crate) fn follow(&mut self, later: Self) {
        let asked = self.asked_between || self.requested_at != later.requested_at;
        *self = Self { asked_between: asked || later.asked_between, ..later };
    }
}

/// Why an object wakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The watch shows it.
    Seen(Facts),
    /// The watch no longer shows it.
    Gone,
    /// Time to ask upstream, or to try again.
    Timer,
    /// Its stored artifact is not what it should be.
    Tampered,
    /// What it is made of has another revision.
    Source,
    /// A run ended.
    Ended(Next),
    /// What was left of a gone object is removed, or could not be.
    Cleaned(bool),
}

/// What follows a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Again after this time.
    After(Duration),
    /// Again after the back-off.
    Retry,
    /// Seldom again, for it cost too much: after this interval, and longer each time.
    Throttled(Duration),
    /// Not before something changes.
    Wait,
    /// There is no such object.
    Absent,
    /// The run was cancelled; whatever did that has started another.
    Cancelled,
}

/// Work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// One run.
    Reconcile,
    /// Remove what is left of an object that is gone.
    Clean {
        /// Its uid.
        uid: String,
    },
}

/// What an object is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    No,
    Reconciling,
    Cleaning,
}

/// What is remembered of an object. After a panic in `step` it is a new one, of an object that may be there and has not
/// been seen.
#[derive(Clone, Debug)]
pub(crate) struct State {
    seen: Option<Facts>,
    busy: Busy,
    again: bool,
    /// The uid of an object that is gone and not cleaned up after.
    gone: Option<String>,
    backoff: Backoff,
    /// How many runs cost too much since anything was changed or asked for.
    excesses: u32,
}

type Effects = Vec<Effect<Job, Event>>;

impl State {
    pub(crate) const fn new(retry: (Duration, Duration)) -> Self {
        let backoff = Backoff::new(retry.0, retry.1);
        Self { seen: None, busy: Busy::No, again: false, gone: None, backoff, excesses: 0 }
    }
}

pub(crate) fn step(state: &mut State, event: Event, now: Instant) -> Effects {
    match event {
        Event::Seen(facts) => seen(state, facts),
        Event::Gone => gone(state),
        Event::Timer if state.gone.is_some() => clean(state),
        Event::Timer | Event::Tampered | Event::Source => start(state),
        // Only a cleaning that panicked ends this way.
        Event::Ended(_) if state.busy == Busy::Cleaning => not_cleaned(state),
        Event::Ended(next) => ended(state, &next, now),
        Event::Cleaned(true) => cleaned(state),
        Event::Cleaned(false) => not_cleaned(state),
    }
}

fn seen(state: &mut State, facts: Facts) -> Effects {
    let before = state.seen.replace(facts);
    if state.gone.is_some() {
        // It came back before the old one was cleaned up; that goes first.
        return Vec::new();
    }
    let (Some(before), Some(facts)) = (before, state.seen.as_ref()) else { return start(state) };
    let other =
        before.uid != facts.uid || before.generation != facts.generation || before.deleting != facts.deleting;
    // Generations only grow and a deletion is not taken back, but a token may be what it was.
    let requested = facts.asked_between || before.requested_at != facts.requested_at;
    if !other && !requested {
        return Vec::new();
    }
    if other {
        // What failed was another spec.
        state.backoff.reset();
    }
    // Somebody wants to know whether it costs too much still.
    state.excesses = 0;
    let mut effects = Vec::new();
    if other && state.busy == Busy::Reconciling {
        effects.push(Effect::Cancel(Lane::Run));
    }
    effects.extend(start(state));
    effects
}

/// Starts a run, or lets one follow the run that is going on.
fn start(state: &mut State) -> Effects {
    if state.gone.is_some() {
        return Vec::new();
    }
    if state.busy != Busy::No {
        state.again = true;
        return Vec::new();
    }
    state.busy = Busy::Reconciling;
    vec![Effect::Unwake(POLL), Effect::Start { lane: Lane::Run, job: Job::Reconcile }]
}

fn ended(state: &mut State, next: &Next, now: Instant) -> Effects {
    state.busy = Busy::No;
    if state.gone.is_some() {
        return clean(state);
    }
    if *next == Next::Absent && state.seen.is_none() {
        // It went while nobody looked. Its uid is not known; what upstreams keep of it goes when the process starts.
        return gone(state);
    }
    if std::mem::take(&mut state.again) {
        return start(state);
    }
    let after = match next {
        Next::After(after) => {
            state.backoff.reset();
            state.excesses = 0;
            *after
        }
        Next::Throttled(interval) => {
            let (min, max) = THROTTLE;
            let min = min.max(*interval);
            let after = Backoff::delay(min, max.max(min), state.excesses);
            state.excesses = state.excesses.saturating_add(1);
            after
        }
        Next::Retry | Next::Cancelled => state.backoff.next(now),
        // The watch is about to say that an absent object is gone.
        Next::Wait | Next::Absent => {
            state.backoff.reset();
            return vec![Effect::Unwake(POLL)];
        }
    };
    vec![Effect::Wake { slot: POLL, after, event: Event::Timer }]
}

fn gone(state: &mut State) -> Effects {
    if state.gone.is_some() {
        // What came in between is gone as well; the cleaning that is under way covers both, because nothing that came
        // in between was run.
        state.seen = None;
        return Vec::new();
    }
    state.gone = Some(state.seen.take().map(|facts| facts.uid).unwrap_or_default());
    state.again = false;
    if state.busy != Busy::No {
        return vec![Effect::Unwake(POLL), Effect::Cancel(Lane::Run)];
    }
    clean(state)
}

fn clean(state: &mut State) -> Effects {
    let Some(uid) = state.gone.clone().filter(|_| state.busy == Busy::No) else { return Vec::new() };
    state.busy = Busy::Cleaning;
    vec![Effect::Unwake(POLL), Effect::Start { lane: Lane::Run, job: Job::Clean { uid } }]
}

fn not_cleaned(state: &mut State) -> Effects {
    state.busy = Busy::No;
    vec![Effect::Wake { slot: POLL, after: CLEAN_AGAIN, event: Event::Timer }]
}

fn cleaned(state: &mut State) -> Effects {
    state.busy = Busy::No;
    state.gone = None;
    state.backoff.reset();
    let mut effects = vec![Effect::Unwake(POLL)];
    if state.seen.is_some() {
        effects.extend(start(state));
    } else {
        effects.push(Effect::Stop);
    }
    effects
}
