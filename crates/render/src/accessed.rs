//! What a render looked at, and a digest of the same things in another artifact: while it is equal, the same request
//! renders the same objects (decisions 4.2). It decides nothing about runs.

use std::collections::BTreeMap;

use artifact::MemTree;
use sha2::{Digest as _, Sha256};

/// Every path that a render looked at, with the most it wanted to know of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accessed {
    paths: BTreeMap<String, Look>,
}

/// How closely a path was looked at. `listed` and `read` exclude nothing: a path may be tried as a file, then as a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    read: bool,
    listed: bool,
}

impl Accessed {
    /// The content of this path mattered, or its absence.
    pub(crate) fn read(&mut self, path: &str) {
        self.look(path).read = true;
    }

    /// The names in this folder mattered.
    pub(crate) fn listed(&mut self, path: &str) {
        self.look(path).listed = true;
    }

    /// It mattered whether this path is a file, a folder, or absent.
    pub(crate) fn looked_for(&mut self, path: &str) {
        self.look(path);
    }

    fn look(&mut self, path: &str) -> &mut Look {
        if !self.paths.contains_key(path) {
            self.paths.insert(path.to_owned(), Look::default());
        }
        self.paths.entry(path.to_owned()).or_default()
    }

    /// How many paths were looked at.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether nothing was looked at.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The files whose content was read, absent ones included.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().filter(|(_, look)| look.read).map(|(path, _)| path.as_str())
    }

    /// SHA-256 over what this artifact has at every path that was looked at: contents of files read, names in folders
    /// listed, and the kind or absence of names looked for. Other files do not matter.
    pub fn digest_in(&self, tree: &MemTree) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (path, look) in &self.paths {
            field(&mut hash, path.as_bytes());
            let content = if look.read { tree.content_hash(path) } else { None };
            match content {
                Some(content) => {
                    hash.update(b"F");
                    hash.update(content);
                }
                None if tree.is_file(path) => hash.update(b"f"),
                None if !tree.is_dir(path) => hash.update(b"-"),
                None if look.listed => {
                    hash.update(b"D");
                    for (name, dir) in tree.list(path) {
                        hash.update(if dir { b"d" } else { b"f" });
                        field(&mut hash, name.as_bytes());
                    }
                    hash.update(b".");
                }
                None => hash.update(b"d"),
            }
        }
        hash.finalize().into()
    }
}

/// With its length, so that no two sequences of fields hash alike.
fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
