//! From a commit's tree objects straight into an archive: no checkout, so nothing in a repository becomes a path
//! on this machine (architecture D7). Symlinks and submodules stay out (contracts/source-controller.md 5.2).
//! How a commit gets into the clone is `clone`'s.

use std::io::Write;
use std::path::PathBuf;

use artifact::ignore::{self, Rules, TooMuch};
use artifact::pack::Packer;
use artifact::path::walk_order;
use gix::bstr::ByteSlice as _;
use manifest::budget::Budget;
use manifest::foreign::without_controls;

use super::on_disk;
use crate::upstream::{Content, Fetched, Means, PackError};
use crate::verify::Evidence;

mod error;
mod limits;
mod listing;
mod objects;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub(crate) use error::ArchiveError;
use limits::{MAX_BYTES, STEPS};
use listing::{Kind, Listing};
use objects::Objects;

/// A file is read by way of the object that it was stored as a difference to.
const COPIES: u64 = 2;
/// Bytes of memory that rules take for each byte that they are written in.
const RULES: u64 = 32;

/// Runes of a commit's subject that are kept for the event (contract 14).
const SUBJECT: usize = 50;

/// A commit in a clone, to make an archive of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    clone: PathBuf,
    /// The commit as it was asked for, for messages.
    id: String,
    tree: gix::ObjectId,
}

impl Content for Commit {
    fn pack(&self, ignore: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        Ok(self.write(ignore, &means.budget(STEPS), out)?)
    }
}

/// Reads a commit that is in the clone at `clone`. Blocking.
pub(crate) fn read(clone: PathBuf, id: String) -> Result<Fetched<Commit>, ArchiveError> {
    let unreadable = |cause: String| ArchiveError::Object(id.clone(), cause);
    let repo = on_disk::open(&clone).map_err(|error| unreadable(error.to_string()))?;
    let oid = gix::ObjectId::from_hex(id.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let found = repo.find_commit(oid).map_err(|error| unreadable(error.to_string()))?;
    // A clone on a disk that went bad may hold another commit under this name.
    let read = gix::objs::compute_hash(oid.kind(), gix::object::Kind::Commit, &found.data)
        .map_err(|error| unreadable(error.to_string()))?;
    if read != oid {
        return Err(unreadable(format!("it is '{read}'")));
    }
    let message = found.message_raw().map_err(|error| unreadable(error.to_string()))?;
    let subject = subject(message.to_str_lossy().as_ref());
    let tree = found.tree_id().map_err(|error| unreadable(error.to_string()))?.detach();
    let evidence = Evidence { digest: format!("sha1:{read}") };
    Ok(Fetched { file: id.clone(), content: Commit { clone, id, tree }, evidence, subject })
}

impl Commit {
    fn write(
        &self,
        spec_ignore: Option<&str>,
        budget: &Budget,
        out: &mut dyn Write,
    ) -> Result<(), ArchiveError> {
        let repo = on_disk::open(&self.clone)
            .map_err(|error| ArchiveError::Object(self.id.clone(), error.to_string()))?;
        let objects = Objects::of(&repo, &self.id);
        let listing = Listing::of(&objects, self.tree, budget)?;
        let rules = rules(&objects, &listing, spec_ignore, budget)?;
        pack(&objects, &listing, &rules, budget, out)
    }
}

fn pack(
    objects: &Objects<'_>,
    listing: &Listing,
    rules: &Rules,
    budget: &Budget,
    out: &mut dyn Write,
) -> Result<(), ArchiveError> {
    let mut packer = Packer::within(out, budget.clone())?;
    let mut total = 0u64;
    listing.walk(|path, kind| {
        let is_dir = kind == Kind::Dir;
        if rules.is_ignored(&path.to_str_lossy(), is_dir, budget)? {
            return Ok(());
        }
        let name = path.to_str().map_err(|_| ArchiveError::NotUtf8(path.to_str_lossy().into_owned()))?;
        match kind {
            Kind::Dir => packer.dir(name)?,
            Kind::File { id, executable } => {
                let size = objects.size(id, name)?;
                total = add(total, size)?;
                budget.hold(COPIES * size)?;
                packer.file(name, executable, &objects.blob(id)?.data)?;
                budget.release(COPIES * size);
            }
        }
        Ok(())
    })?;
    packer.finish()?;
    Ok(())
}

/// The bytes of all files with one more.
fn add(total: u64, size: u64) -> Result<u64, ArchiveError> {
    total.checked_add(size).filter(|total| *total <= MAX_BYTES).ok_or(ArchiveError::TooLarge)
}

/// The effective rules: every `.sourceignore` outside `.git` folders, parents before children, then the spec's.
fn rules(
    objects: &Objects<'_>,
    listing: &Listing,
    spec_ignore: Option<&str>,
    budget: &Budget,
) -> Result<Rules, ArchiveError> {
    let mut files = Vec::new();
    let mut bytes = 0u64;
    listing.walk(|path, kind| {
        let Kind::File { id, .. } = kind else { return Ok(()) };
        if !path.ends_with(ignore::FILE_NAME.as_bytes()) {
            return Ok(());
        }
        let path = path.to_str_lossy();
        let (folder, name) = artifact::path::split(&path);
        let in_git = folder.split('/').any(|segment| segment == ".git");
        if name != ignore::FILE_NAME || in_git {
            return Ok(());
        }
        budget.step(1)?;
        bytes = bytes.saturating_add(objects.size(id, &path)?);
        if bytes > ignore::MAX_BYTES {
            return Err(TooMuch::Bytes.into());
        }
        budget.hold(RULES * objects.size(id, &path)?)?;
        files.push((folder.to_owned(), objects.blob(id)?.data.to_str_lossy().into_owned()));
        Ok(())
    })?;
    // In the walk a folder's own file may come after a subfolder's.
    files.sort_by(|(a, _), (b, _)| walk_order(a, b));
    let files = files.iter().map(|(folder, text)| (folder.as_str(), text.as_str()));
    Ok(Rules::effective(files, spec_ignore)?)
}

fn subject(message: &str) -> String {
    let line = message.split('\n').next().unwrap_or_default();
    let line = without_controls(line);
    let mut subject: String = line.chars().take(SUBJECT).collect();
    if line.chars().nth(SUBJECT).is_some() {
        subject.push_str("...");
    }
    subject
}
