//! The entries of a commit, gathered into segments of the archive: what a former archive has as well is not read from
//! the clone. Which entries there are is `archive`'s.

use std::cell::Cell;
use std::io::{self, Write};

use artifact::pack::{Contents, Entry, EntryKind, Packer, begins_segment};
use gix::bstr::ByteSlice as _;
use manifest::budget::Budget;
use sha2::{Digest as _, Sha256};

use super::error::ArchiveError;
use super::limits::MAX_BYTES;
use super::objects::{Objects, repository};
use super::whole::Node;

/// A file is read by way of the object that it was stored as a difference to.
const COPIES: u64 = 2;
/// Bytes of memory for an entry, besides its path.
const ENTRY: u64 = 160;

/// A packer that is given one entry after the other.
pub(super) struct Segments<'a, W: Write> {
    packer: Packer<W>,
    objects: &'a [Objects<'a>],
    budget: &'a Budget,
    /// Bytes of all files.
    total: Cell<u64>,
    gathered: Vec<Gathered>,
    held: u64,
}

/// An entry that was not written yet.
struct Gathered {
    path: Vec<u8>,
    node: Node,
    /// What its content is known by.
    identity: Vec<u8>,
}

impl<'a, W: Write> Segments<'a, W> {
    pub(super) const fn new(packer: Packer<W>, objects: &'a [Objects<'a>], budget: &'a Budget) -> Self {
        Self { packer, objects, budget, total: Cell::new(0), gathered: Vec::new(), held: 0 }
    }

    /// Takes an entry.
    pub(super) fn add(&mut self, path: &[u8], node: &Node) -> Result<(), ArchiveError> {
        if begins_segment(path) {
            self.write()?;
        }
        let cost = ENTRY + path.len() as u64;
        self.budget.hold(cost)?;
        self.held += cost;
        let identity = match node {
            Node::Dir => Vec::new(),
            Node::Blob { id, .. } => id.as_bytes().to_vec(),
            Node::Bytes { content, .. } => Sha256::digest(content).to_vec(),
        };
        self.gathered.push(Gathered { path: path.to_vec(), node: node.clone(), identity });
        Ok(())
    }

    /// Writes what is left, and gives back the packer.
    pub(super) fn finish(mut self) -> Result<Packer<W>, ArchiveError> {
        self.write()?;
        Ok(self.packer)
    }

    fn write(&mut self) -> Result<(), ArchiveError> {
        let entries: Vec<_> = self.gathered.iter().map(Gathered::entry).collect();
        let (objects, budget, total) = (self.objects, self.budget, &self.total);
        let files = Files { objects, budget, total, gathered: &self.gathered };
        self.packer.segment(&entries, &files)?;
        self.gathered.clear();
        self.budget.release(self.held);
        self.held = 0;
        Ok(())
    }
}

impl Gathered {
    fn entry(&self) -> Entry<'_> {
        let kind = match self.node {
            Node::Dir => EntryKind::Dir,
            Node::Blob { executable, .. } | Node::Bytes { executable, .. } => {
                EntryKind::File { executable, identity: &self.identity }
            }
        };
        Entry { path: &self.path, kind }
    }
}

/// The files of a segment.
struct Files<'a> {
    objects: &'a [Objects<'a>],
    budget: &'a Budget,
    total: &'a Cell<u64>,
    gathered: &'a [Gathered],
}

impl Files<'_> {
    fn get(&self, number: usize) -> Result<&Gathered, ArchiveError> {
        let missing = || ArchiveError::Object(number.to_string(), "no such entry".to_owned());
        self.gathered.get(number).ok_or_else(missing)
    }
}

impl Contents for Files<'_> {
    type Error = ArchiveError;

    fn size(&self, number: usize) -> Result<u64, ArchiveError> {
        let Gathered { path, node, .. } = self.get(number)?;
        let size = match node {
            Node::Dir => 0,
            Node::Blob { repo, id, .. } => {
                repository(self.objects, *repo)?.size(*id, &path.to_str_lossy())?
            }
            Node::Bytes { content, .. } => content.len() as u64,
        };
        self.taken(size)?;
        Ok(size)
    }

    fn read(&self, number: usize, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), ArchiveError> {
        match &self.get(number)?.node {
            Node::Dir => Ok(()),
            Node::Bytes { content, .. } => Ok(take(content)?),
            Node::Blob { repo, id, .. } => {
                let objects = repository(self.objects, *repo)?;
                let size = COPIES * objects.blob_size(*id)?;
                self.budget.hold(size)?;
                take(&objects.blob(*id)?.data)?;
                self.budget.release(size);
                Ok(())
            }
        }
    }

    fn taken(&self, bytes: u64) -> Result<(), ArchiveError> {
        self.total.set(add(self.total.get(), bytes)?);
        Ok(())
    }
}

/// The bytes of all files with some more.
pub(super) fn add(total: u64, size: u64) -> Result<u64, ArchiveError> {
    total.checked_add(size).filter(|total| *total <= MAX_BYTES).ok_or(ArchiveError::TooLarge)
}
