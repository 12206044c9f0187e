//! Takes a tar.gz of anybody's apart as an OCI layer is (contracts/source-controller.md 7.3): contents go to a file
//! without a name, one after the other, and only an index of paths is in memory. Nothing that stands in the archive
//! becomes a path on a disk. What is made of the files is the caller's.
//!
//! Flux's (and so Go's) outcomes: the last of several files of one name counts, a hard link is an empty file, symbolic
//! links are skipped, devices and pipes are refused, and so is the first name that leads out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Write as _};
use std::os::unix::fs::FileExt as _;

use flate2::bufread::MultiGzDecoder;
use manifest::budget;
use tar::EntryType;

use crate::error::{PathError, UnpackError};
use crate::path;
use crate::unpack::limits::{Budget, Counted, Limits};

/// How much is copied at a time: cancellation is looked at that often.
const BUFFER: usize = 64 << 10;
/// What reading takes: the window of the decompression, buffers and headers.
const READER: u64 = 512 << 10;
/// What an entry of the index takes beside its path, roughly.
const ENTRY: u64 = 160;

/// One entry of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Dir,
    /// A file.
    File {
        /// Whether anybody may execute it.
        executable: bool,
        /// Where its content begins in the spool.
        offset: u64,
        /// Bytes of its content.
        size: u64,
    },
}

/// An archive taken apart.
#[derive(Debug)]
pub struct Spool {
    file: File,
    nodes: Vec<(String, Node)>,
}

impl Spool {
    /// Takes `archive` of `size` bytes apart into `file`, which is empty and should have no name.
    ///
    /// # Errors
    /// The archive is malformed, holds what it may not, or more than the limits or the budget allow; the file cannot be
    /// written; or the budget is cancelled.
    pub fn fill(
        archive: impl Read,
        file: File,
        limits: &Limits,
        budget: &budget::Budget,
    ) -> Result<Self, UnpackError> {
        let budget = Budget::new(*limits, budget.clone());
        budget.hold(READER)?;
        let mut archive = BufReader::with_capacity(BUFFER, archive);
        check_magic(&mut archive)?;
        let mut tar = tar::Archive::new(Counted::new(MultiGzDecoder::new(archive), budget.clone()));
        let (nodes, buffer) = (BTreeMap::new(), vec![0; BUFFER]);
        let mut filling = Filling { file, end: 0, nodes, limits, budget: budget.clone(), buffer };
        let mut skipped = 0;
        let mut entries = tar.entries().map_err(|error| budget.explain(error))?;
        loop {
            budget.headers(skipped);
            let Some(entry) = entries.next() else { break };
            let mut entry = entry.map_err(|error| budget.explain(error))?;
            budget.content();
            skipped = crate::unpack::on_disk(&entry);
            filling.take(&mut entry)?;
        }
        // Go reads to the end of the stream, whose own checksum stands there.
        std::io::copy(&mut tar.into_inner(), &mut std::io::sink()).map_err(|error| budget.explain(error))?;
        budget.release(READER);
        Ok(filling.finish())
    }

    /// All folders and files but the root, in the order of a walk; folders before what is in them.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), *node))
    }

    /// The content of a file of [`Self::nodes`]; empty for a folder.
    ///
    /// # Errors
    /// The spool cannot be read.
    pub fn read(&self, node: Node) -> std::io::Result<Vec<u8>> {
        let Node::File { offset, size, .. } = node else { return Ok(Vec::new()) };
        let mut content = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut content, offset)?;
        Ok(content)
    }
}

/// The words of Go's reader for what is no gzip at all.
fn check_magic(archive: &mut BufReader<impl Read>) -> Result<(), UnpackError> {
    use std::io::BufRead as _;
    let start = archive.fill_buf().map_err(|error| UnpackError::Malformed(error.to_string()))?;
    match start {
        [] => Err(UnpackError::Empty),
        [0x1f, 0x8b, ..] => Ok(()),
        _ => Err(UnpackError::NotGzip),
    }
}

struct Filling<'a> {
    file: File,
    end: u64,
    nodes: BTreeMap<String, Node>,
    limits: &'a Limits,
    budget: Budget,
    buffer: Vec<u8>,
}

