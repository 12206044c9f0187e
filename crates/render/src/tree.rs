//! The artifact as the build sees it: every path relative to its root, some files replaced, and a record of all that was
//! looked at. No disk: there is no path that could lead out of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use artifact::MemTree;
use kustomize_engine::{Entry, FileTree};

use crate::accessed::Accessed;

/// A tree with a few files replaced; it remembers what was asked of it.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    below: &'a MemTree,
    replaced: BTreeMap<String, Arc<[u8]>>,
    accessed: RefCell<Accessed>,
}

impl<'a> Tree<'a> {
    /// The artifact as it is.
    pub(crate) fn new(below: &'a MemTree) -> Self {
        Self { below, replaced: BTreeMap::new(), accessed: RefCell::default() }
    }

    /// The same tree, what was looked at included, with one file replaced or added.
    pub(crate) fn with(mut self, path: String, content: &[u8]) -> Self {
        self.replaced.insert(path, Arc::from(content));
        self
    }

    /// What was looked at.
    pub(crate) fn into_accessed(self) -> Accessed {
        self.accessed.into_inner()
    }

    /// The content of a file.
    pub(crate) fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        self.accessed.borrow_mut().read(path);
        match self.replacement(path) {
            Some(content) => Some(Arc::clone(content)),
            None => self.below.get(path).cloned(),
        }
    }

    /// Whether there is a file of this path.
    pub(crate) fn is_file(&self, path: &str) -> bool {
        self.accessed.borrow_mut().looked_for(path);
        self.replacement(path).is_some() || self.below.is_file(path)
    }

    /// Whether there is a folder of this path.
    pub(crate) fn is_dir(&self, path: &str) -> bool {
        self.accessed.borrow_mut().looked_for(path);
        self.below.is_dir(path)
    }

    /// The names in a folder, in byte order; none for what is no folder.
    pub(crate) fn list(&self, path: &str) -> Vec<(String, Entry)> {
        self.accessed.borrow_mut().listed(path);
        let kind = |dir| if dir { Entry::Directory } else { Entry::File };
        self.below.list(path).map(|(name, dir)| (name.to_owned(), kind(dir))).collect()
    }

    fn replacement(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.replaced.get(path)
    }
}

impl FileTree for Tree<'_> {
    fn entry(&self, path: &str) -> Option<Entry> {
        if self.is_file(path) {
            return Some(Entry::File);
        }
        self.is_dir(path).then_some(Entry::Directory)
    }

    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        Tree::read(self, path)
    }
}

/// One path below another; the root is empty.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
