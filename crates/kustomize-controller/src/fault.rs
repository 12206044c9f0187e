//! How a run that does not succeed ends: conditions, event and the next try, as one value (contracts/
//! kustomize-controller.md 5, 20, 24). Pure; `reconcile::finish` writes it out.

use crate::status::WriteError;
use api::condition::reason;
use std::time::Duration;

/// When a faulty run is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// After `spec.retryInterval`, else `spec.interval`.
    Interval,
    /// After `--requeue-dependency`; a watch wakes it earlier.
    Requeue,
    /// Growing delays: passing trouble with the API server.
    Backoff,
    /// Not before something changes.
    OnChange,
    /// At once: a newer input waits. Neither condition nor event tells (decisions 1.4).
    Cancelled,
}

/// Which event tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// None.
    Nothing,
    /// An error event with Ready's message.
    Error,
    /// An error event with another text.
    ErrorAs(String),
    /// An informational event, once per distinct message (decisions 2.4).
    InfoOnce(String),
}

/// The end of a run that did not succeed.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Ready's reason.
    pub(crate) reason: &'static str,
    /// Ready's message.
    pub(crate) message: String,
    /// When to try again.
    pub(crate) retry: Retry,
    /// The event.
    pub(crate) tell: Tell,
    /// Nothing will come of trying: Stalled is set too.
    pub(crate) stalled: bool,
    /// It waits for a dependency.
    pub(crate) awaits_dependency: bool,
    /// It waits for its source.
    pub(crate) awaits_source: bool,
    /// A health check failed with this text, Healthy's message.
    pub(crate) unhealthy: Option<String>,
}

impl Fault {
    /// A failure that an error event tells and the retry interval repeats.
    pub(crate) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            retry: Retry::Interval,
            tell: Tell::Error,
            stalled: false,
            awaits_dependency: false,
            awaits_source: false,
            unhealthy: None,
        }
    }

    /// Nothing will come of trying again.
    pub(crate) fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self { retry: Retry::OnChange, stalled: true, ..Self::new(reason, message) }
    }

    /// Waits for the source, without an event.
    pub(crate) fn awaits_source(message: impl Into<String>, retry: Retry) -> Self {
        Self {
            retry,
            tell: Tell::Nothing,
            awaits_source: true,
            ..Self::new(reason::ARTIFACT_FAILED, message)
        }
    }

    /// A newer input cancelled a wait.
    pub(crate) fn cancelled() -> Self {
        Self { retry: Retry::Cancelled, tell: Tell::Nothing, ..Self::new(reason::PROGRESSING, "") }
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self {
            retry: Retry::Backoff,
            tell: Tell::Nothing,
            ..Self::new(reason::RECONCILIATION_FAILED, error.to_string())
        }
    }
}

/// The client could not be made (contract 5.15): Ready has the bare error, the event says more.
impl From<cluster::Error> for Fault {
    fn from(error: cluster::Error) -> Self {
        let tell = Tell::ErrorAs(format!("failed to build kube client: {error}"));
        Self { tell, ..Self::new(reason::RECONCILIATION_FAILED, error.to_string()) }
    }
}

/// `spec.timeout` or the interval less 30 s, never under 30 s (contract 2).
pub(crate) fn timeout_of(timeout: Option<Duration>, interval: Duration) -> Duration {
    const FLOOR: Duration = Duration::from_secs(30);
    timeout.unwrap_or_else(|| interval.saturating_sub(FLOOR)).max(FLOOR)
}
