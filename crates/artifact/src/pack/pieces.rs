//! Where the pieces of an archive are, so that the next one copies those that it has as well. Only this is in memory: the
//! bytes are in the file of the former archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use flate2::Crc;
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// Pieces of an archive that are noted at most.
const MOST: usize = 16 << 10;
/// Bytes of memory for one.
const COST: u64 = 128;

/// One entry, and what its content is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its path.
    pub path: &'a [u8],
    /// What it is.
    pub kind: EntryKind<'a>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind<'a> {
    /// A folder.
    Dir,
    /// A file.
    File {
        /// Whether it may be executed.
        executable: bool,
        /// What no other content has, such as its hash.
        identity: &'a [u8],
    },
}

/// What some entries one after another are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for Entry { path, kind } in entries {
            part(path);
            match kind {
                EntryKind::Dir => part(b"dir"),
                EntryKind::File { executable, identity } => {
                    part(if *executable { b"run" } else { b"file" });
                    part(identity);
                }
            }
        }
        Self(hash.finalize().into())
    }
}

/// Some bytes of an archive that stand for a number of entries, wherever they are.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where in the file.
    pub(super) start: u64,
    /// Bytes there.
    pub(super) length: u64,
    /// Bytes of the files in it.
    pub(super) content: u64,
    /// What becomes of them when they are decompressed.
    pub(super) plain: Crc,
    /// Checksum of the bytes themselves.
    pub(super) check: u32,
}

/// The pieces of an archive.
#[derive(Debug, Default)]
pub struct Pieces(BTreeMap<Key, Piece>);

impl Pieces {
    /// Bytes of memory that they take, roughly.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.0.len() as u64 * COST
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, key: Key, piece: Piece) {
        if self.0.len() < MOST {
            self.0.insert(key, piece);
        }
    }
}

/// A former archive, to take pieces from.
#[derive(Clone, Debug)]
pub struct Kept {
    file: Arc<File>,
    pieces: Arc<Pieces>,
}

impl Kept {
    /// The archive at `path`, which has these pieces.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, pieces: Arc<Pieces>) -> io::Result<Self> {
        Ok(Self { file: Arc::new(File::open(path)?), pieces })
    }

    pub(super) fn find(&self, key: &Key) -> Option<&Piece> {
        self.pieces.0.get(key)
    }

    /// Gives all bytes of a piece, as many at a time as there is room for.
    pub(super) fn read(
        &self,
        piece: &Piece,
        room: &mut [u8],
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut start, end) = (piece.start, piece.start + piece.length);
        while start < end {
            let length = usize::try_from(end - start).unwrap_or(usize::MAX).min(room.len());
            let Some(part) = room.get_mut(..length) else { return Ok(()) };
            self.file.read_exact_at(part, start)?;
            take(part)?;
            start += length as u64;
        }
        Ok(())
    }
}
