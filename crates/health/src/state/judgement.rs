//! What is said of an object: one of seven states, how sure it is, and why. Nothing is judged here.

use std::fmt;
use std::time::Duration;

use api::convergence::HealthState;
use api::health_rule::{RuleState, Weight};
use jiff::Timestamp;

use crate::rules::DecidedBy;
use crate::wording;

/// How an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is well.
    Healthy,
    /// It is on its way.
    Progressing,
    /// It rests because somebody wants it to: neither good nor bad.
    Suspended,
    /// It has failed, or was well at this generation and is not any more.
    Degraded,
    /// It does not exist.
    Missing,
    /// It is being deleted.
    Terminating,
    /// It cannot be told.
    Unknown,
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Progressing => "Progressing",
            Self::Suspended => "Suspended",
            Self::Degraded => "Degraded",
            Self::Missing => "Missing",
            Self::Terminating => "Terminating",
            Self::Unknown => "Unknown",
        }
    }

    /// Whether nothing has to be done about it.
    #[must_use]
    pub const fn is_fine(self) -> bool {
        matches!(self, Self::Healthy | Self::Suspended)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<RuleState> for State {
    fn from(state: RuleState) -> Self {
        match state {
            RuleState::Healthy => Self::Healthy,
            RuleState::Progressing => Self::Progressing,
            RuleState::Suspended => Self::Suspended,
            RuleState::Degraded => Self::Degraded,
            RuleState::Unknown => Self::Unknown,
        }
    }
}

impl From<State> for HealthState {
    fn from(state: State) -> Self {
        match state {
            State::Healthy => Self::Healthy,
            State::Progressing => Self::Progressing,
            State::Suspended => Self::Suspended,
            State::Degraded => Self::Degraded,
            State::Missing => Self::Missing,
            State::Terminating => Self::Terminating,
            State::Unknown => Self::Unknown,
        }
    }
}

/// By what a state is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The object says so.
    #[default]
    Observed,
    /// Nothing in the object says otherwise.
    Assumed,
}

impl Confidence {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "Observed",
            Self::Assumed => "Assumed",
        }
    }
}

/// What is said of an object at one look. What it was before is not known here: [`crate::track`] adds that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How it is.
    pub state: State,
    /// By what that is known.
    pub confidence: Confidence,
    /// Why, as one word; empty for much that is well.
    pub reason: String,
    /// Why, as one sentence without a final dot; empty for much that is well.
    pub message: String,
    /// Reason and message are worth knowing although it is well.
    pub notable: bool,
    /// What to do about it.
    pub hint: Option<String>,
    /// What it was seen by, most telling first.
    pub evidence: Vec<String>,
    /// What it counts for.
    pub weight: Weight,
    /// After this time the unchanged object has to be judged again.
    pub changes_in: Option<Duration>,
    /// Waiting will not help: a state that is shown without waiting whether it stays.
    pub certain: bool,
    /// How long what was well at this generation may be Progressing until it counts as Degraded. `None`: for ever, because
    /// its controller says that it is working on it.
    pub relapse_after: Option<Duration>,
    /// What is beside the object, or was learned of its kind, takes part.
    pub looks_beside: bool,
    /// Which rule decided.
    pub by: DecidedBy,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
}

impl Judgement {
    /// A state and why, by the built-in rules, observed.
    #[must_use]
    pub fn new(state: State, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            state,
            confidence: Confidence::Observed,
            reason: reason.into(),
            message: message.into(),
            notable: false,
            hint: None,
            evidence: Vec::new(),
            weight: Weight::Gate,
            changes_in: None,
            certain: false,
            relapse_after: None,
            looks_beside: false,
            by: DecidedBy::BuiltIn,
            generation: None,
            created: None,
        }
    }

    /// Of what does not exist.
    #[must_use]
    pub fn missing() -> Self {
        Self { certain: true, ..Self::new(State::Missing, "NotFound", "it does not exist") }
    }

    /// Of what cannot be judged; `why` may be anybody's words.
    #[must_use]
    pub fn unknown(reason: &str, why: &str) -> Self {
        Self { certain: true, ..Self::new(State::Unknown, reason, wording::quoted(why)) }
    }

    pub(super) fn healthy() -> Self {
        Self::new(State::Healthy, "", "")
    }

    pub(super) fn assumed(self) -> Self {
        // Another object of its kind may show that more is to be expected.
        Self { confidence: Confidence::Assumed, looks_beside: true, ..self }
    }

    pub(super) fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(super) fn relapsing(self, after: Duration) -> Self {
        Self { relapse_after: Some(after), ..self }
    }

    pub(super) fn notably(self) -> Self {
        Self { notable: true, ..self }
    }

    pub(super) fn certainly(self) -> Self {
        Self { certain: true, ..self }
    }

    /// What has to be kept of an object that is well and stays so until it changes. `None`: the object itself is needed,
    /// because it is not well, or because time, what is beside it or what is learned of its kind may change what is said.
    #[must_use]
    pub fn lasting(&self) -> Option<Well> {
        let lasts = self.state == State::Healthy
            && self.confidence == Confidence::Observed
            && self.changes_in.is_none()
            && !self.looks_beside;
        // There are as many of these as objects: words that nobody asks for are not kept.
        let kept = |text: &String| if self.notable { text.as_str().into() } else { Box::default() };
        lasts.then(|| Well {
            reason: kept(&self.reason),
            message: kept(&self.message),
            weight: self.weight,
            by: self.by.clone(),
            generation: self.generation,
            created: self.created,
        })
    }
}

/// What is kept of an object that is well, in place of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Well {
    reason: Box<str>,
    message: Box<str>,
    weight: Weight,
    by: DecidedBy,
    generation: Option<i64>,
    created: Option<Timestamp>,
}

impl Well {
    /// What was said of the object, and still is.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        Judgement {
            notable: !self.reason.is_empty(),
            weight: self.weight,
            by: self.by.clone(),
            generation: self.generation,
            created: self.created,
            ..Judgement::new(State::Healthy, &*self.reason, &*self.message)
        }
    }

    /// The word that is worth knowing of it; empty for none.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
