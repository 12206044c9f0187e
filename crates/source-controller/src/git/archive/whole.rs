//! What an archive is made of when it is not one tree alone: a part of it (`spec.sparseCheckout`), submodules, and
//! artifacts of other repositories (`spec.include`; contracts/source-controller.md 6.4). What is written is `archive`'s.
//!
//! Names come from others throughout, so that nothing here is a path on a disk: `..` is clamped to the root, as Flux
//! does, and a name is a key of a map.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use artifact::path;
use artifact::unpack::{Limits, unpack_within};
use artifact::{Digest, MemTree};
use manifest::budget::{Budget, Exceeded};

use super::error::ArchiveError;
use super::listing::{Kind, Listing};

#[cfg(test)]
mod tests;

/// Where Flux unpacks what is included, in messages.
const UNPACKED: &str = "/tmp/flux-include/unpack";
/// Bytes of memory for a node, besides its path.
const NODE: u64 = 128;

/// What of a commit is archived, and what besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assembly {
    /// `spec.sparseCheckout`.
    pub(crate) sparse: Vec<String>,
    /// `spec.include`.
    pub(crate) includes: Vec<Include>,
    /// What messages say where Flux has a working copy.
    pub(crate) shown: String,
}

/// An artifact that is put into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Include {
    /// Whose it is.
    pub(crate) name: String,
    /// What of it; everything when empty.
    pub(crate) from: String,
    /// Where.
    pub(crate) to: String,
    /// The archive.
    pub(crate) file: PathBuf,
    /// What it has to be.
    pub(crate) digest: String,
}

/// One entry.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A folder.
    Dir,
    /// A file of one of the repositories.
    Blob { repo: usize, id: gix::ObjectId, executable: bool },
    /// A file from elsewhere.
    Bytes { content: Arc<[u8]>, executable: bool },
}

/// All entries in the order of a walk. In a key a slash is a NUL, which no name has and which sorts before all else.
#[derive(Debug, Default)]
pub(super) struct Whole(BTreeMap<Vec<u8>, Node>);

/// A path as a key.
fn key(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'/' { 0 } else { *byte }).collect()
}

impl Whole {
    /// Adds what is in a repository, below a folder, as far as `wanted`.
    pub(super) fn add(
        &mut self,
        listing: &Listing,
        repo: usize,
        below: &[u8],
        sparse: &Sparse,
        budget: &Budget,
    ) -> Result<(), ArchiveError> {
        listing.walk(|path, kind| {
            let node = match kind {
                // Git has no folder without a file: one comes with what is in it.
                Kind::Dir if !sparse.is_all() => return Ok(()),
                Kind::Dir | Kind::Module => Node::Dir,
                Kind::File { id, executable } => Node::Blob { repo, id, executable },
            };
            if !sparse.wants(path) {
                return Ok(());
            }
            let whole = joined(below, path);
            budget.step(1)?;
            self.parents(&whole, budget)?;
            self.insert(&whole, node, budget)?;
            Ok(())
        })
    }

    /// Adds a file that no repository has.
    pub(super) fn file(&mut self, path: &[u8], content: &[u8], budget: &Budget) -> Result<(), Exceeded> {
        self.insert(path, Node::Bytes { content: content.into(), executable: false }, budget)
    }

