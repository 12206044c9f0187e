//! What is said of an object: a status, and why.

use std::fmt;
use std::time::Duration;

/// What kstatus says of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It is what its spec says.
    Current,
    /// It is on its way.
    InProgress,
    /// It will not get there without help.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It does not exist.
    NotFound,
    /// It cannot be told.
    Unknown,
}

impl Status {
    /// The name of the status in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is said of the object.
    pub status: Status,
    /// Why, as one word; empty for most Current objects.
    pub reason: String,
    /// Why, for people, in kstatus's words.
    pub message: String,
    /// After this time the unchanged object has to be judged again, because time alone may give it another verdict.
    /// `None`: only a change of the object changes the verdict.
    pub changes_in: Option<Duration>,
}

impl Verdict {
    pub(crate) fn new(status: Status, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), message: message.into(), changes_in: None }
    }

    pub(crate) fn current(message: impl Into<String>) -> Self {
        Self::new(Status::Current, "", message)
    }

    pub(crate) fn in_progress(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::InProgress, reason, message)
    }

    pub(crate) fn failed(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Status::Failed, reason, message)
    }

    /// The verdict for an object that does not exist. Jobs with `ttlSecondsAfterFinished` that were applied and are
    /// gone count as Current (contracts/kustomize-controller.md 17): the caller knows which, see [`crate::Rules::has_ttl`].
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Status::NotFound, "", "Resource not found")
    }

    /// The verdict for an object that cannot be read or judged.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(Status::Unknown, "", message)
    }
}
