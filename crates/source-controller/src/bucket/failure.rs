//! What went wrong between us and an object store, in the words of the libraries that Flux uses
//! (contracts/source-controller.md 8). Pure. How it came about is `wire`'s.

/// Why a store gave nothing. Made only of text without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It answered, but not with a success.
    #[error("{0}")]
    Answer(Refusal),
    /// No connection was made, so that nothing was asked.
    #[error("{0}")]
    Unreached(String),
    /// There was no answer, or it broke off.
    #[error("{0}")]
    Transport(String),
    /// It answered with something else than it should, or cannot be asked at all.
    #[error("{0}")]
    Unexpected(String),
    /// More than anybody may send.
    #[error("{0}")]
    Excess(String),
    /// It needs more memory than it was given.
    #[error("there is not enough memory at the moment")]
    Memory,
    /// `spec.timeout`.
    #[error("{0}")]
    Timeout(String),
    /// It cannot be kept.
    #[error("{0}")]
    Disk(String),
    /// Nobody says who asks.
    #[error("{0}")]
    Identity(String),
    /// The run was asked to end.
    #[error("context canceled")]
    Cancelled,
}

/// An answer that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Refusal {
    /// The status.
    pub(super) status: u16,
    /// The store's own word for it.
    pub(super) code: String,
    /// The region that it names, if it does.
    pub(super) region: String,
    /// What people are told.
    pub(super) text: String,
}

impl Failure {
    /// Whether asking once more may help: the store is busy, or the way there was cut.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Answer(refusal) => matches!(refusal.status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Unreached(_) | Self::Transport(_) => true,
            _ => false,
        }
    }

    /// Whether there is no such bucket.
    pub(super) fn is_no_bucket(&self) -> bool {
        let Self::Answer(refusal) = self else { return false };
        matches!(refusal.code.as_str(), "NoSuchBucket" | "ContainerNotFound")
            || (refusal.status == 404 && refusal.code.is_empty())
    }

    /// Whether there is no such object. A bucket that is gone is something else.
    pub(super) fn is_no_object(&self) -> bool {
        let Self::Answer(refusal) = self else { return false };
        matches!(refusal.code.as_str(), "NoSuchKey" | "BlobNotFound")
            || (refusal.status == 404 && refusal.code.is_empty())
    }
}
