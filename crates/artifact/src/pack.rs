//! The deterministic tar.gz writer (contracts/source-controller.md 5.2): the same entries give the same bytes.
//! Which entries there are, and which are ignored, is the caller's decision.
//!
//! An archive is a row of pieces, each compressed by itself, and where they are cut is a matter of the entries alone. So
//! whoever has a former archive copies what it has in common with the new one, and the bytes are the same as without it.
//!
//! Compression level 6, deflate's own default: Go's default too. A change of the level, of the deflate library's
//! match finder, of the cuts or of the block size changes every digest, so that every consumer applies again after an
//! upgrade; a test pins the bytes.

use std::cmp::Ordering;
use std::io::{self, Write};

use manifest::budget::Budget;

use crate::path;

mod cut;
mod header;
mod pieces;
mod stream;

pub use pieces::{Entry, EntryKind, Kept, Pieces};

use pieces::Key;
use stream::Stream;

const DIR_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;

/// The files of a [segment](Packer::segment), by their numbers in it.
pub trait Contents {
    /// Why a file cannot be read.
    type Error: From<io::Error>;

    /// Bytes of a file.
    ///
    /// # Errors
    /// There is none, or there are too many.
    fn size(&self, number: usize) -> Result<u64, Self::Error>;

    /// Gives a file's content, once and whole.
    ///
    /// # Errors
    /// It cannot be read, or what takes it says so.
    fn read(&self, number: usize, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Self::Error>;

    /// So many bytes of files are in the archive that were not asked for.
    ///
    /// # Errors
    /// These are too many.
    fn taken(&self, bytes: u64) -> Result<(), Self::Error>;
}

/// Whether a [segment](Packer::segment) begins with the entry at `path`; with the first one that is archived it always does.
#[must_use]
pub fn begins_segment(path: &[u8]) -> bool {
    cut::begins(path)
}

/// Writes an archive. Entries come in [`path::walk_order`]; the root entry `.` is written first, by itself.
pub struct Packer<W: Write> {
    out: Stream<W>,
    last: Vec<u8>,
    /// A segment was ended, so that the next entry has to begin one.
    is_ended: bool,
    kept: Option<Kept>,
    made: Pieces,
}

impl<W: Write> Packer<W> {
    /// Begins an archive on `out`, however much it costs.
    pub fn new(out: W) -> io::Result<Self> {
        Self::within(out, Budget::default())
    }

    /// Begins an archive on `out` that ends with an error, whose cause is a [`manifest::budget::Exceeded`], when
    /// `budget` is used up or cancelled. It is asked for each entry and each piece
    /// of a file that deflate takes, and charged for every 64 KiB.
    pub fn within(out: W, budget: Budget) -> io::Result<Self> {
        let mut out = Stream::new(out, budget)?;
        header::write(&mut out, b".", header::Kind::Dir, DIR_MODE, 0)?;
        out.end_piece()?;
        Ok(Self { out, last: Vec::new(), is_ended: false, kept: None, made: Pieces::default() })
    }

    /// Copies what `kept` has as well. The bytes are the same as without it.
    #[must_use]
    pub fn beside(mut self, kept: Option<Kept>) -> Self {
        self.kept = kept;
        self
    }

    /// Adds a folder. Folders above a file need not be added.
    pub fn dir(&mut self, path: impl AsRef<[u8]>) -> io::Result<()> {
        let path = path.as_ref();
        self.out.step(1)?;
        self.advance(path)?;
        header::write(&mut self.out, path, header::Kind::Dir, DIR_MODE, 0)
    }

    /// Adds a file.
    pub fn file(&mut self, path: impl AsRef<[u8]>, executable: bool, content: &[u8]) -> io::Result<()> {
        let path = path.as_ref();
        self.out.step(1)?;
        self.advance(path)?;
        let is_large = content.len() >= cut::LARGE;
        if is_large {
            self.out.end_piece()?;
        }
        let mode = if executable { EXECUTABLE_MODE } else { FILE_MODE };
        header::write(&mut self.out, path, header::Kind::File, mode, content.len() as u64)?;
        self.out.write_all(content)?;
        header::pad(&mut self.out, content.len())?;
        if is_large { self.out.end_piece() } else { Ok(()) }
    }

