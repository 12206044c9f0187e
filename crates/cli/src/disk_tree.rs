//! A real directory as the engine's tree of files. It reads what it is asked for and nothing else, and writes nothing.
//!
//! The tree's root is `/`, so that bases beside and above the target can be reached; what may be read at all is the
//! engine's decision (`--load-restrictor`).

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kustomize_engine::{Entry, FileTree, Remotes};

use crate::checkouts::Checkouts;
use crate::error::system_text;
use crate::tree_path::in_tree;

#[cfg(test)]
mod tests;

/// The file system, seen from its root.
#[derive(Debug, Default)]
pub(crate) struct DiskTree {
    /// Files larger than this are not read to their end; the engine then refuses them by its own budget.
    limit: u64,
    /// What exists and could not be read: the engine only knows "not there".
    unreadable: RefCell<BTreeMap<PathBuf, String>>,
    /// The path looked at last: a build asks several things about one file before it goes on to the next.
    last: RefCell<Option<Seen>>,
    /// Directories with their links resolved.
    resolved: RefCell<HashMap<PathBuf, PathBuf>>,
    /// What fetches remote bases, if the user allowed it.
    checkouts: Option<Checkouts>,
}

/// What one look at a path showed.
#[derive(Debug)]
struct Seen {
    path: PathBuf,
    /// Whether the path itself is a symbolic link; the other fields are then about what it leads to.
    link: bool,
    entry: Option<Entry>,
    length: u64,
}

impl DiskTree {
    /// A tree that reads at most so many bytes of one file.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: (limit as u64).saturating_add(1), ..Self::default() }
    }

    /// The same tree with remote bases fetched.
    pub(crate) fn with_remotes(self) -> Self {
        Self { checkouts: Some(Checkouts::default()), ..self }
    }

    /// A line for every file or directory that exists and could not be read.
    pub(crate) fn into_unreadable(self) -> Vec<String> {
        let unreadable = self.unreadable.into_inner();
        unreadable.into_iter().map(|(path, why)| format!("{}: {why}", path.display())).collect()
    }

    /// Notes an error unless it only says that nothing is there.
    fn note<T>(&self, path: &Path, outcome: io::Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                // ENOTDIR is what `file.yaml/kustomization.yaml` gives.
                if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
                    self.unreadable.borrow_mut().insert(path.to_owned(), system_text(&error));
                }
                None
            }
        }
    }

    /// Looks at a path unless it was the last one; gives what `what` makes of it.
    fn look<T>(&self, path: &Path, what: impl FnOnce(&Seen) -> T) -> Option<T> {
        if let Some(seen) = self.last.borrow().as_ref().filter(|seen| seen.path == path) {
            return Some(what(seen));
        }
        let of_path = self.note(path, fs::symlink_metadata(path))?;
        let link = of_path.is_symlink();
        let metadata = if link { self.note(path, fs::metadata(path))? } else { of_path };
        let entry = self.entry_of(path, &metadata);
        let seen = Seen { path: path.to_owned(), link, entry, length: metadata.len() };
        let answer = what(&seen);
        *self.last.borrow_mut() = Some(seen);
        Some(answer)
    }

    fn entry_of(&self, path: &Path, metadata: &Metadata) -> Option<Entry> {
        if metadata.is_dir() {
            Some(Entry::Directory)
        } else if metadata.is_file() {
            Some(Entry::File)
        } else {
            // A pipe or a device: reading one may never end.
            self.unreadable.borrow_mut().insert(path.to_owned(), "is not a regular file".to_owned());
            None
        }
    }

    /// The path with links resolved: one look where only its directory, which is remembered, holds links.
    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        let plain = self.look(path, |seen| !seen.link)?;
        let (Some(parent), Some(name), true) = (path.parent(), path.file_name(), plain) else {
            return self.note(path, fs::canonicalize(path));
        };
        if let Some(parent) = self.resolved.borrow().get(parent) {
            return Some(parent.join(name));
        }
        let resolved = self.note(path, fs::canonicalize(parent))?;
        let canonical = resolved.join(name);
        self.resolved.borrow_mut().insert(parent.to_owned(), resolved);
        Some(canonical)
    }
}

impl FileTree for DiskTree {
    fn entry(&self, path: &str) -> Option<Entry> {
        self.look(&on_disk(path), |seen| seen.entry).flatten()
    }

    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        let path = on_disk(path);
        // Asked first: opening a pipe would wait for its writer.
        let (entry, length) = self.look(&path, |seen| (seen.entry, seen.length))?;
        if entry != Some(Entry::File) {
            return None;
        }
        let read = || {
            let mut content = Vec::with_capacity(usize::try_from(length.min(self.limit)).unwrap_or_default());
            File::open(&path)?.take(self.limit).read_to_end(&mut content)?;
            Ok(content)
        };
        self.note(&path, read()).map(Arc::from)
    }

    fn resolve(&self, path: &str) -> Option<String> {
        let resolved = self.canonical(&on_disk(path))?;
        let Some(text) = in_tree(&resolved) else {
            self.unreadable.borrow_mut().insert(resolved, "the path is not UTF-8".to_owned());
            return None;
        };
        Some(text)
    }

    fn remotes(&self) -> Option<&dyn Remotes> {
        self.checkouts.as_ref().map(|checkouts| checkouts as &dyn Remotes)
    }
}

fn on_disk(path: &str) -> PathBuf {
    Path::new("/").join(path)
}
