//! The content of an artifact: a layer in a file without a name, unpacked and packed again, or copied as it is
//! (contracts/source-controller.md 7.3). How it came here is `oci`'s.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use artifact::ignore::{self, Rules, TooMuch};
use artifact::pack::Packer;
use artifact::spool::{Node, Spool};
use artifact::unpack::Limits;
use artifact::{UnpackError, path};
use manifest::budget::{Budget, Exceeded};

use crate::git::turns::Turn;
use crate::upstream::{COPIES, Content, Means, PackError, STEPS, exceeded};

#[cfg(test)]
mod tests;

/// How much is copied at a time.
const BUFFER: usize = 64 << 10;
/// Bytes of memory that rules take for each byte that they are written in.
const RULES: u64 = 32;

/// What is done with a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Unpack it, and pack what the rules leave.
    Extract,
    /// Publish it as it is.
    Copy,
}

/// A layer at hand.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) operation: Operation,
    /// Where files without a name may be made.
    pub(super) scratch: PathBuf,
    /// There are as many files at a time as there are turns; nobody looks at it.
    pub(super) _turn: Option<Turn>,
}

impl Content for Layer {
    fn pack(&self, ignore: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        let budget = means.budget(STEPS);
        match self.operation {
            Operation::Copy => Ok(self.copy(&budget, out)?),
            Operation::Extract => Ok(self.extract(ignore, &budget, out)?),
        }
    }
}

/// Why a layer is no archive.
#[derive(Debug, thiserror::Error)]
pub(super) enum LayerError {
    #[error("{0}")]
    Unpack(#[from] UnpackError),
    #[error("{0}; remove some")]
    Ignore(#[from] TooMuch),
    #[error("{0}")]
    Exceeded(#[from] Exceeded),
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for LayerError {
    /// A packer wraps what ended it.
    fn from(error: io::Error) -> Self {
        exceeded(&error).map_or(Self::Io(error), Self::Exceeded)
    }
}

impl From<LayerError> for PackError {
    fn from(error: LayerError) -> Self {
        match error {
            LayerError::Exceeded(cause) => cause.into(),
            LayerError::Unpack(UnpackError::Cancelled) => Self::Cancelled,
            LayerError::Unpack(UnpackError::Reserve) => Self::Memory,
            LayerError::Unpack(UnpackError::Spool(cause)) => Self::Write(io::Error::other(cause)),
            LayerError::Unpack(error) => {
                let is_excess = matches!(
                    error,
                    UnpackError::TooManyEntries(_) | UnpackError::TooLarge(_) | UnpackError::LongHeader(_)
                );
                let cause = format!("failed to extract layer contents from artifact: {error}");
                Self::Upstream { cause, is_excess }
            }
            LayerError::Io(error) => Self::Write(error),
            error => Self::Refused(error.to_string()),
        }
    }
}

impl Layer {
    fn copy(&self, budget: &Budget, out: &mut dyn Write) -> Result<(), LayerError> {
        let mut from = self.reader();
        let mut buffer = vec![0; BUFFER];
        loop {
            budget.step(1)?;
            let read = from.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
            out.write_all(bytes)?;
        }
    }

    fn extract(&self, ignore: Option<&str>, budget: &Budget, out: &mut dyn Write) -> Result<(), LayerError> {
        let file = tempfile::tempfile_in(&self.scratch).map_err(LayerError::Io)?;
        let spool = Spool::fill(self.reader(), file, &Limits::default(), budget)?;
        let rules = rules(&spool, ignore, budget)?;
        let mut packer = Packer::within(out, budget.clone())?;
        for (path, node) in spool.nodes() {
            if rules.is_ignored(path, node == Node::Dir, budget)? {
                continue;
            }
            match node {
                Node::Dir => packer.dir(path)?,
                Node::File { executable, size, .. } => {
                    budget.hold(COPIES * size)?;
                    packer.file(path, executable, &spool.read(node)?)?;
                    budget.release(COPIES * size);
                }
            }
        }
        packer.finish()?;
        Ok(())
    }

    fn reader(&self) -> At<'_> {
        At { file: &self.file, offset: 0, end: self.size }
    }
}

/// Reads from a file without moving its cursor.
struct At<'a> {
    file: &'a File,
    offset: u64,
    end: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// The effective rules: every `.sourceignore` outside `.git` folders, parents before children, then the spec's.
fn rules(spool: &Spool, spec_ignore: Option<&str>, budget: &Budget) -> Result<Rules, LayerError> {
    let mut files = Vec::new();
    let mut bytes = 0u64;
    for (path, node) in spool.nodes() {
        let Node::File { size, .. } = node else { continue };
        let (folder, name) = path::split(path);
        if name != ignore::FILE_NAME || folder.split('/').any(|segment| segment == ".git") {
            continue;
        }
        bytes = bytes.saturating_add(size);
        if bytes > ignore::MAX_BYTES {
            return Err(TooMuch::Bytes.into());
        }
        budget.hold(RULES * size)?;
        files.push((folder.to_owned(), String::from_utf8_lossy(&spool.read(node)?).into_owned()));
    }
    // In the walk a folder's own file may come after a subfolder's.
    files.sort_by(|(a, _), (b, _)| path::walk_order(a, b));
    let files = files.iter().map(|(folder, text)| (folder.as_str(), text.as_str()));
    Ok(Rules::effective(files, spec_ignore)?)
}