    /// Adds all entries from one that [begins a segment](begins_segment) to the last before the next one. Files that
    /// the former archive has in the same segment, and large ones, are not asked for. What is added is noted in
    /// [`Self::finish_with_pieces`].
    ///
    /// # Errors
    /// As of `contents`; and of entries that are no segment.
    pub fn segment<C: Contents>(&mut self, entries: &[Entry<'_>], contents: &C) -> Result<(), C::Error> {
        let Some((first, rest)) = entries.split_first() else { return Ok(()) };
        let is_whole = (self.last.is_empty() || cut::begins(first.path))
            && rest.iter().all(|entry| !cut::begins(entry.path));
        if !is_whole {
            return Err(unfit("a segment", first.path).into());
        }
        let key = Key::of(entries);
        let content = if let Some(content) = self.copy(&key, entries)? {
            contents.taken(content)?;
            content
        } else {
            self.out.begin_span()?;
            let mut content = 0;
            for (number, entry) in entries.iter().enumerate() {
                content += self.entry(entry, number, contents)?;
            }
            content
        };
        self.note(key, content)?;
        self.is_ended = true;
        Ok(())
    }

    /// Ends the archive and gives back the writer.
    pub fn finish(self) -> io::Result<W> {
        self.finish_with_pieces().map(|(out, _)| out)
    }

    /// As [`Self::finish`], and tells where the pieces are.
    pub fn finish_with_pieces(mut self) -> io::Result<(W, Pieces)> {
        self.out.end_piece()?;
        self.out.write_all(&[0; 2 * header::RECORD])?;
        Ok((self.out.finish()?, self.made))
    }

    /// Adds one entry of a segment; gives its bytes.
    fn entry<C: Contents>(
        &mut self,
        entry: &Entry<'_>,
        number: usize,
        contents: &C,
    ) -> Result<u64, C::Error> {
        let EntryKind::File { executable, .. } = entry.kind else {
            self.dir(entry.path)?;
            return Ok(0);
        };
        let size = contents.size(number)?;
        let is_large = size >= cut::LARGE as u64;
        let key = Key::of(std::slice::from_ref(entry));
        if is_large {
            if self.copy(&key, std::slice::from_ref(entry))?.is_none() {
                self.out.begin_span()?;
                contents.read(number, &mut |content| self.file(entry.path, executable, content))?;
            }
            self.note(key, size)?;
        } else {
            contents.read(number, &mut |content| self.file(entry.path, executable, content))?;
        }
        Ok(size)
    }

    /// Copies what a key stands for, and begins to note it; gives the bytes of the files in it.
    fn copy(&mut self, key: &Key, entries: &[Entry<'_>]) -> io::Result<Option<u64>> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
        let Some(kept) = &self.kept else { return Ok(None) };
        let Some(piece) = kept.find(key) else { return Ok(None) };
        self.out.step(entries.len() as u64)?;
        self.out.begin_span()?;
        if !self.out.copy(kept, piece)? {
            self.out.end_span(0)?;
            return Ok(None);
        }
        let content = piece.content;
        // Those between were in this order when it was made.
        self.advance(first.path)?;
        last.path.clone_into(&mut self.last);
        Ok(Some(content))
    }

    fn note(&mut self, key: Key, content: u64) -> io::Result<()> {
        if let Some(piece) = self.out.end_span(content)? {
            self.made.add(key, piece);
        }
        Ok(())
    }

    fn advance(&mut self, path: &[u8]) -> io::Result<()> {
        path::check(path).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        if !self.last.is_empty() && path::walk_order(&self.last, path) != Ordering::Less {
            let (path, last) = (path::escaped(path), path::escaped(&self.last));
            let message = format!("{path:?} does not come after {last:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let begins = cut::begins(path);
        if self.is_ended && !begins {
            return Err(unfit("what follows one", path));
        }
        self.is_ended = false;
        if begins {
            self.out.end_piece()?;
        }
        self.last.clear();
        self.last.extend_from_slice(path);
        Ok(())
    }
}

fn unfit(what: &str, path: &[u8]) -> io::Error {
    let message = format!("{what} cannot begin with {:?}", path::escaped(path));
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests;