impl Filling<'_> {
    fn take(&mut self, entry: &mut tar::Entry<'_, impl Read>) -> Result<(), UnpackError> {
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        let name = entry.path_bytes().into_owned();
        let Some(path) = clean(&name)? else { return Ok(()) };
        match kind {
            EntryType::Symlink => Ok(()),
            EntryType::Directory => self.dir(&path),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse | EntryType::Link => {
                let size = if kind == EntryType::Link { 0 } else { entry.size() };
                let mode = entry.header().mode().unwrap_or(0);
                self.regular(path, mode & 0o111 != 0, size, entry)
            }
            other => Err(UnpackError::Unsupported { name: shown(&name), kind: go_type(other) }),
        }
    }

    fn regular(
        &mut self,
        path: String,
        executable: bool,
        size: u64,
        content: &mut impl Read,
    ) -> Result<(), UnpackError> {
        self.dir(path::split(&path).0)?;
        let executable = match self.nodes.get(&path) {
            Some(Node::Dir) => return Err(PathError::Duplicate(path).into()),
            // The content is written over, the mode stays.
            Some(Node::File { executable, .. }) => *executable,
            None => executable,
        };
        if size > self.limits.expanded {
            return Err(UnpackError::TooLarge(self.limits.expanded));
        }
        let offset = self.end;
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            let part = self.buffer.get_mut(..most).unwrap_or_default();
            let read = content.read(part).map_err(|error| self.budget.explain(error))?;
            if read == 0 {
                return Err(self.budget.explain(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let part = part.get(..read).unwrap_or_default();
            self.file.write_all(part).map_err(|error| UnpackError::Spool(error.to_string()))?;
            self.end += read as u64;
            left -= read as u64;
            if self.end > self.limits.expanded {
                return Err(UnpackError::TooLarge(self.limits.expanded));
            }
        }
        self.insert(path, Node::File { executable, offset, size })
    }

    /// Adds a folder and those above it.
    fn dir(&mut self, folder: &str) -> Result<(), UnpackError> {
        let mut missing = Vec::new();
        let mut current = folder;
        while !current.is_empty() {
            match self.nodes.get(current) {
                Some(Node::Dir) => break,
                Some(Node::File { .. }) => return Err(PathError::Duplicate(current.to_owned()).into()),
                None => missing.push(current.to_owned()),
            }
            current = path::split(current).0;
        }
        missing.into_iter().try_for_each(|folder| self.insert(folder, Node::Dir))
    }

    fn insert(&mut self, path: String, node: Node) -> Result<(), UnpackError> {
        if !self.nodes.contains_key(&path) {
            if self.nodes.len() as u64 >= self.limits.entries {
                return Err(UnpackError::TooManyEntries(self.limits.entries));
            }
            self.budget.hold(ENTRY + 2 * path.len() as u64)?;
        }
        self.nodes.insert(path, node);
        Ok(())
    }

    fn finish(self) -> Spool {
        let mut nodes: Vec<_> = self.nodes.into_iter().collect();
        nodes.sort_by(|(a, _), (b, _)| path::walk_order(a, b));
        Spool { file: self.file, nodes }
    }
}

/// A name as a path; `None` for the root. What leads out is refused, whether or not it comes back.
fn clean(name: &[u8]) -> Result<Option<String>, UnpackError> {
    let text = std::str::from_utf8(name).map_err(|_| UnpackError::NotUtf8(shown(name)))?;
    let leads_out = text.split('/').any(|segment| segment == "..");
    if text.is_empty() || text.starts_with('/') || text.contains(['\\', '\0']) || leads_out {
        return Err(PathError::Unclean(path::quoted(text)).into());
    }
    let segments: Vec<&str> = text.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    if segments.is_empty() {
        return Ok(None);
    }
    let path = segments.join("/");
    path::check(&path)?;
    Ok(Some(path))
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// How Go names a type of file.
const fn go_type(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Char => "Dc---------",
        EntryType::Block => "D----------",
        EntryType::Fifo => "p---------",
        _ => "?---------",
    }
}

#[cfg(test)]
mod tests;
