//! Blockers that an object itself shows.

use std::time::Duration;

use api::blocker::BlockerCode;
use health::explain::Explanation;
use health::kstatus::{Status, Verdict};

use super::draft::Draft;

/// How long a controller may take to look at a change before its status is called stale.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(300);

/// Reason of an object whose controller has not looked at its last change.
const STALE: &str = "LatestGenerationNotObserved";

/// Whether age alone turns what is said of an object into a blocker.
pub(crate) fn ages(verdict: &Verdict, told: &Explanation) -> bool {
    verdict.status == Status::Terminating || (verdict.status == Status::InProgress && told.reason == STALE)
}

/// The blocker that an object is, if it is one. `age`: how long it has been what it is.
pub(crate) fn of_object(
    subject: &str,
    verdict: &Verdict,
    told: &Explanation,
    age: Duration,
) -> Option<Draft> {
    let code = match (verdict.status, told.reason.as_str()) {
        (Status::InProgress, STALE) if age >= STALE_AFTER => BlockerCode::StaleStatus,
        (Status::Terminating, _) if age >= STALE_AFTER => BlockerCode::FinalizerStuck,
        (Status::InProgress | Status::Failed, "QuotaExceeded") => BlockerCode::QuotaExceeded,
        (Status::Failed, _) => BlockerCode::HealthFailed,
        (Status::InProgress, _) if told.stuck => BlockerCode::HealthFailed,
        _ => return None,
    };
    let mut draft = Draft::new(code, subject, told.message.clone());
    draft.evidence.clone_from(&told.evidence);
    draft.hint = told.hint.or(Some(match code {
        BlockerCode::FinalizerStuck => "the controller that owns the finalizer does not remove it",
        BlockerCode::StaleStatus => "the controller that owns this kind does not seem to run",
        _ => "see the object's status and events",
    }));
    Some(draft)
}

#[cfg(test)]
mod tests;
