//! What went wrong between us and an object store, in the words of the libraries that Flux uses
//! (contracts/source-controller.md 8). Pure. How it came about is `wire`'s.

use artifact::ignore::TooMuch;

use super::key_text::shown;
use super::keys::KeyError;
use crate::git::clients::ClientError;

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

    /// Whether whoever asks may not, as they are now.
    pub(super) fn is_denied(&self) -> bool {
        let Self::Answer(refusal) = self else { return false };
        matches!(refusal.status, 401 | 403)
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

/// Why there is no artifact.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// No way there.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// Nobody says who asks.
    #[error("{0}")]
    Identity(String),
    /// Whether there is such a bucket cannot be told.
    #[error("{0}")]
    Existence(Failure),
    /// There is no such bucket.
    #[error("there is no such bucket")]
    NotFound,
    /// The ignore rules cannot be had.
    #[error("{0}")]
    Rules(Failure),
    /// There are too many of them.
    #[error("{0}; remove some")]
    TooManyRules(#[from] TooMuch),
    /// The list cannot be had.
    #[error("{0}")]
    List(Failure),
    /// An object cannot be had.
    #[error("failed to get '{key}' object: {cause}")]
    Object {
        /// Which, without what a terminal obeys.
        key: String,
        /// Why.
        cause: Failure,
    },
    /// An object has no place in an archive.
    #[error("failed to get '{key}' object: {cause}")]
    Key {
        /// As above.
        key: String,
        /// Why.
        cause: KeyError,
    },
    /// What is fetched cannot be kept.
    #[error("{0}")]
    Disk(String),
    /// The run was asked to end.
    #[error("context canceled")]
    Cancelled,
}

impl BucketError {
    /// The same with keys as `mask` makes them.
    pub(super) fn masked(self, mask: impl Fn(&str) -> String) -> Self {
        match self {
            Self::List(Failure::Excess(text)) => Self::List(Failure::Excess(mask(&text))),
            Self::Object { key, cause } => Self::Object { key: mask(&key), cause },
            Self::Key { key, cause } => Self::Key { key: mask(&key), cause: cause.masked(&mask) },
            other => other,
        }
    }
}

pub(super) fn existence(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        Failure::Identity(text) => BucketError::Identity(text),
        failure => BucketError::Existence(failure),
    }
}

pub(super) fn listing(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        failure => BucketError::List(failure),
    }
}

pub(super) fn misplaced((key, cause): (&str, KeyError)) -> BucketError {
    BucketError::Key { key: shown(key), cause }
}

/// As much of a server's answer as is quoted when it is not in the store's form.
pub(super) fn quoted(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(512).collect::<String>().trim().to_owned()
}
