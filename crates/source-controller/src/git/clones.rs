//! The folder of all clones: whose they are, and which go. What is in a clone is `clone`'s.
//!
//! The name of a clone begins with its object's uid and a dot. Blocking.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// All repositories' clones.
#[derive(Clone, Debug)]
pub(super) struct Clones {
    root: PathBuf,
}

impl Clones {
    /// Clones live in `root`, which nobody serves.
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where they are.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Removes every clone of an object.
    pub(super) fn forget(&self, uid: &str) {
        self.remove_where(|owner, _| owner == uid);
    }

    /// Removes every clone of an object but the one at `path`.
    pub(super) fn forget_others(&self, uid: &str, path: &Path) {
        self.remove_where(|owner, found| owner == uid && found != path);
    }

    /// Removes the clones of all objects but those with the uids that `current` gives. It is asked after the folder
    /// was listed: a clone that is made meanwhile is not in the list. The clone of an object that `current` does not
    /// know yet is lost; a run that is using it finds it broken and makes it again.
    pub(super) fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        let found = self.list();
        let uids = current();
        for (owner, path) in found {
            if !uids.contains(&owner) {
                remove(&path);
            }
        }
    }

    fn remove_where(&self, gone: impl Fn(&str, &Path) -> bool) {
        for (owner, path) in self.list() {
            if gone(&owner, &path) {
                remove(&path);
            }
        }
    }

    /// Uid and folder of each clone.
    fn list(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return Vec::new() };
        let owned = |entry: std::fs::DirEntry| {
            let name = entry.file_name();
            let owner = name.to_str().and_then(|name| name.split('.').next()).unwrap_or_default();
            (owner.to_owned(), entry.path())
        };
        entries.flatten().map(owned).collect()
    }
}

/// Removes what is in a folder of clones but those that are in use.
pub(super) fn keep_used(folder: &Path, used: &HashSet<&Path>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if !used.contains(path.as_path()) {
            remove(&path);
        }
    }
}

/// Removes one clone.
pub(super) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path) {
        tracing::error!(error = %error, clone = %path.display(), "a clone cannot be removed");
    }
}
