//! The files a build may see. No disk here: callers bring an implementation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::remote::Remotes;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// A tree of files. Paths are relative to its root, `/`-separated and clean: no empty, `.` or `..` parts; the root itself
/// is the empty path.
pub trait FileTree {
    /// What stands at the path, links followed; `None` when nothing does.
    fn entry(&self, path: &str) -> Option<Entry>;

    /// The content of a file; `None` when it is no file.
    fn read(&self, path: &str) -> Option<Arc<[u8]>>;

    /// The path with symbolic links resolved. Trees without links keep the default.
    fn resolve(&self, path: &str) -> Option<String> {
        self.entry(path).map(|_| path.to_owned())
    }

    /// What fetches remote bases and files into this tree. By default nothing does, and they are refused by name.
    fn remotes(&self) -> Option<&dyn Remotes> {
        None
    }
}

/// A tree in memory.
#[derive(Debug, Clone, Default)]
pub struct Files {
    files: BTreeMap<String, Arc<[u8]>>,
    directories: BTreeSet<String>,
}

impl Files {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and the directories above it.
    pub fn insert(&mut self, path: &str, content: impl Into<Arc<[u8]>>) {
        let mut end = 0;
        while let Some(next) = path.get(end..).and_then(|rest| rest.find('/')) {
            self.directories.extend(path.get(..end + next).map(str::to_owned));
            end += next + 1;
        }
        self.files.insert(path.to_owned(), content.into());
    }
}

impl<P: AsRef<str>, C: Into<Arc<[u8]>>> FromIterator<(P, C)> for Files {
    fn from_iter<I: IntoIterator<Item = (P, C)>>(files: I) -> Self {
        let mut tree = Self::new();
        for (path, content) in files {
            tree.insert(path.as_ref(), content);
        }
        tree
    }
}

impl FileTree for Files {
    fn entry(&self, path: &str) -> Option<Entry> {
        if self.files.contains_key(path) {
            Some(Entry::File)
        } else if path.is_empty() || self.directories.contains(path) {
            Some(Entry::Directory)
        } else {
            None
        }
    }

    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        self.files.get(path).cloned()
    }
}
