//! How a run that does not succeed ends: conditions, event and the next try, as one value
//! (contracts/kustomize-controller.md 5, 20, 24). Pure; `reconcile::finish` writes it out.

use crate::status::WriteError;
use api::Artifact;
use api::condition::reason;
use manifest::foreign::without_controls;
use std::time::Duration;

/// What kind of end it is. All behaviour follows from this; reasons and texts are only reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The spec uses a field that is not supported.
    Unsupported,
    /// The spec, or the status, cannot be read, or names what cannot exist.
    Invalid,
    /// An expression cannot be read, or can never say whether something is so.
    InvalidExpression,
    /// The spec uses a field that a feature gate has to be on for.
    GateDisabled,
    /// The reference may not be followed.
    AccessDenied,
    /// The source does not exist.
    SourceMissing,
    /// Whether the source exists could not be found out.
    SourceUnread,
    /// The source has no artifact, or its server has not got it any more.
    ArtifactMissing,
    /// The artifact is not the one that the source promises.
    ArtifactAltered,
    /// The artifact cannot be had, or lacks what the spec names.
    Artifact,
    /// The manifests cannot be built.
    Build,
    /// The build cost more than any may.
    BuildExceeded,
    /// The last build of this input did, not long ago: it is not tried yet.
    Throttled,
    /// A client for the objects cannot be made.
    Client,
    /// Objects were refused.
    Apply,
    /// Objects could not be deleted.
    Prune,
    /// Objects did not become healthy.
    Unhealthy,
    /// A dependency does not exist or is not ready.
    DependencyNotReady,
    /// A dependency is ready, and has not applied the revision of the shared source that this run looks at.
    DependencyBehind,
    /// Whether a dependency is ready could not be found out.
    DependencyUnread,
    /// The status could not be written.
    Status,
    /// A newer input came in: neither condition nor event tells (decisions 1.4).
    Cancelled,
}

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
    /// At once: a newer input waits.
    Now,
}

/// Which event tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// None.
    Nothing,
    /// An error event.
    Error,
    /// An error event, once per distinct message of Ready.
    ErrorOnce,
    /// An informational event, once per distinct message of Ready (decisions 2.4).
    InfoOnce,
}

