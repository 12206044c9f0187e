//! Artifacts on disk: `<kind>/<namespace>/<name>/<file>` under one root (contracts/source-controller.md 5.1),
//! published atomically and durably. Serving them is the controller's work.
//!
//! Flux's `<file>.lock` files are not written: a publication is one rename, and each object has one writer.
//! Those that Flux left behind go with their artifact.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::digest::{Algorithm, Digest, Hasher};
use crate::error::StoreError;

pub mod gc;
mod temporary;

use gc::{Kept, Retention};
pub use temporary::TEMPORARY_PREFIX;
use temporary::remove_file;

/// The longest tick of a file system's stamps, in seconds.
const TICK: i64 = 2;

/// The folder of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    relative: String,
}

impl Place {
    /// The folder of `kind` (lower case), `namespace` and `name`.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Result<Self, StoreError> {
        for part in [kind, namespace, name] {
            check_name(part)?;
        }
        Ok(Self { relative: format!("{kind}/{namespace}/{name}") })
    }

    /// `status.artifact.path` of a file in this folder.
    pub fn path_of(&self, file: &str) -> String {
        format!("{}/{file}", self.relative)
    }
}

/// A name that is one segment of a path and not hidden.
fn check_name(name: &str) -> Result<(), StoreError> {
    let fine =
        !name.is_empty() && name.len() <= 253 && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if fine { Ok(()) } else { Err(StoreError::InvalidPath(name.to_owned())) }
}

/// What a stored file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Path relative to the root.
    pub path: String,
    /// Digest of the bytes.
    pub digest: Digest,
    /// Number of bytes.
    pub size: u64,
}

/// Result of looking at a stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is there and has the digest.
    Intact(Identity),
    /// It is not there.
    Missing,
    /// It is there with another digest.
    Differs(Digest),
}

/// What shows, without reading, that a file is the one that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The storage.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    algorithm: Algorithm,
}

impl Store {
    /// The storage at `root`, which is made if missing.
    pub fn open(root: &Path, algorithm: Algorithm) -> Result<Self, StoreError> {
        make_dir(root)?;
        let root =
            root.canonicalize().map_err(|source| StoreError::Read { path: root.to_owned(), source })?;
        Ok(Self { root, algorithm })
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Absolute path of a stored file, from its path in status. Refuses whatever is not kind, namespace, name and file.
    pub fn locate(&self, relative: &str) -> Result<PathBuf, StoreError> {
        let parts: Vec<&str> = relative.split('/').collect();
        if parts.len() != 4 {
            return Err(StoreError::InvalidPath(relative.to_owned()));
        }
        for part in &parts {
            check_name(part).map_err(|_| StoreError::InvalidPath(relative.to_owned()))?;
        }
        Ok(self.root.join(relative))
    }

    /// Begins a file in `place`. It is visible only once published.
    pub fn begin(&self, place: &Place) -> Result<Draft, StoreError> {
        self.begin_as(place, self.algorithm)
    }

    /// As [`Self::begin`], with a digest of this kind.
    pub fn begin_as(&self, place: &Place, algorithm: Algorithm) -> Result<Draft, StoreError> {
        let folder = self.root.join(&place.relative);
        make_dir(&folder)?;
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY_PREFIX)
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(&folder)
            .map_err(|source| StoreError::Write { path: folder.clone(), source })?;
        Ok(Draft { place: place.clone(), folder, file, hasher: Hasher::new(algorithm), size: 0 })
    }

