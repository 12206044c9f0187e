//! How a commit fares with a Kustomization: what Git servers show beside it. Pure.

use reconcile_core::ObjectKey;

use super::observation::{Observation, Standing};
use super::roots::Root;

#[cfg(test)]
mod tests;

/// A commit's status to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// The Kustomization.
    pub(super) key: ObjectKey,
    /// The revision as the source has it.
    pub(super) revision: String,
    /// Everything is what it says and well; otherwise something is wrong.
    pub(super) is_well: bool,
    /// Why, in one sentence.
    pub(super) description: String,
}

/// What was told of a Kustomization last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    revision: String,
    is_well: bool,
}

impl Commit {
    /// Once it is told.
    pub(super) fn posted(&self) -> Posted {
        Posted { revision: self.revision.clone(), is_well: self.is_well }
    }
}

/// What an earlier process has told, as far as that follows from what it has published. A failure may not have been told
/// yet; telling it again does no harm.
pub(super) fn posted(before: &Observation) -> Option<Posted> {
    let revision = before.applied.clone()?;
    (before.standing == Standing::Well).then_some(Posted { revision, is_well: true })
}

/// What is to be told of a Kustomization: nothing while it is on its way, or cannot be looked at. `root`: what is wrong, if
/// that has been told.
pub(super) fn of(key: &ObjectKey, observation: &Observation, root: Option<&Root>) -> Option<Commit> {
    let (revision, is_well, description) = match (&observation.standing, root) {
        (Standing::Well, _) => (observation.applied.clone()?, true, observation.summary.clone()),
        (Standing::Wrong(_), Some(_)) => (observation.revision.clone()?, false, observation.summary.clone()),
        _ => return None,
    };
    Some(Commit { key: key.clone(), revision, is_well, description })
}

/// The commit of a revision: the SHA-1 that it ends in. `None` of what is no commit of Git.
pub(super) fn sha(revision: &str) -> Option<&str> {
    let (_, hash) = revision.rsplit_once("sha1:")?;
    (hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}