impl FaultKind {
    /// Ready's reason.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unsupported => reason::UNSUPPORTED_FIELD,
            Self::Invalid => reason::INVALID_SPEC,
            Self::InvalidExpression => reason::INVALID_CEL_EXPRESSION,
            Self::GateDisabled => reason::FEATURE_GATE_DISABLED,
            Self::AccessDenied => reason::ACCESS_DENIED,
            Self::SourceMissing
            | Self::SourceUnread
            | Self::ArtifactMissing
            | Self::ArtifactAltered
            | Self::Artifact => reason::ARTIFACT_FAILED,
            Self::Build | Self::BuildExceeded | Self::Throttled => reason::BUILD_FAILED,
            Self::Client | Self::Apply | Self::Status => reason::RECONCILIATION_FAILED,
            Self::Prune => reason::PRUNE_FAILED,
            Self::Unhealthy => reason::HEALTH_CHECK_FAILED,
            Self::DependencyNotReady | Self::DependencyBehind | Self::DependencyUnread => {
                reason::DEPENDENCY_NOT_READY
            }
            Self::Cancelled => reason::PROGRESSING,
        }
    }

    /// When to try again.
    pub(crate) const fn retry(self) -> Retry {
        match self {
            Self::Unsupported
            | Self::Invalid
            | Self::InvalidExpression
            | Self::GateDisabled
            | Self::AccessDenied => Retry::OnChange,
            // A wrong digest is tried again as soon as a missing artifact is (contracts/flux-2.10.md).
            Self::ArtifactMissing
            | Self::ArtifactAltered
            | Self::DependencyNotReady
            | Self::DependencyBehind => Retry::Requeue,
            Self::SourceUnread | Self::DependencyUnread | Self::Status => Retry::Backoff,
            Self::Cancelled => Retry::Now,
            Self::SourceMissing
            | Self::Artifact
            | Self::Build
            | Self::BuildExceeded
            | Self::Throttled
            | Self::Client
            | Self::Apply
            | Self::Prune
            | Self::Unhealthy => Retry::Interval,
        }
    }

    /// Which event tells of it.
    pub(crate) const fn tell(self) -> Tell {
        match self {
            Self::SourceMissing
            | Self::SourceUnread
            | Self::ArtifactMissing
            | Self::Throttled
            | Self::Status
            | Self::Cancelled => Tell::Nothing,
            Self::ArtifactAltered => Tell::ErrorOnce,
            Self::DependencyNotReady | Self::DependencyBehind | Self::DependencyUnread => Tell::InfoOnce,
            _ => Tell::Error,
        }
    }

    /// Nothing will come of trying: Stalled is set too.
    pub(crate) const fn is_stalled(self) -> bool {
        matches!(
            self,
            Self::Unsupported
                | Self::Invalid
                | Self::InvalidExpression
                | Self::GateDisabled
                | Self::AccessDenied
        )
    }

    /// The spec itself was judged, so that this generation is dealt with.
    pub(crate) const fn is_about_the_spec(self) -> bool {
        matches!(self, Self::Unsupported | Self::Invalid | Self::InvalidExpression)
    }

    /// It waits for a dependency.
    pub(crate) const fn awaits_dependency(self) -> bool {
        matches!(self, Self::DependencyNotReady | Self::DependencyBehind)
    }

    /// It waits for its source.
    pub(crate) const fn awaits_source(self) -> bool {
        matches!(self, Self::SourceMissing | Self::SourceUnread | Self::ArtifactMissing)
    }

    /// It adds to history: failures before the first object is asked about do not (contract 3).
    pub(crate) const fn is_in_history(self) -> bool {
        matches!(self, Self::Apply | Self::Prune | Self::Unhealthy | Self::Status)
    }
}

/// The end of a run that did not succeed.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// What kind of end.
    pub(crate) kind: FaultKind,
    /// Ready's message.
    pub(crate) message: String,
    /// The event's, where it is another.
    pub(crate) event: Option<String>,
    /// Healthy's, where a health check failed.
    pub(crate) unhealthy: Option<String>,
    /// When to try again, where the kind alone does not say.
    pub(crate) after: Option<Duration>,
    /// The artifact that the run was about, if it got that far.
    pub(crate) artifact: Option<Box<Artifact>>,
}

impl Fault {
    /// With the same text in Ready and in the event. Texts of faults quote what repositories and servers say: here they
    /// lose what a terminal obeys, whoever made them.
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: plain(message), event: None, unhealthy: None, after: None, artifact: None }
    }

    /// A newer input cancelled a wait.
    pub(crate) fn cancelled() -> Self {
        Self::new(FaultKind::Cancelled, "")
    }

    /// The run was about this artifact.
    pub(crate) fn about(mut self, artifact: &Artifact) -> Self {
        self.artifact = Some(Box::new(artifact.clone()));
        self
    }

    /// It is tried again after this long.
    pub(crate) const fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// The event has another text.
    pub(crate) fn event(mut self, text: impl Into<String>) -> Self {
        self.event = Some(plain(text));
        self
    }
}

fn plain(text: impl Into<String>) -> String {
    without_controls(&text.into()).into_owned()
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::new(FaultKind::Status, error.to_string())
    }
}

/// The client could not be made (contract 5.15): Ready has the bare error, the event says more.
impl From<cluster::Error> for Fault {
    fn from(error: cluster::Error) -> Self {
        let text = format!("failed to build kube client: {error}");
        Self::new(FaultKind::Client, error.to_string()).event(text)
    }
}

/// `spec.timeout` or the interval less 30 s, never under 30 s (contract 2).
pub(crate) fn timeout_of(timeout: Option<Duration>, interval: Duration) -> Duration {
    const FLOOR: Duration = Duration::from_secs(30);
    timeout.unwrap_or_else(|| interval.saturating_sub(FLOOR)).max(FLOOR)
}

#[cfg(test)]
mod tests;
