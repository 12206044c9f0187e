//! What is compared with the cluster.

use std::path::PathBuf;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Compared {
    /// The artifact that the source has now.
    Artifact,
    /// The files of a checkout as they are.
    Folder(PathBuf),
    /// The files of a revision of a checkout.
    Revision {
        /// The checkout, or a folder in it.
        folder: PathBuf,
        /// Branch, tag or commit.
        revision: String,
    },
}
