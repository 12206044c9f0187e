//! All files and folders of a commit's tree, in the order of a walk, and what a tree may cost to list. What is made of
//! them is `archive`'s.
//!
//! A few objects can name each other so often that a tree of some kilobytes has billions of entries, and one name can be
//! part of a million paths. So whatever is read counts, links and what is ignored too, a path is checked when it is formed,
//! and only names are kept.

use std::ops::Range;

use artifact::PathError;
use artifact::path::{self, MAX_DEPTH, MAX_LENGTH};
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use manifest::budget::Budget;

use super::error::ArchiveError;
use super::limits::{MAX_PATHS, MAX_READ, MAX_TREES};
use super::objects::Objects;

#[cfg(test)]
mod tests;

/// Bytes of a tree object that cost a step, beside its entries.
const PER_STEP: u64 = 64 << 10;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder.
    Dir,
    /// A commit of another repository: a folder whose content is not here.
    Module,
    /// A file.
    File {
        /// Its blob, if it is one.
        id: gix::ObjectId,
        /// Whether it may be executed.
        executable: bool,
    },
}

/// The entries of a tree. Each knows its name and how long its path is; the one before it tells the rest.
#[derive(Debug, Default)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    names: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    name: Range<usize>,
    /// Length of the path of the folder that it is in.
    folder: usize,
    kind: Kind,
}

/// An entry that was read and not walked to yet.
struct Child {
    name: Range<usize>,
    /// What it names.
    id: gix::ObjectId,
    kind: Kind,
}

/// A folder that is being walked.
struct Frame {
    /// Length of its path.
    path: usize,
    /// The last comes first.
    children: Vec<Child>,
}

/// What was read so far.
struct Reader<'a> {
    objects: &'a Objects<'a>,
    budget: &'a Budget,
    names: Vec<u8>,
    read: usize,
    trees: u64,
    paths: u64,
}

impl Listing {
    /// Reads a tree.
    pub(super) fn of(
        objects: &Objects<'_>,
        root: gix::ObjectId,
        budget: &Budget,
    ) -> Result<Self, ArchiveError> {
        let mut reader = Reader { objects, budget, names: Vec::new(), read: 0, trees: 0, paths: 0 };
        let mut entries = Vec::new();
        let mut path = Vec::new();
        let mut frames = vec![Frame { path: 0, children: reader.folder(root, &path, 0)? }];
        while let Some(frame) = frames.last_mut() {
            path.truncate(frame.path);
            let Some(Child { name, id, kind }) = frame.children.pop() else {
                frames.pop();
                continue;
            };
            entries.push(Entry { name: name.clone(), folder: path.len(), kind });
            if kind == Kind::Dir {
                push(&mut path, reader.names.get(name).unwrap_or_default());
                let children = reader.folder(id, &path, frames.len())?;
                frames.push(Frame { path: path.len(), children });
            }
        }
        Ok(Self { entries, names: reader.names })
    }

    /// Gives each entry with its path, parents before children, names of one folder by bytes.
    pub(super) fn walk(
        &self,
        mut visit: impl FnMut(&[u8], Kind) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut path = Vec::new();
        for entry in &self.entries {
            path.truncate(entry.folder);
            push(&mut path, self.names.get(entry.name.clone()).unwrap_or_default());
            visit(&path, entry.kind)?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The entries of the folder at `path`, which is in so many others, the last one first.
    fn folder(&mut self, id: gix::ObjectId, path: &[u8], depth: usize) -> Result<Vec<Child>, ArchiveError> {
        let tree = self.objects.tree(id)?;
        let bytes = tree.data.len() as u64;
        self.trees += bytes;
        if self.trees > MAX_TREES {
            return Err(ArchiveError::TreesTooLarge);
        }
        self.budget.step(1 + bytes / PER_STEP)?;
        self.budget.hold(bytes)?;
        let mut children = Vec::new();
        for entry in tree.iter() {
            self.budget.step(1)?;
            self.read += 1;
            if self.read > MAX_READ {
                return Err(ArchiveError::TooManyRead);
            }
            let entry = entry.map_err(|error| self.objects.malformed(&tree, &error.to_string()))?;
            let id = entry.object_id();
            let kind = match entry.mode().kind() {
                EntryKind::Tree => Kind::Dir,
                EntryKind::Blob => Kind::File { id, executable: false },
                EntryKind::BlobExecutable => Kind::File { id, executable: true },
                EntryKind::Commit => Kind::Module,
                EntryKind::Link => continue,
            };
            let name = self.keep(path, depth, entry.filename())?;
            children.push(Child { name, id, kind });
        }
        let names = self.names.as_slice();
        let name = |child: &Child| names.get(child.name.clone()).unwrap_or_default();
        children.sort_by(|a, b| name(b).cmp(name(a)));
        self.budget.release(bytes);
        Ok(children)
    }

    /// Checks the path of an entry and keeps its name. Whether the path is clean is asked only of what is archived.
    fn keep(&mut self, folder: &[u8], depth: usize, name: &[u8]) -> Result<Range<usize>, ArchiveError> {
        let whole = || {
            let mut path = folder.to_vec();
            push(&mut path, name);
            path::quoted(&path.to_str_lossy())
        };
        if name.is_empty() || name.contains(&b'/') {
            return Err(PathError::Unclean(whole()).into());
        }
        let length = folder.len() + usize::from(!folder.is_empty()) + name.len();
        if length > MAX_LENGTH {
            return Err(PathError::TooLong { path: whole(), limit: MAX_LENGTH }.into());
        }
        if depth >= MAX_DEPTH {
            return Err(PathError::TooDeep { path: whole(), limit: MAX_DEPTH }.into());
        }
        self.paths += length as u64;
        if self.paths > MAX_PATHS {
            return Err(ArchiveError::PathsTooLong);
        }
        self.budget.hold((size_of::<Child>() + size_of::<Entry>() + name.len()) as u64)?;
        let start = self.names.len();
        self.names.extend_from_slice(name);
        Ok(start..self.names.len())
    }
}

/// Adds a name to the path of its folder.
fn push(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
