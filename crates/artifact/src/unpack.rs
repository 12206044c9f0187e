//! Reads a tar.gz from anybody into memory within budgets (architecture D10).
//! Links and devices are skipped, owners are not looked at and of modes only whether a file may be executed, nothing touches a disk. What is kept is held at the
//! caller's budget before it is kept, and a caller that waits no longer ends the work within a buffer.

pub mod limits;

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use manifest::budget;

use crate::error::UnpackError;
use crate::path;
use crate::tree::MemTree;

pub use limits::Limits;
use limits::{Budget, Counted};

/// How much is read at a time: cancellation and memory are looked at that often.
const BUFFER: u64 = 64 << 10;
/// What reading itself takes: the window of the decompression and buffers.
const READER: u64 = 256 << 10;

/// The files and folders of the archive.
///
/// # Errors
/// The archive is malformed, or more than the limits allow.
pub fn unpack(archive: &[u8], limits: &Limits) -> Result<MemTree, UnpackError> {
    unpack_within(archive, limits, &budget::Budget::default())
}

/// As [`unpack`], within a budget of the caller that counts what the tree and reading it take, the archive itself not.
///
/// # Errors
/// The archive is malformed, or more than the limits or the budget allow; or the budget is cancelled.
pub fn unpack_within(
    archive: &[u8],
    limits: &Limits,
    budget: &budget::Budget,
) -> Result<MemTree, UnpackError> {
    let budget = Budget::new(*limits, budget.clone());
    budget.hold(READER + Limits::HEADER)?;
    if !archive.starts_with(&[0x1f, 0x8b]) {
        return Err(UnpackError::NotGzip);
    }
    let gzip = flate2::bufread::MultiGzDecoder::new(BufReader::new(archive));
    let mut tar = tar::Archive::new(Counted::new(gzip, budget.clone()));
    let mut tree = MemTree::default();
    let mut seen = 0u64;
    let mut skipped = 0;
    let mut entries = tar.entries().map_err(|error| budget.explain(error))?;
    loop {
        budget.headers(skipped);
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(|error| budget.explain(error))?;
        budget.content();
        skipped = on_disk(&entry);
        seen += 1;
        if seen > limits.entries || tree.entries() > limits.entries {
            return Err(UnpackError::TooManyEntries(limits.entries));
        }
        let kind = entry.header().entry_type();
        if !kind.is_file() && !kind.is_dir() && !kind.is_contiguous() {
            continue;
        }
        let Some(path) = clean_name(&entry.path_bytes()) else { continue };
        let before = tree.cost();
        if kind.is_dir() {
            tree.insert_dir(&path)?;
            budget.hold(tree.cost() - before)?;
            continue;
        }
        let content = read(&mut entry, limits, archive.len() as u64, &budget)?;
        let held = content.len() as u64;
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        let name = executable.then(|| path.clone());
        tree.insert_file(path, content)?;
        if let Some(name) = name {
            tree.make_executable(&name);
        }
        budget.hold((tree.cost() - before).saturating_sub(held))?;
        if tree.cost() > limits.expanded {
            return Err(UnpackError::TooLarge(limits.expanded));
        }
    }
    budget.release(READER + Limits::HEADER);
    Ok(tree)
}

/// How many bytes of an entry the reader passes over if they are not read. A sparse file claims to be as large as its
/// holes, of which the archive has nothing.
pub(crate) fn on_disk(entry: &tar::Entry<'_, impl Read>) -> u64 {
    let header = entry.header();
    let stored = header.entry_size().unwrap_or(0);
    if header.entry_type().is_gnu_sparse() { stored } else { stored.max(entry.size()) }
}

/// The name without a leading `./` and a trailing slash, as text; `None` for the root. What is not UTF-8 is written so
/// that it stays different: no build names such a file, and none fails because it is there.
fn clean_name(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let name = name.strip_prefix(b"./").unwrap_or(name);
    (!matches!(name, b"" | b".")).then(|| path::escaped(name))
}

/// The content of a file. Its bytes are held when this returns.
fn read(
    entry: &mut tar::Entry<'_, impl Read>,
    limits: &Limits,
    archive: u64,
    budget: &Budget,
) -> Result<Arc<[u8]>, UnpackError> {
    let size = entry.size();
    if size > limits.expanded {
        return Err(UnpackError::TooLarge(limits.expanded));
    }
    // The size is only a claim. One that the archive cannot keep is given no room ahead.
    let room = if Limits::may_hold(size, archive) { size } else { 0 };
    // The content is there twice while it moves to its place.
    let mut held = 2 * room;
    budget.hold(held)?;
    let mut content = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    loop {
        let before = content.len() as u64;
        let next = (before + BUFFER).min(size.max(before));
        if 4 * next > held && next > room {
            budget.hold(4 * next - held)?;
            held = 4 * next;
        }
        let read = entry.by_ref().take(BUFFER).read_to_end(&mut content);
        if read.map_err(|error| budget.explain(error))? == 0 {
            break;
        }
    }
    let length = content.len() as u64;
    if length != size {
        return Err(budget.explain(io::ErrorKind::UnexpectedEof.into()));
    }
    let content = content.into();
    budget.release(held - length);
    Ok(content)
}

#[cfg(test)]
mod tests;
