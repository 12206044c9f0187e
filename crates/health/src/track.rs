//! What is remembered of one object between two looks, and what is shown of it: what was well at this generation and is
//! not any more is Degraded, and what comes and goes within seconds is not shown at all. A value that is passed in and
//! comes out; how the object is at one look is [`crate::state`]'s.

use std::time::Duration;

use jiff::Timestamp;

use crate::state::{Judgement, State};

/// How long an object has to be well until it is shown as that.
pub const UP_AFTER: Duration = Duration::from_secs(2);
/// How long an object has to be unwell until it is shown as that, unless waiting will not help.
pub const DEGRADED_AFTER: Duration = Duration::from_secs(30);
/// How long the controller of an object that is well may work on it, for no change that anybody made, until that is shown.
pub const BUSY_AFTER: Duration = Duration::from_secs(5);

/// What is shown of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// It was well at this generation and is not any more: why it counts as Degraded although it is on its way.
    pub regressed: bool,
    /// After this time the unchanged object has to be looked at again.
    pub recheck: Option<Duration>,
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// What is shown, and since when.
    shown: Option<(State, Timestamp)>,
    /// What the looks say, and since when without interruption at one generation.
    looks: Option<(State, Timestamp)>,
    /// The generation of the last look; 0 for objects that have none.
    generation: Option<i64>,
    /// The generation at which it was shown as Healthy.
    healthy_at: Option<i64>,
    /// Since when no look said that it is well.
    unwell_since: Option<Timestamp>,
    /// Since when looks say that it has failed, with others between them.
    failing_since: Option<Timestamp>,
}

/// What is to be shown once it has been so for long enough.
struct Wanted {
    state: State,
    begun: Timestamp,
    wait: Duration,
    regressed: bool,
}

impl Track {
    /// Of what was shown before, when nothing else is remembered. At which generation that was is not: what is on its way
    /// now counts as a rollout.
    #[must_use]
    pub fn restored(state: State, since: Timestamp) -> Self {
        Self { shown: Some((state, since)), ..Self::default() }
    }

    /// What was shown last, and since when.
    #[must_use]
    pub const fn shown(&self) -> Option<(State, Timestamp)> {
        self.shown
    }

    /// Takes in a look.
    pub fn see(&mut self, look: &Judgement, now: Timestamp) -> Shown {
        let generation = look.generation.unwrap_or(0);
        let changed = self.generation.is_some_and(|before| before != generation);
        self.generation = Some(generation);
        self.note(look, changed, now);
        let wanted = self.wanted(look, generation, changed, now);
        let remaining = left(wanted.begun, wanted.wait, now);
        let mut recheck = look.changes_in;
        let mut soon = |left: Duration| recheck = Some(recheck.map_or(left, |other| other.min(left)));
        let (state, since) = match (self.shown, remaining) {
            (Some((state, since)), _) if state == wanted.state => (state, since.min(now)),
            (Some((state, since)), Some(left)) => {
                soon(left);
                (state, since.min(now))
            }
            // It is not known how it was before: what is older than the wait has been so, and what is younger and not well
            // is on its way. What is well at once, as most objects are, never was anything else.
            (None, Some(_)) if wanted.state != State::Healthy && is_young(look, wanted.wait, now) => {
                soon(wanted.wait);
                (State::Progressing, now)
            }
            (None, _) => (wanted.state, now),
            (Some((_, before)), None) => (wanted.state, wanted.begun.max(before.min(now))),
        };
        self.shown = Some((state, since));
        let settled = self
            .looks
            .is_some_and(|(state, since)| state == State::Healthy && left(since, UP_AFTER, now).is_none());
        if state == State::Healthy && look.state == State::Healthy {
            // That it stays well at a new generation for a moment may be its controller that has not seen it.
            if settled || self.healthy_at.is_none() {
                self.healthy_at = Some(generation);
            } else if self.healthy_at != Some(generation) {
                soon(UP_AFTER);
            }
        }
        if look.state == State::Progressing
            && self.healthy_at == Some(generation)
            && let (Some(after), Some(since)) = (look.relapse_after, self.unwell_since)
            && let Some(left) = left(since, after, now)
        {
            soon(left);
        }
        Shown { state, since, regressed: wanted.regressed && state == State::Degraded, recheck }
    }

