//! How a run ends: what its status says, which event is published, and when the next run comes
//! (contracts/source-controller.md 4.3 and 14). Pure; writing and publishing are `reconcile`'s.

use std::time::Duration;

use api::condition::{
    BUILD_FAILED, FETCH_FAILED, INCLUDE_UNAVAILABLE, RECONCILING, SOURCE_VERIFIED, STALLED,
    STORAGE_OPERATION_FAILED, reason,
};
use api::labels;
use reconcile_core::events::Severity;

use super::notice::Notice;
use super::source::Produced;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::status::Status;
use crate::step::Next;

#[cfg(test)]
mod tests;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// `spec.suspend` is set: nothing was done.
    Suspended,
    /// It succeeded.
    Succeeded(Produced),
    /// It failed.
    Failed(Fault),
}

/// What the object asked for when the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    /// Its generation.
    pub(super) generation: i64,
    /// The token of its last reconcile request.
    pub(super) token: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// What `object` asks for.
    pub(super) fn of(object: &'a impl Kind) -> Self {
        let metadata = object.meta();
        let token = metadata.annotations.as_ref().and_then(|all| all.get(labels::REQUESTED_AT));
        Self { generation: metadata.generation.unwrap_or_default(), token: token.map(String::as_str) }
    }

    /// Whether `before`, the status that was stored when the run began, does not answer it yet.
    fn is_open(&self, before: &Status) -> bool {
        self.generation != before.observed_generation
            || self.token.is_some_and(|token| before.last_handled.as_deref() != Some(token))
    }
}

/// Logs how the run ended.
pub(super) fn log(ending: &Ending) {
    match ending {
        Ending::Suspended => tracing::info!("reconciliation is suspended for this object"),
        Ending::Succeeded(Produced::Stored { message } | Produced::Chart { message, is_new: true, .. }) => {
            tracing::info!("{message}");
        }
        Ending::Succeeded(Produced::Unchanged { message, .. } | Produced::Chart { message, .. }) => {
            tracing::debug!("{message}");
        }
        Ending::Failed(fault) => {
            tracing::error!(error = %fault.message, reason = fault.reason, "Reconciler error");
        }
    }
}

/// Makes the status say how the run ended.
pub(super) fn conclude(status: &mut Status, ending: &Ending, asked: Asked<'_>) {
    match ending {
        Ending::Suspended => {
            status.remove(STALLED);
            if !status.conditions.is_empty() {
                status.observed_generation = asked.generation;
            }
            status.summarise(asked.generation);
        }
        Ending::Succeeded(_) => {
            status.remove(RECONCILING);
            status.remove(STALLED);
            status.summarise(asked.generation);
            status.observed_generation = asked.generation;
        }
        Ending::Failed(fault) => {
            if let Some(condition) = fault.condition {
                // The one that says something good when it is true.
                let set = if condition == SOURCE_VERIFIED { Status::deny } else { Status::mark };
                let (reason, message) = fault.told();
                set(status, condition, reason, &message, asked.generation);
            }
            if fault.stalling {
                status.mark(STALLED, fault.reason, &fault.message, asked.generation);
                status.observed_generation = asked.generation;
            } else {
                status.retrying(asked.generation);
            }
            status.summarise(asked.generation);
        }
    }
    // The token of the object as it was read before the run asked upstream: one that was set since then is answered by
    // the run that follows.
    if let Some(token) = asked.token {
        status.last_handled = Some(token.to_owned());
    }
}

/// The event of the ending, from the status that was stored when the run began and the one that it made.
pub(super) fn event(ending: &Ending, asked: Asked<'_>, before: &Status, status: &Status) -> Option<Notice> {
    let notice =
        |severity, reason, message: &str| Some(Notice { severity, reason, message: message.to_owned() });
    match ending {
        Ending::Suspended => None,
        Ending::Succeeded(Produced::Stored { message }) => {
            let digest = |status: &Status| status.artifact.as_ref().map(|artifact| artifact.digest.clone());
            if digest(before) != digest(status) {
                notice(Severity::Info, reason::NEW_ARTIFACT, message)
            } else if has_recovered(before, status) {
                notice(Severity::Info, reason::SUCCEEDED, message)
            } else {
                None
            }
        }
        Ending::Succeeded(Produced::Unchanged { reason, message, recovered }) => {
            match recovered.as_deref().filter(|_| has_recovered(before, status)) {
                Some(recovered) => notice(Severity::Info, reason::SUCCEEDED, recovered),
                None if asked.is_open(before) || status != before => notice(Severity::Trace, reason, message),
                // Quiet polls stay quiet: no request at all.
                None => None,
            }
        }
        Ending::Succeeded(Produced::Chart { reason, message, version, is_new: _ }) => {
            let digest = |status: &Status| status.artifact.as_ref().map(|artifact| artifact.digest.clone());
            if digest(before) != digest(status) || has_recovered(before, status) {
                return notice(Severity::Info, reason, message);
            }
            let up_to_date = format!("artifact up-to-date with remote revision: '{version}'");
            let is_quiet = !asked.is_open(before) && status == before;
            notice(Severity::Trace, reason::ARTIFACT_UP_TO_DATE, &up_to_date).filter(|_| !is_quiet)
        }
        // What stalls is said once.
        Ending::Failed(fault) if (fault.stalling || fault.waiting) && status == before => None,
        Ending::Failed(fault) if fault.waiting => notice(Severity::Trace, fault.reason, &fault.message),
        Ending::Failed(fault) => notice(Severity::Error, fault.reason, &fault.message),
    }
}

/// What follows; `is_written` says whether the status reached the API server.
pub(super) const fn next(
    ending: &Ending,
    is_written: bool,
    interval: Duration,
    dependency: Duration,
) -> Next {
    match ending {
        // Even if the status says nothing of it yet: what costs too much is not tried again at once.
        Ending::Failed(fault) if fault.excess => Next::Throttled(interval),
        _ if !is_written => Next::Retry,
        Ending::Suspended => Next::Wait,
        Ending::Succeeded(_) => Next::After(interval),
        Ending::Failed(fault) if fault.stalling => Next::Wait,
        Ending::Failed(fault) if fault.waiting => Next::After(dependency),
        Ending::Failed(_) => Next::Retry,
    }
}

/// Whether the run ended a failure.
fn has_recovered(before: &Status, status: &Status) -> bool {
    [FETCH_FAILED, INCLUDE_UNAVAILABLE, BUILD_FAILED, STORAGE_OPERATION_FAILED]
        .iter()
        .any(|type_| before.is_true(type_) && !status.is_true(type_))
}