    /// Whether there is something at a path.
    #[cfg(test)]
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(&key(path.as_bytes()))
    }

    /// All entries.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Vec<u8>, &Node)> {
        let path = |key: &[u8]| key.iter().map(|byte| if *byte == 0 { b'/' } else { *byte }).collect();
        self.0.iter().map(move |(key, node)| (path(key), node))
    }

    fn insert(&mut self, path: &[u8], node: Node, budget: &Budget) -> Result<(), Exceeded> {
        budget.hold(NODE + path.len() as u64)?;
        self.0.insert(key(path), node);
        Ok(())
    }

    /// The folders above a path.
    fn parents(&mut self, path: &[u8], budget: &Budget) -> Result<(), ArchiveError> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for at in slashes {
            let folder = path.get(..at).unwrap_or_default();
            match self.0.get(&key(folder)) {
                None => self.insert(folder, Node::Dir, budget)?,
                Some(Node::Dir) => {}
                Some(_) => {
                    return Err(ArchiveError::Include(format!(
                        "mkdir {}: not a directory",
                        String::from_utf8_lossy(folder)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Puts an artifact, or a part of it, where it belongs. What Flux does by renaming: a file that is there is replaced,
    /// a folder is in the way.
    pub(super) fn include(
        &mut self,
        include: &Include,
        shown: &str,
        budget: &Budget,
    ) -> Result<(), ArchiveError> {
        let Include { name, from, to, .. } = include;
        let failed = |cause: String| {
            ArchiveError::Include(format!("failed to copy '{name}' include from {from} to {to}: {cause}"))
        };
        let tree = read(include, budget).map_err(|error| match error {
            Unread::Exceeded(exceeded) => exceeded.into(),
            Unread::Because(cause) => failed(cause),
        })?;
        // A name that is not UTF-8 stands in a tree as a text.
        let (source, target) = (path::escaped(clamped(from).as_bytes()), clamped(to));
        let old = joined_text(UNPACKED, &source);
        let new = joined_text(shown, &target);
        if !tree.is_dir(&source) && !tree.is_file(&source) {
            return Err(failed(format!("cannot stat {old}: stat {old}: no such file or directory")));
        }
        let cannot = |why: &str| {
            failed(format!("link error: cannot rename {old} to {new}: rename {old} {new}: {why}"))
        };
        match self.0.get(&key(target.as_bytes())) {
            _ if target.is_empty() => return Err(cannot("file exists")),
            Some(Node::Dir) => return Err(cannot("file exists")),
            Some(_) if tree.is_dir(&source) => return Err(cannot("not a directory")),
            _ => {}
        }
        self.parents(target.as_bytes(), budget).map_err(|error| match error {
            ArchiveError::Include(cause) => failed(cause),
            other => other,
        })?;
        self.copy(&tree, &source, target.as_bytes(), budget)?;
        Ok(())
    }

    fn copy(&mut self, tree: &MemTree, from: &str, to: &[u8], budget: &Budget) -> Result<(), Exceeded> {
        budget.step(1)?;
        if let Some(content) = tree.get(from) {
            let node = Node::Bytes { content: Arc::clone(content), executable: tree.is_executable(from) };
            return self.insert(to, node, budget);
        }
        self.insert(to, Node::Dir, budget)?;
        for (name, _) in tree.list(from) {
            self.copy(tree, &joined_text(from, name), &joined(to, &path::unescaped(name)), budget)?;
        }
        Ok(())
    }
}

enum Unread {
    Exceeded(Exceeded),
    Because(String),
}

/// The files of an artifact, which has to be what its status says.
fn read(include: &Include, budget: &Budget) -> Result<MemTree, Unread> {
    let because = |error: &dyn ToString| Unread::Because(error.to_string());
    let size = std::fs::metadata(&include.file).map_err(|error| because(&error))?.len();
    budget.hold(size).map_err(Unread::Exceeded)?;
    let bytes = std::fs::read(&include.file).map_err(|error| because(&error))?;
    let digest = Digest::parse(&include.digest).map_err(|error| because(&error))?;
    if !Digest::of(digest.algorithm(), &bytes).same_as(&digest) {
        return Err(Unread::Because(format!("its digest is not '{}'", include.digest)));
    }
    let tree = unpack_within(&bytes, &Limits::default(), budget);
    budget.release(size);
    tree.map_err(|error| match error {
        artifact::UnpackError::Reserve => Unread::Exceeded(Exceeded::Reserve),
        artifact::UnpackError::Cancelled => Unread::Exceeded(Exceeded::Cancelled),
        error => because(&error),
    })
}

/// A path that cannot leave its root: without empty parts and `.`, and with what `..` takes back taken back.
pub(super) fn clamped(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn joined(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let mut whole = folder.to_vec();
    if !whole.is_empty() {
        whole.push(b'/');
    }
    whole.extend_from_slice(path);
    whole
}

fn joined_text(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", _) => path.to_owned(),
        (_, "") => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// `spec.sparseCheckout`. A path is taken whose text begins with one of these, as in Flux.
#[derive(Debug)]
pub(super) struct Sparse(Vec<String>);

impl Sparse {
    /// Reads the spec; nothing means everything.
    pub(super) fn of(folders: &[String]) -> Self {
        let trimmed = folders.iter().map(|folder| folder.strip_prefix("./").unwrap_or(folder).to_owned());
        Self(trimmed.collect())
    }

    /// Whether nothing is left out.
    pub(super) fn is_all(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(String::is_empty)
    }

    fn wants(&self, path: &[u8]) -> bool {
        self.is_all() || self.0.iter().any(|folder| path.starts_with(folder.as_bytes()))
    }

    /// The first folder of the spec that would not be there; `exists` says what the tree has.
    pub(super) fn missing<E>(
        folders: &[String],
        mut exists: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<Option<&str>, E> {
        let sparse = Self::of(folders);
        for folder in folders {
            let place = clamped(folder);
            let wanted = |text: &String| {
                place.starts_with(text.as_str()) || format!("{place}/").starts_with(text.as_str())
            };
            let mut is_there =
                place.is_empty() || (exists(&place)? && (sparse.is_all() || sparse.0.iter().any(wanted)));
            // It may be there for what is below it.
            if !is_there {
                let below = format!("{place}/");
                for inner in sparse.0.iter().filter(|inner| inner.starts_with(&below)) {
                    is_there = is_there || exists(&clamped(inner))?;
                }
            }
            if !is_there || path::check(&place).is_err() && !place.is_empty() {
                return Ok(Some(folder.as_str()));
            }
        }
        Ok(None)
    }
}