    /// Notes since when the looks say what they say.
    fn note(&mut self, look: &Judgement, changed: bool, now: Timestamp) {
        match &mut self.looks {
            // A clock that was set back: what is still to come has not been.
            Some((state, since)) if *state == look.state && !changed => *since = (*since).min(now),
            looks => *looks = Some((look.state, now)),
        }
        for time in [&mut self.unwell_since, &mut self.failing_since].into_iter().flatten() {
            *time = (*time).min(now);
        }
        if changed {
            self.unwell_since = None;
            self.failing_since = None;
        }
        match look.state {
            State::Healthy | State::Suspended => {
                self.unwell_since = None;
                self.failing_since = None;
            }
            State::Degraded | State::Unknown => {
                self.unwell_since.get_or_insert(now);
                self.failing_since.get_or_insert(now);
            }
            State::Progressing => {
                self.unwell_since.get_or_insert(now);
                let since = self.looks.map_or(now, |(_, since)| since);
                if left(since, DEGRADED_AFTER, now).is_none() {
                    self.failing_since = None;
                }
            }
            State::Missing | State::Terminating => self.failing_since = None,
        }
    }

    fn wanted(&self, look: &Judgement, generation: i64, changed: bool, now: Timestamp) -> Wanted {
        let since = self.looks.map_or(now, |(_, since)| since);
        let wanted = |begun: Option<Timestamp>, wait: Duration| Wanted {
            state: look.state,
            begun: begun.unwrap_or(now),
            wait,
            regressed: false,
        };
        match look.state {
            State::Healthy => wanted(Some(since), UP_AFTER),
            State::Degraded | State::Unknown if look.certain => wanted(Some(since), Duration::ZERO),
            State::Degraded | State::Unknown => wanted(self.failing_since, DEGRADED_AFTER),
            State::Progressing => self.on_its_way(look, generation, changed, since, now),
            State::Suspended | State::Missing | State::Terminating => wanted(Some(since), Duration::ZERO),
        }
    }

    /// What is on its way: because of a change, for a moment, or because it is broken.
    fn on_its_way(
        &self,
        look: &Judgement,
        generation: i64,
        changed: bool,
        since: Timestamp,
        now: Timestamp,
    ) -> Wanted {
        let unwell = self.unwell_since.unwrap_or(now);
        let was_well = self.healthy_at == Some(generation);
        if was_well
            && let Some(after) = look.relapse_after
            && left(unwell, after, now).is_none()
        {
            return Wanted { state: State::Degraded, begun: unwell, wait: Duration::ZERO, regressed: true };
        }
        let (begun, wait) = match self.shown.map(|(state, _)| state) {
            Some(State::Healthy) if was_well && look.relapse_after.is_some() => (unwell, DEGRADED_AFTER),
            Some(State::Healthy) if was_well => (since, BUSY_AFTER),
            // A fault that shows under alternating names, or that its controller tries again and again to get over.
            Some(State::Degraded) if !changed => (since, DEGRADED_AFTER),
            _ => (since, Duration::ZERO),
        };
        Wanted { state: State::Progressing, begun, wait, regressed: false }
    }
}

/// Whether an object has not existed for as long as one has to wait.
fn is_young(look: &Judgement, wait: Duration, now: Timestamp) -> bool {
    let age = look.created.and_then(|created| Duration::try_from(now.duration_since(created)).ok());
    age.is_some_and(|age| age < wait)
}

/// What is left of a wait that began some time ago.
fn left(begun: Timestamp, wait: Duration, now: Timestamp) -> Option<Duration> {
    let passed = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
    Some(wait.saturating_sub(passed)).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests;
