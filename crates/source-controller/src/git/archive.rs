//! From a commit's tree objects straight into an archive: no checkout, so nothing in a repository becomes a path
//! on this machine (architecture D7). Symlinks and submodules stay out (contracts/source-controller.md 5.2).
//! How a commit gets into the clone is `clone`'s.

use std::io::{self, Write};
use std::path::PathBuf;

use artifact::ignore::{self, Rules};
use artifact::pack::Packer;
use artifact::path::walk_order;
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;

use super::on_disk;
use crate::upstream::{Content, Fetched, PackError};
use crate::verify::Evidence;

#[cfg(test)]
mod tests;

/// Most entries of a tree, folders included; what consumers accept.
const MAX_ENTRIES: usize = 100_000;
/// Most bytes of an archive before compression; what consumers accept.
const MAX_BYTES: u64 = 512 << 20;
/// Largest `.sourceignore`.
const MAX_IGNORE: u64 = 1 << 20;
/// Runes of a commit's subject that are kept for the event (contract 14).
const SUBJECT: usize = 50;

/// A tree that cannot be made into an archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("commit '{0}' cannot be read: {1}")]
    Object(String, String),
    #[error("the tree has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    #[error("the files of the tree have more than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the tree has a name that is not valid UTF-8: {0}")]
    NotUtf8(String),
    #[error("{0}")]
    Write(#[from] io::Error),
}

impl From<ArchiveError> for PackError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Object(..) => Self::Broken(error.to_string()),
            ArchiveError::Write(error) => Self::Write(error),
            ArchiveError::TooManyEntries | ArchiveError::TooLarge | ArchiveError::NotUtf8(_) => {
                Self::Refused(error.to_string())
            }
        }
    }
}

/// A commit in a clone, to make an archive of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    clone: PathBuf,
    /// The commit as it was asked for, for messages.
    id: String,
    tree: gix::ObjectId,
}

impl Content for Commit {
    fn pack(&self, ignore: Option<&str>, out: &mut dyn Write) -> Result<(), PackError> {
        Ok(self.write(ignore, out)?)
    }
}

struct Entry {
    path: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Dir,
    File { id: gix::ObjectId, executable: bool },
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
    fn write(&self, spec_ignore: Option<&str>, out: &mut dyn Write) -> Result<(), ArchiveError> {
        let unreadable = |error: gix::Error| ArchiveError::Object(self.id.clone(), error.to_string());
        let repo = on_disk::open(&self.clone).map_err(unreadable)?;
        let entries = list(&repo, self.tree, &unreadable)?;
        let rules = rules(&repo, &entries, spec_ignore, &unreadable)?;
        pack(&repo, &entries, &rules, out, &unreadable)
    }
}

fn pack(
    repo: &gix::Repository,
    entries: &[Entry],
    rules: &Rules,
    out: &mut dyn Write,
    unreadable: &impl Fn(gix::Error) -> ArchiveError,
) -> Result<(), ArchiveError> {
    let mut packer = Packer::new(out)?;
    let mut total = 0u64;
    for entry in entries {
        let is_dir = matches!(entry.kind, Kind::Dir);
        if rules.is_ignored(&entry.path.to_str_lossy(), is_dir) {
            continue;
        }
        let name =
            entry.path.to_str().map_err(|_| ArchiveError::NotUtf8(entry.path.to_str_lossy().into_owned()))?;
        match entry.kind {
            Kind::Dir => packer.dir(name)?,
            Kind::File { id, executable } => {
                total += repo.find_header(id).map_err(unreadable)?.size();
                if total > MAX_BYTES {
                    return Err(ArchiveError::TooLarge);
                }
                let blob = repo.find_object(id).map_err(unreadable)?;
                packer.file(name, executable, &blob.data)?;
            }
        }
    }
    packer.finish()?;
    Ok(())
}

/// All files and folders of a tree in walk order. Counting entries bounds trees that name one subtree many times.
fn list(
    repo: &gix::Repository,
    root: gix::ObjectId,
    unreadable: &impl Fn(gix::Error) -> ArchiveError,
) -> Result<Vec<Entry>, ArchiveError> {
    let mut entries = Vec::new();
    let mut folders = vec![(Vec::new(), root)];
    while let Some((folder, id)) = folders.pop() {
        let tree = repo.find_tree(id).map_err(unreadable)?;
        for entry in tree.iter() {
            let entry = entry.map_err(|error| ArchiveError::Object(id.to_string(), error.to_string()))?;
            let mut path: Vec<u8> = folder.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(entry.filename());
            let id = entry.object_id();
            let kind = match entry.mode().kind() {
                EntryKind::Tree => Kind::Dir,
                EntryKind::Blob => Kind::File { id, executable: false },
                EntryKind::BlobExecutable => Kind::File { id, executable: true },
                EntryKind::Link | EntryKind::Commit => continue,
            };
            if entries.len() >= MAX_ENTRIES {
                return Err(ArchiveError::TooManyEntries);
            }
            if matches!(kind, Kind::Dir) {
                folders.push((path.clone(), id));
            }
            entries.push(Entry { path, kind });
        }
    }
    entries.sort_by(|a, b| match (a.path.to_str(), b.path.to_str()) {
        (Ok(a), Ok(b)) => walk_order(a, b),
        _ => a.path.split_str("/").cmp(b.path.split_str("/")),
    });
    Ok(entries)
}

/// The effective rules: every `.sourceignore` outside `.git` folders, parents before children, then the spec's.
fn rules(
    repo: &gix::Repository,
    entries: &[Entry],
    spec_ignore: Option<&str>,
    unreadable: &impl Fn(gix::Error) -> ArchiveError,
) -> Result<Rules, ArchiveError> {
    let mut files = Vec::new();
    for entry in entries {
        let Kind::File { id, .. } = entry.kind else { continue };
        let path = entry.path.to_str_lossy();
        let (folder, name) = artifact::path::split(&path);
        let in_git = folder.split('/').any(|segment| segment == ".git");
        if name != ignore::FILE_NAME || in_git {
            continue;
        }
        if repo.find_header(id).map_err(unreadable)?.size() > MAX_IGNORE {
            return Err(ArchiveError::TooLarge);
        }
        let blob = repo.find_object(id).map_err(unreadable)?;
        files.push((folder.to_owned(), blob.data.to_str_lossy().into_owned()));
    }
    // In the walk a folder's own file may come after a subfolder's.
    files.sort_by(|(a, _), (b, _)| walk_order(a, b));
    Ok(Rules::effective(files.iter().map(|(folder, text)| (folder.as_str(), text.as_str())), spec_ignore))
}

fn subject(message: &str) -> String {
    let line = message.split('\n').next().unwrap_or_default();
    let mut subject: String = line.chars().take(SUBJECT).collect();
    if line.chars().nth(SUBJECT).is_some() {
        subject.push_str("...");
    }
    subject
}
