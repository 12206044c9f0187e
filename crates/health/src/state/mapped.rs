//! kstatus's verdict as one of our states, corrected by what explains it. What kinds know beyond that is theirs.

use std::time::Duration;

use super::case::Case;
use super::judgement::{Judgement, State};
use crate::kstatus::{Status, Verdict};
use crate::wording;

/// How long what was well may be without being ready.
pub(super) const RELAPSE_AFTER: Duration = Duration::from_secs(30);

/// What a verdict says.
pub(super) fn mapped(case: &Case<'_>) -> Judgement {
    let verdict = case.verdict();
    of(case, &verdict)
}

/// What one verdict says.
pub(super) fn of(case: &Case<'_>, verdict: &Verdict) -> Judgement {
    let told = case.told(verdict);
    let certain = verdict.status == Status::Failed || (told.stuck && told.certain);
    let state = match verdict.status {
        Status::Current => State::Healthy,
        Status::InProgress if told.stuck => State::Degraded,
        Status::InProgress => State::Progressing,
        Status::Failed => State::Degraded,
        Status::Terminating => State::Terminating,
        Status::NotFound => State::Missing,
        Status::Unknown => return Judgement::unknown("Unknown", &verdict.message),
    };
    Judgement {
        notable: state == State::Healthy && !told.reason.is_empty(),
        hint: told.hint,
        evidence: told.evidence,
        changes_in: [verdict.changes_in, told.changes_in].into_iter().flatten().min(),
        certain,
        ..Judgement::new(state, told.reason, told.message)
    }
}

/// A status that was written for an older generation, or for none.
pub(super) fn unobserved(case: &Case<'_>, generation: i64, observed: &str) -> Judgement {
    let message = format!(
        "its controller has not seen the latest change yet ({} generation is {generation}, but latest observed generation is {})",
        wording::word(case.kind),
        wording::word(observed),
    );
    Judgement::new(State::Progressing, "LatestGenerationNotObserved", message)
}
