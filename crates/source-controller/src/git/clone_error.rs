//! Why a clone could not be brought up to date.

use super::http::rules::Failure;
use super::on_disk::DiskError;
use super::refs::SemverError;

/// A clone with more packs than this is made again before something is fetched into it: at depth 1 that is one small
/// pack. It is so many fetches, however many objects share the clone, that cost a whole one.
pub(super) const MAX_PACKS: usize = 32;

/// Why a clone could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloneError {
    /// The server, or the way to it.
    #[error("{0}")]
    Wire(#[from] Failure),
    /// The server has references, but not this one.
    #[error("couldn't find remote ref \"{0}\"")]
    RefNotFound(String),
    /// `ref.name` is not on the server.
    #[error("unable to resolve ref '{0}' to a specific commit")]
    NameNotFound(String),
    /// The server has no reference at all.
    #[error("git repository is empty")]
    Empty,
    /// No tag fits.
    #[error(transparent)]
    Semver(#[from] SemverError),
    /// The commit is not in what was fetched.
    #[error("unable to resolve commit object for '{0}': object not found")]
    CommitNotFound(String),
    /// gix, for any other reason.
    #[error("{0}")]
    Git(String),
    /// It has too many packs.
    #[error("the clone has more than {MAX_PACKS} packs")]
    Full,
    /// Another namespace fetches into it for too long.
    #[error("the clone is in use")]
    Taken,
    /// The clone's folder.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
