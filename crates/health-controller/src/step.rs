//! When a Kustomization is assessed: soon after something changed, bursts together, and again when time alone changes
//! the answer. Pure.

use std::time::{Duration, Instant};

use reconcile_core::{Effect, Lane};

/// How long a burst is collected before it is assessed.
const BURST: Duration = Duration::from_millis(250);
/// The first verdict is quick.
const FIRST: Duration = Duration::from_millis(30);
/// After a panic.
const PANICKED: Duration = Duration::from_secs(10);

const SETTLE: &str = "settle";
const RECHECK: &str = "recheck";

/// Why the object wakes. `H` is what is held of it between assessments.
#[derive(Debug)]
pub(crate) enum Event<H> {
    /// Something that it depends on changed.
    Changed,
    /// Time to assess.
    Due,
    /// An assessment ended.
    Assessed {
        /// What is held until the next one.
        held: H,
        /// When time alone makes the next one necessary.
        recheck: Option<Duration>,
    },
    /// The assessment panicked; what was held is lost.
    Panicked,
    /// The Kustomization is gone.
    Gone,
}

/// What a machine knows of one object.
#[derive(Debug)]
pub(crate) struct State<H> {
    /// `None` while an assessment has it.
    held: Option<H>,
    /// Something changed during the assessment.
    dirty: bool,
    /// The next assessment has its time already; later changes do not put it off.
    armed: bool,
    assessed: bool,
}

impl<H> State<H> {
    pub(crate) const fn new(held: H) -> Self {
        Self { held: Some(held), dirty: false, armed: false, assessed: false }
    }
}

/// Decides.
pub(crate) fn step<H: Default>(
    state: &mut State<H>,
    event: Event<H>,
    _now: Instant,
) -> Vec<Effect<H, Event<H>>> {
    match event {
        Event::Changed if state.held.is_none() => {
            state.dirty = true;
            Vec::new()
        }
        Event::Changed => arm(state),
        Event::Due => {
            state.armed = false;
            match state.held.take() {
                Some(held) => {
                    state.dirty = false;
                    vec![Effect::Unwake(RECHECK), Effect::Start { lane: Lane::Run, job: held }]
                }
                None => {
                    state.dirty = true;
                    Vec::new()
                }
            }
        }
        Event::Assessed { held, recheck } => {
            state.held = Some(held);
            state.assessed = true;
            let mut effects = Vec::new();
            if let Some(after) = recheck {
                effects.push(Effect::Wake { slot: RECHECK, after, event: Event::Due });
            }
            if std::mem::take(&mut state.dirty) {
                effects.append(&mut arm(state));
            }
            effects
        }
        Event::Panicked => {
            *state = State { assessed: true, ..State::new(H::default()) };
            vec![Effect::Wake { slot: RECHECK, after: PANICKED, event: Event::Due }]
        }
        Event::Gone => vec![Effect::Stop],
    }
}

fn arm<H>(state: &mut State<H>) -> Vec<Effect<H, Event<H>>> {
    if std::mem::replace(&mut state.armed, true) {
        return Vec::new();
    }
    let after = if state.assessed { BURST } else { FIRST };
    vec![Effect::Wake { slot: SETTLE, after, event: Event::Due }]
}

#[cfg(test)]
mod tests;
