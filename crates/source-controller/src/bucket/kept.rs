//! What is kept of buckets between runs: the content of objects by key and ETag, so that only what changed is fetched, and
//! the file with ignore rules. On disk, one folder for each object and bucket; nothing in it has a name that somebody else
//! has chosen. A content is held against its digest when it is read. Blocking.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use manifest::digest::{bytes_of_hex, hex};
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// The file with the newest ignore rules.
const RULES: &str = "rules";
/// How an unfinished file's name begins.
const UNFINISHED: &str = ".tmp-";

/// Everything that is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    root: PathBuf,
}

/// What is kept of one bucket for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shelf {
    path: PathBuf,
}

/// A content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    /// Stands for key and ETag.
    id: [u8; 16],
    sha256: [u8; 32],
    /// Its bytes.
    pub(super) size: u64,
}

/// Ignore rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) etag: String,
    pub(super) text: Vec<u8>,
}

/// A content that is being written.
pub(super) struct Draft {
    file: tempfile::NamedTempFile,
    hasher: Sha256,
    size: u64,
}

impl Kept {
    /// In `root`, which nobody serves.
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// What is kept for the object with this uid of that bucket.
    pub(super) fn shelf(&self, uid: &str, place: &str) -> Shelf {
        let hash = hex(&Sha256::digest(place));
        Shelf { path: self.root.join(format!("{uid}.{}", hash.get(..16).unwrap_or_default())) }
    }

    /// Removes what is kept for an object, but not `shelf`.
    pub(super) fn forget(&self, uid: &str, shelf: Option<&Shelf>) {
        for (owner, path) in self.list() {
            if owner == uid && shelf.is_none_or(|shelf| shelf.path != path) {
                remove(&path);
            }
        }
    }

    /// Removes what is kept for all objects but those with the uids that `current` gives, which is asked after the look
    /// at what there is.
    pub(super) fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        let found = self.list();
        let uids = current();
        for (owner, path) in found {
            if !uids.contains(&owner) {
                remove(&path);
            }
        }
    }

    /// Uid and folder of each.
    fn list(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = fs::read_dir(&self.root) else { return Vec::new() };
        let owned = |entry: fs::DirEntry| {
            let name = entry.file_name();
            let owner = name.to_str().and_then(|name| name.split('.').next()).unwrap_or_default();
            (owner.to_owned(), entry.path())
        };
        entries.flatten().map(owned).collect()
    }
}

impl Shelf {
    /// Makes the folder.
    pub(super) fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)
    }

    /// Removes it, because something in it is broken.
    pub(super) fn discard(&self) {
        remove(&self.path);
    }

    /// All contents by what they are of. What was not finished goes.
    pub(super) fn contents(&self) -> HashMap<[u8; 16], Content> {
        let mut all = HashMap::new();
        let Ok(entries) = fs::read_dir(&self.path) else { return all };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            if let Some(content) = Content::of_name(name) {
                all.insert(content.id, content);
            } else if name.starts_with(UNFINISHED) {
                drop(fs::remove_file(entry.path()));
            }
        }
        all
    }

    /// Removes all contents but these.
    pub(super) fn keep(&self, used: &HashSet<Content>) {
        for content in self.contents().into_values().filter(|content| !used.contains(content)) {
            drop(fs::remove_file(self.path_of(&content)));
        }
    }

    /// Begins a content.
    pub(super) fn begin(&self) -> io::Result<Draft> {
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)?;
        Ok(Draft { file, hasher: Sha256::new(), size: 0 })
    }

    /// Gives a content its name: that of the object with this key and ETag.
    pub(super) fn finish(&self, draft: Draft, key: &str, etag: &str) -> io::Result<Content> {
        let Draft { file, hasher, size } = draft;
        let content = Content { id: id(key, etag), sha256: hasher.finalize().into(), size };
        file.persist(self.path_of(&content)).map_err(|error| error.error)?;
        Ok(content)
    }

    /// Reads a content; `None` when it is not what was written.
    pub(super) fn read(&self, content: &Content) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path_of(content)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::with_capacity(usize::try_from(content.size).unwrap_or_default());
        file.take(content.size + 1).read_to_end(&mut bytes)?;
        let is_same =
            bytes.len() as u64 == content.size && Sha256::digest(&bytes).as_slice() == content.sha256;
        Ok(is_same.then_some(bytes))
    }

    /// The ignore rules that were noted last, if they are whole.
    pub(super) fn rules(&self) -> Option<Noted> {
        let bytes = fs::read(self.path.join(RULES)).ok()?;
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        if Sha256::digest(rest).as_slice() != digest {
            return None;
        }
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (etag, text) = rest.split_at(end);
        Some(Noted { etag: String::from_utf8(etag.to_vec()).ok()?, text: text.get(1..)?.to_vec() })
    }

    /// Notes ignore rules, or that there are none.
    pub(super) fn note(&self, rules: Option<&Noted>) -> io::Result<()> {
        let path = self.path.join(RULES);
        let Some(rules) = rules else {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        };
        let rest = [rules.etag.replace('\n', "").as_bytes(), b"\n", &rules.text].concat();
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)?;
        file.write_all(&Sha256::digest(&rest))?;
        file.write_all(&rest)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn path_of(&self, content: &Content) -> PathBuf {
        self.path.join(content.name())
    }
}

impl Draft {
    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

impl Content {
    fn name(&self) -> String {
        format!("{}.{}.{}", hex(&self.id), hex(&self.sha256), self.size)
    }

    fn of_name(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let (id, sha256, size) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self { id: bytes(id)?, sha256: bytes(sha256)?, size: size.parse().ok()? })
    }
}

/// Stands for key and ETag of an object.
pub(super) fn id(key: &str, etag: &str) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update((key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(etag);
    let hash = hasher.finalize();
    hash.first_chunk::<16>().copied().unwrap_or_default()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    bytes_of_hex(text)?.try_into().ok()
}

fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(error = %error, folder = %path.display(), "what is kept of a bucket cannot be removed");
        }
        _ => {}
    }
}