    /// Compares a stored file with the digest it should have. `known` is what the file was when it was last read:
    /// while that holds, the bytes are not read again.
    pub fn check(
        &self,
        relative: &str,
        digest: &Digest,
        known: Option<&Identity>,
    ) -> Result<Check, StoreError> {
        let path = self.locate(relative)?;
        let read_error = |source| StoreError::Read { path: path.clone(), source };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Check::Missing),
            Err(error) => return Err(read_error(error)),
        };
        let metadata = file.metadata().map_err(read_error)?;
        if !metadata.is_file() {
            return Ok(Check::Missing);
        }
        let identity = Identity::of(&metadata);
        if known == Some(&identity) {
            return Ok(Check::Intact(identity));
        }
        let actual = read_digest(&mut file, digest.algorithm()).map_err(read_error)?;
        Ok(if actual.same_as(digest) { Check::Intact(identity) } else { Check::Differs(actual) })
    }

    /// The digest of a stored file.
    pub fn digest(&self, relative: &str, algorithm: Algorithm) -> Result<Digest, StoreError> {
        let path = self.locate(relative)?;
        File::open(&path)
            .and_then(|mut file| read_digest(&mut file, algorithm))
            .map_err(|source| StoreError::Read { path, source })
    }

    /// Makes `link` stand for `file`, both in `place`: a symbolic link, replaced as a whole.
    ///
    /// # Errors
    /// A name that is not one segment of a path, or the link cannot be written.
    pub fn link(&self, place: &Place, link: &str, file: &str) -> Result<(), StoreError> {
        check_name(link)?;
        check_name(file)?;
        let folder = self.root.join(&place.relative);
        let target = folder.join(link);
        let temporary = folder.join(format!("{TEMPORARY_PREFIX}{link}"));
        remove_file(&temporary)?;
        std::os::unix::fs::symlink(folder.join(file), &temporary)
            .and_then(|()| fs::rename(&temporary, &target))
            .map_err(|source| StoreError::Write { path: target, source })
    }

    /// Removes one stored file and Flux's lock file beside it.
    pub fn remove(&self, relative: &str) -> Result<(), StoreError> {
        let path = self.locate(relative)?;
        remove_file(&path)?;
        let mut lock = path.into_os_string();
        lock.push(".lock");
        remove_file(Path::new(&lock))
    }

    /// Removes everything of an object. Gives the number of artifacts that were there.
    pub fn remove_all(&self, place: &Place) -> Result<usize, StoreError> {
        let folder = self.root.join(&place.relative);
        let count = gc::artifacts_in(&folder)?.len();
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Write { path: folder, source })
            }
            _ => Ok(count),
        }
    }

    /// Removes what retention allows from `place`, but never what is named in `current`, nor what is `kept`. Gives the
    /// number of artifacts removed.
    pub fn collect(
        &self,
        place: &Place,
        current: &[&str],
        retention: &Retention,
        kept: &Kept,
        now: SystemTime,
    ) -> Result<usize, StoreError> {
        let folder = self.root.join(&place.relative);
        let records = gc::beside_kept(gc::artifacts_in(&folder)?, current, kept);
        let garbage = gc::garbage(records, current, retention, now);
        for name in &garbage {
            self.remove(&place.path_of(name))?;
        }
        Ok(garbage.len())
    }

    /// The names of the artifacts in `place`.
    pub fn files(&self, place: &Place) -> Result<Vec<String>, StoreError> {
        let records = gc::artifacts_in(&self.root.join(&place.relative))?;
        Ok(records.into_iter().map(|record| record.name).collect())
    }

    /// Namespaces and names of the objects of `kind` (lower case) that have a folder.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn objects(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        check_name(kind)?;
        let folder = self.root.join(kind);
        let mut all = Vec::new();
        for namespace in folders_in(&folder)? {
            let names = folders_in(&folder.join(&namespace))?;
            all.extend(names.into_iter().map(|name| (namespace.clone(), name)));
        }
        Ok(all)
    }

    /// Removes what a killed process left half written. To be called before anything is written.
    pub fn sweep(&self) -> Result<(), StoreError> {
        temporary::sweep(&self.root, 4)
    }
}

impl Identity {
    /// Whether any later change would show. File systems stamp in ticks: a file that was changed within the last one may
    /// be changed once more and look the same. A clock that stands before the stamp counts as within.
    #[must_use]
    pub fn is_settled(&self, now: SystemTime) -> bool {
        // More than the tick between whole seconds is more than the tick in time, whatever was cut off.
        let (seconds, _) = self.changed;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(now).is_ok_and(|now| now.saturating_sub(seconds) > TICK)
    }

    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// A file being written; what is dropped unpublished leaves nothing behind.
pub struct Draft {
    place: Place,
    folder: PathBuf,
    file: tempfile::NamedTempFile,
    hasher: Hasher,
    size: u64,
}

impl Draft {
    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The digest of what is written so far.
    pub fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// Makes the bytes durable without giving them a name yet: the slow part of publishing.
    pub fn sync(&self) -> Result<(), StoreError> {
        let path = self.folder.clone();
        self.file.as_file().sync_all().map_err(|source| StoreError::Write { path, source })
    }

    /// Makes the bytes durable and gives them their name, over whatever has that name.
    pub fn publish(self, name: &str) -> Result<Stored, StoreError> {
        check_name(name)?;
        let target = self.folder.join(name);
        let write_error = |source| StoreError::Write { path: target.clone(), source };
        self.file.as_file().sync_all().map_err(write_error)?;
        // Retention goes by modification time; a long download must not make a new artifact look old.
        let time = gc::time_of_publication(&self.folder, SystemTime::now());
        self.file.as_file().set_modified(time).map_err(write_error)?;
        self.file.persist(&target).map_err(|error| write_error(error.error))?;
        sync_dir(&self.folder)?;
        Ok(Stored { path: self.place.path_of(name), digest: self.hasher.finish(), size: self.size })
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The names of the folders in `path` that objects may have; none if it is not there.
fn folders_in(path: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |source| StoreError::Read { path: path.to_owned(), source };
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            names.extend(entry.file_name().into_string().ok().filter(|name| check_name(name).is_ok()));
        }
    }
    Ok(names)
}

fn read_digest(file: &mut File, algorithm: Algorithm) -> io::Result<Digest> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
    }
    Ok(hasher.finish())
}

/// Makes a folder and those above it, mode 0700, each made durable in its parent.
fn make_dir(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_dir(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Directory { path: path.to_owned(), source });
        }
        _ => {}
    }
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| StoreError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
