//! What a clone is brought to: a commit, the tag that it was found by, and the commits of its submodules. Data only.

use std::path::PathBuf;
use std::sync::Arc;

use super::clones::Folder;

/// A commit to make an artifact of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tip {
    /// Where its objects are.
    pub(crate) clone: PathBuf,
    /// 40 hexadecimal digits.
    pub(crate) commit: String,
    /// The tag that it was found by.
    pub(crate) tag: Option<TagRef>,
    /// What is in its folders from other repositories.
    pub(crate) modules: Vec<Module>,
    /// The clones that all this is in, which stay as long as somebody reads.
    pub(crate) held: Vec<Arc<Folder>>,
    /// The commit that was stored before, if this one is not known to come after it but known not to.
    pub(crate) leaves: Option<String>,
}

/// A tag of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagRef {
    /// Without `refs/tags/`.
    pub(crate) name: String,
    /// The id of its object, unless it is a lightweight one.
    pub(crate) object: Option<String>,
}

/// A commit of another repository in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Module {
    /// The folder, from the root of the outermost repository.
    pub(crate) path: Vec<u8>,
    /// Where its objects are.
    pub(crate) clone: PathBuf,
    /// 40 hexadecimal digits.
    pub(crate) commit: String,
    /// What a working copy's file `.git` says in that folder.
    pub(crate) git_file: String,
}
