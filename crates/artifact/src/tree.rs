//! The files of one artifact in memory, read-only and shared between all who use the same digest.
//! How they got there is `unpack`'s work.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use sha2::Digest as _;

use crate::error::PathError;
use crate::gate::Reserved;
use crate::path;

/// A tree of files by clean relative path; the root folder is `""`.
#[derive(Default)]
pub struct MemTree {
    files: BTreeMap<String, File>,
    /// Folder to base names; `true` for folders.
    folders: BTreeMap<String, BTreeMap<String, bool>>,
    bytes: u64,
    overhead: u64,
    /// The memory that is set aside for it, as long as it lives.
    reserved: Option<Arc<dyn Reserved>>,
}

/// What a node of the maps costs beside its name, roughly.
const ENTRY_OVERHEAD: u64 = 160;
/// What a folder costs beside its name: its own map has a node, however few entries it has.
const FOLDER_OVERHEAD: u64 = 480;

struct File {
    content: Arc<[u8]>,
    executable: bool,
    sha256: OnceLock<[u8; 32]>,
}

impl MemTree {
    /// A tree of the given files. The paths obey [`path::check`] and occur once.
    pub fn from_files<P, C>(files: impl IntoIterator<Item = (P, C)>) -> Result<Self, PathError>
    where
        P: Into<String>,
        C: Into<Arc<[u8]>>,
    {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.insert_file(path.into(), content.into())?;
        }
        Ok(tree)
    }

    /// Keeps memory set aside as long as the tree lives, and no more of it than the tree takes.
    pub(crate) fn lie_in(&mut self, reserved: Arc<dyn Reserved>) {
        reserved.shrink_to(self.cost());
        self.reserved = Some(reserved);
    }

    /// Adds a file and the folders above it.
    pub fn insert_file(&mut self, path: String, content: Arc<[u8]>) -> Result<(), PathError> {
        path::check(&path)?;
        let (parent, name) = path::split(&path);
        self.insert_parents(parent)?;
        let siblings = self.folders.entry(parent.to_owned()).or_default();
        if siblings.contains_key(name) {
            return Err(PathError::Duplicate(path));
        }
        siblings.insert(name.to_owned(), false);
        self.bytes += content.len() as u64;
        self.overhead += ENTRY_OVERHEAD + 2 * path.len() as u64;
        self.files.insert(path, File { content, executable: false, sha256: OnceLock::new() });
        Ok(())
    }

    /// Says that a file may be executed.
    pub(crate) fn make_executable(&mut self, path: &str) {
        if let Some(file) = self.files.get_mut(path) {
            file.executable = true;
        }
    }

    /// Whether a file may be executed.
    pub fn is_executable(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| file.executable)
    }

    /// Adds a folder and those above it; one that is there already is fine.
    pub fn insert_dir(&mut self, path: &str) -> Result<(), PathError> {
        path::check(path)?;
        self.insert_parents(path)
    }

    /// Makes `folder` and the folders above it that are missing. A file in the way is a duplicate path.
    fn insert_parents(&mut self, folder: &str) -> Result<(), PathError> {
        let mut missing = Vec::new();
        let mut current = folder;
        while !current.is_empty() && !self.folders.contains_key(current) {
            if self.files.contains_key(current) {
                return Err(PathError::Duplicate(current.to_owned()));
            }
            missing.push(current);
            current = path::split(current).0;
        }
        for folder in missing.into_iter().rev() {
            let (parent, name) = path::split(folder);
            self.folders.entry(parent.to_owned()).or_default().insert(name.to_owned(), true);
            self.folders.insert(folder.to_owned(), BTreeMap::new());
            self.overhead += FOLDER_OVERHEAD + 2 * folder.len() as u64;
        }
        Ok(())
    }

    /// Content of a file.
    pub fn get(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.files.get(path).map(|file| &file.content)
    }

    /// SHA-256 of a file's content, computed once.
    pub fn content_hash(&self, path: &str) -> Option<[u8; 32]> {
        let file = self.files.get(path)?;
        Some(*file.sha256.get_or_init(|| sha2::Sha256::digest(&file.content).into()))
    }

    /// Whether `path` is a file.
    pub fn is_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether `path` is a folder. The root, `""`, always is.
    pub fn is_dir(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains_key(path)
    }

    /// Base names in a folder, sorted by bytes, each with whether it is a folder. Empty when there is no such folder.
    pub fn list(&self, folder: &str) -> impl Iterator<Item = (&str, bool)> {
        self.folders.get(folder).into_iter().flatten().map(|(name, is_dir)| (name.as_str(), *is_dir))
    }

    /// All files by path, in order of the whole path text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.files.iter().map(|(path, file)| (path.as_str(), &file.content))
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes of all files together.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the tree costs in memory, names and nodes included, roughly.
    pub const fn cost(&self) -> u64 {
        self.bytes + self.overhead
    }

    /// Number of files and folders.
    pub fn entries(&self) -> u64 {
        (self.files.len() + self.folders.len()) as u64
    }
}

impl fmt::Debug for MemTree {
    /// Names no content: files may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemTree").field("files", &self.files.len()).field("bytes", &self.bytes).finish()
    }
}

#[cfg(test)]
mod tests;
