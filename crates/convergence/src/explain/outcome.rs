//! How a Kustomization's last run ended.

use api::awaited;
use api::condition::{self, READY, TRUE, UNKNOWN, reason};
use api::convergence::ConvergenceStatus;
use api::kustomization::KustomizationStatus;
use health::wording;

/// The last result of a Kustomization: Ready, unless a run is under way; then what was known before.
pub(super) struct Outcome {
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) revision: Option<String>,
    pub(super) ready: bool,
}

impl Outcome {
    /// Flux says Unknown during every run, also one that changes nothing; what the last run said stands until it ends.
    pub(super) fn of(status: &KustomizationStatus, previous: Option<&ConvergenceStatus>) -> Option<Self> {
        let ready = condition::get(&status.conditions, READY)?;
        if ready.status == UNKNOWN {
            let last = previous?.last_result.clone()?;
            return Some(Self {
                ready: last.reason == reason::RECONCILIATION_SUCCEEDED,
                reason: last.reason,
                message: last.message.unwrap_or_default(),
                revision: last.revision,
            });
        }
        let succeeded = ready.status == TRUE;
        let revision =
            if succeeded { &status.last_applied_revision } else { &status.last_attempted_revision };
        Some(Self {
            ready: succeeded,
            reason: ready.reason.clone(),
            message: wording::cut(&wording::masked(&awaited::steady(&ready.message)), 2000),
            revision: revision.clone(),
        })
    }
}

/// Whether a run is under way.
pub(super) fn is_running(status: &KustomizationStatus) -> bool {
    condition::get(&status.conditions, READY).is_some_and(|ready| ready.status == UNKNOWN)
}

#[cfg(test)]
mod tests;
