//! Blockers that an object itself shows: it has failed, its deletion does not end, or nobody looks at it.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::health_rule::Weight;
use health::{Judgement, State};

use super::draft::Draft;

/// How long a controller may take to look at a change before its status is called stale.
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(300);

/// Reason of an object whose controller has not looked at its last change.
const STALE: &str = "LatestGenerationNotObserved";

/// After which time age alone turns what is said of an object into a blocker; `None` where it does not.
pub(crate) fn due(shown: State, look: &Judgement) -> Option<Duration> {
    (shown == State::Progressing && look.reason == STALE).then_some(STALE_AFTER)
}

/// The blocker that an object is, if it is one. `shown`: what it has been for long enough to be shown as that; `age`: how
/// long. A deletion is [`super::of_leaving`]'s.
pub(crate) fn of_object(
    subject: &str,
    shown: State,
    look: &Judgement,
    regressed: bool,
    age: Duration,
) -> Option<Draft> {
    // What is only told, or only shown, stands in nobody's way.
    if look.weight != Weight::Gate {
        return None;
    }
    let code = match shown {
        State::Progressing if look.reason == STALE && age >= STALE_AFTER => BlockerCode::StaleStatus,
        State::Degraded if look.reason == "QuotaExceeded" => BlockerCode::QuotaExceeded,
        // What has just become well again is shown as that in a moment.
        State::Degraded if !look.state.is_fine() => BlockerCode::HealthFailed,
        _ => return None,
    };
    let message = if look.message.is_empty() { look.reason.clone() } else { look.message.clone() };
    let message = if regressed { format!("it was well and is not any more: {message}") } else { message };
    let mut draft = Draft::new(code, subject, message);
    draft.evidence.clone_from(&look.evidence);
    if code == BlockerCode::StaleStatus && look.hint.is_none() {
        return Some(draft.hint(
            "see whether the controller of this kind runs: it does not look at the object's last change",
        ));
    }
    Some(match &look.hint {
        Some(hint) => draft.hint(hint),
        None => draft,
    })
}

#[cfg(test)]
mod tests;
