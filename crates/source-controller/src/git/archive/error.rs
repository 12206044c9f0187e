//! Why a commit is not an archive, and whose fault that is.

use std::io;

use artifact::PathError;
use artifact::ignore::TooMuch;
use manifest::budget::Exceeded;

use super::limits::{MAX_BYTES, MAX_ENTRIES, MAX_PATHS, MAX_READ, MAX_TREES};
use crate::upstream::{PackError, exceeded};

#[cfg(test)]
mod tests;

/// A tree that cannot be made into an archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("commit '{0}' cannot be read: {1}")]
    Object(String, String),
    #[error("the tree has more than {MAX_ENTRIES} entries that are not ignored")]
    TooManyEntries,
    #[error("the tree has more than {MAX_READ} entries, with links, submodules and what is ignored")]
    TooManyRead,
    #[error("the tree objects of the commit have more than {MAX_TREES} bytes")]
    TreesTooLarge,
    #[error("the paths of the tree have more than {MAX_PATHS} bytes in all")]
    PathsTooLong,
    #[error("the files of the tree have more than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the tree has a path that an artifact may not contain: {0}")]
    Path(#[from] PathError),
    #[error("the tree lists {0:?} as a file, and it is none")]
    NotAFile(String),
    #[error("tree object '{0}' is malformed: {1}")]
    Malformed(String, String),
    #[error("{0}; remove some")]
    Ignore(#[from] TooMuch),
    /// A tag that does not stand for the commit that the server says.
    #[error("{0}")]
    Tag(String),
    /// A commit or a tag of more than so many bytes.
    #[error("a commit or tag object has more than {0} bytes")]
    Signed(u64),
    /// `spec.sparseCheckout` names what is not there.
    #[error("{0}")]
    Sparse(String),
    /// An include that does not fit.
    #[error("{0}")]
    Include(String),
    #[error("{0}")]
    Exceeded(Exceeded),
    #[error("{0}")]
    Write(io::Error),
}

impl From<Exceeded> for ArchiveError {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<io::Error> for ArchiveError {
    /// A packer wraps what ended it.
    fn from(error: io::Error) -> Self {
        exceeded(&error).map_or(Self::Write(error), Self::Exceeded)
    }
}

impl From<ArchiveError> for PackError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Object(..) => Self::Broken(error.to_string()),
            ArchiveError::Include(cause) => Self::Include(cause),
            ArchiveError::Exceeded(Exceeded::Steps(limit)) => Self::Refused(format!(
                "the tree needs more than {limit} steps, most of them to compare each path with each ignore rule: \
                 have fewer or shorter rules in .sourceignore and spec.ignore, or fewer files"
            )),
            ArchiveError::Exceeded(cause) => cause.into(),
            // A packer says so of a path that is not clean, or that comes twice.
            ArchiveError::Write(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Self::Refused(error.to_string())
            }
            ArchiveError::Write(error) => Self::Write(error),
            error => Self::Refused(error.to_string()),
        }
    }
}
