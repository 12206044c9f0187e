//! A clone on disk: its folder, how it is opened, and how it goes. What is fetched into it is `clone`'s. Blocking.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// A clone that cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    /// The folder.
    #[error("clone at '{}': {source}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// gix.
    #[error("{0}")]
    Git(String),
}

/// Sixteen hexadecimal digits that stand for a text.
pub(super) fn short_hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// How many packs a clone has.
pub(super) fn packs(clone: &Path) -> usize {
    let is_pack = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|end| end == "pack");
    fs::read_dir(clone.join("objects/pack")).map_or(0, |entries| entries.flatten().filter(is_pack).count())
}

/// How clones are opened: no configuration of the system, the user or the environment, one thread, small caches, and
/// no object (or index of objects) that needs more than is spared for one: what `guard` looks at first.
fn options() -> gix::open::Options {
    gix::open::Options::isolated().with(gix::sec::Trust::Full).open_path_as_is(true).config_overrides([
        "pack.threads=1",
        "core.deltaBaseCacheLimit=4m",
        "protocol.version=2",
        "core.logAllRefUpdates=false",
        "gitoxide.objects.allocLimit=512m",
        "gitoxide.committer.nameFallback=source-controller",
        "gitoxide.committer.emailFallback=source-controller@localhost",
    ])
}

/// Opens a clone that is there.
pub(super) fn open(path: &Path) -> Result<gix::Repository, gix::Error> {
    gix::open_opts(path, options())
}

/// Opens a clone; makes it when there is none.
pub(super) fn open_or_make(path: &Path) -> Result<gix::Repository, DiskError> {
    if path.exists() {
        return open(path).map_err(|error| DiskError::Git(chain(&error)));
    }
    fs::create_dir_all(path).map_err(|source| DiskError::Folder { path: path.to_owned(), source })?;
    gix::ThreadSafeRepository::init_opts(
        path,
        gix::create::Kind::Bare,
        gix::create::Options::default(),
        options(),
    )
    .map(Into::into)
    .map_err(|error| DiskError::Git(chain(&error)))
}

/// An error of gix with its causes.
pub(super) fn chain(error: &gix::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
