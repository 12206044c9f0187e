//! What is known of a source when its upstream is asked, and what the answer means: nothing new, or an artifact to make.
//! Pure.

use crate::status::Status;
use crate::upstream::Resolved;
use api::condition::ARTIFACT_IN_STORAGE;

#[cfg(test)]
mod tests;

/// What the status says of the artifact that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The revision of the stored artifact.
    stored: Option<String>,
    /// Whether the artifact was made with the settings that the spec has now.
    same_settings: bool,
    /// Whether the status says that the artifact is good.
    is_good: bool,
}

/// What an answer of upstream means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer<P> {
    /// Upstream says that nothing has changed since this revision.
    Unchanged(String),
    /// What upstream has is what is stored: this revision.
    UpToDate(String),
    /// An artifact is to be made.
    Make {
        /// Of this revision.
        revision: String,
        /// Where its content is.
        place: P,
        /// Whether upstream has another revision than the one that is stored, not only other settings.
        is_new: bool,
    },
}

impl<P> Answer<P> {
    /// The revision that upstream has.
    pub(super) fn revision(&self) -> &str {
        match self {
            Self::Unchanged(revision) | Self::UpToDate(revision) | Self::Make { revision, .. } => revision,
        }
    }
}

impl Known {
    /// Reads the status; `ignore` is the spec's, and `is_current` says whether all else that the artifact was made with is
    /// as the spec wants it.
    pub(super) fn of(status: &Status, ignore: Option<&str>, is_current: bool) -> Self {
        Self {
            stored: status.artifact.as_ref().map(|artifact| artifact.revision.clone()),
            same_settings: status.observed_ignore.as_deref() == ignore && is_current,
            is_good: status.is_true(ARTIFACT_IN_STORAGE),
        }
    }

    /// Whether there is an artifact.
    pub(super) const fn has_artifact(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether the artifact that is stored is of this revision.
    pub(super) fn is_stored(&self, revision: &str) -> bool {
        self.stored.as_deref() == Some(revision)
    }

    /// The revision that upstream need not give again.
    pub(super) fn revision(&self) -> Option<&str> {
        self.stored.as_deref().filter(|_| self.same_settings && self.is_good)
    }

    /// What an answer means.
    pub(super) fn interpret<P>(&self, resolved: Resolved<P>) -> Answer<P> {
        match resolved {
            Resolved::Unchanged => Answer::Unchanged(self.revision().unwrap_or_default().to_owned()),
            Resolved::Revision { revision, place } => {
                let is_new = self.stored.as_deref() != Some(revision.as_str());
                if is_new || !self.same_settings {
                    Answer::Make { revision, place, is_new }
                } else {
                    Answer::UpToDate(revision)
                }
            }
        }
    }
}
