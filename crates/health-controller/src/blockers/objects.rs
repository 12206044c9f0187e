//! Blockers that an object itself shows.

use std::time::Duration;

use api::blocker::BlockerCode;
use health::explain::Explanation;
use health::kstatus::{Status, Verdict};

use super::Draft;

/// How long a controller may take to look at a change before its status is called stale.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(300);

/// The blocker that an object is, if it is one. `age`: how long it has been what it is.
pub(crate) fn of_object(
    subject: &str,
    verdict: &Verdict,
    told: &Explanation,
    age: Duration,
) -> Option<Draft> {
    let code = match (verdict.status, told.reason.as_str()) {
        (Status::InProgress, "LatestGenerationNotObserved") if age >= STALE_AFTER => BlockerCode::StaleStatus,
        (Status::InProgress | Status::Failed, "QuotaExceeded") => BlockerCode::QuotaExceeded,
        (Status::Failed, _) => BlockerCode::HealthFailed,
        (Status::InProgress, _) if told.stuck => BlockerCode::HealthFailed,
        _ => return None,
    };
    let mut draft = Draft::new(code, subject, told.message.clone());
    draft.evidence.clone_from(&told.evidence);
    draft.hint = told.hint.or(Some(match code {
        BlockerCode::StaleStatus => "the controller that owns this kind does not seem to run",
        _ => "see the object's status and events",
    }));
    Some(draft)
}
