//! The deterministic tar.gz writer (contracts/source-controller.md 5.2): the same entries give the same bytes.
//! Which entries there are, and which are ignored, is the caller's decision.
//!
//! Compression level 6, deflate's own default: Go's default too. A change of the level, of the deflate library's
//! match finder or of the block size below changes every digest, so that every consumer applies again after an
//! upgrade; a test pins the bytes.

use std::cmp::Ordering;
use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use manifest::budget::Budget;

use crate::path;

mod blocks;
mod header;

use blocks::Blocks;

const LEVEL: u32 = 6;
/// `OS` byte of the gzip header: unknown, as Go writes it.
const OS_UNKNOWN: u8 = 255;

const DIR_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;

/// Writes an archive. Entries come in [`path::walk_order`]; the root entry `.` is written first, by itself.
pub struct Packer<W: Write> {
    out: Blocks<GzEncoder<W>>,
    last: Vec<u8>,
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
        let gzip = GzBuilder::new().operating_system(OS_UNKNOWN).write(out, Compression::new(LEVEL));
        let mut packer = Self { out: Blocks::new(gzip, budget), last: Vec::new() };
        header::write(&mut packer.out, b".", header::Kind::Dir, DIR_MODE, 0)?;
        Ok(packer)
    }

    /// Adds a folder. Folders above a file need not be added.
    pub fn dir(&mut self, path: impl AsRef<[u8]>) -> io::Result<()> {
        let path = path.as_ref();
        self.out.step()?;
        self.advance(path)?;
        header::write(&mut self.out, path, header::Kind::Dir, DIR_MODE, 0)
    }

    /// Adds a file.
    pub fn file(&mut self, path: impl AsRef<[u8]>, executable: bool, content: &[u8]) -> io::Result<()> {
        let path = path.as_ref();
        self.out.step()?;
        self.advance(path)?;
        let mode = if executable { EXECUTABLE_MODE } else { FILE_MODE };
        header::write(&mut self.out, path, header::Kind::File, mode, content.len() as u64)?;
        self.out.write_all(content)?;
        header::pad(&mut self.out, content.len())
    }

    /// Ends the archive and gives back the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; 2 * header::RECORD])?;
        self.out.into_inner()?.finish()
    }

    fn advance(&mut self, path: &[u8]) -> io::Result<()> {
        path::check(path).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        if !self.last.is_empty() && path::walk_order(&self.last, path) != Ordering::Less {
            let (path, last) = (path::escaped(path), path::escaped(&self.last));
            let message = format!("{path:?} does not come after {last:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.last.clear();
        self.last.extend_from_slice(path);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
