//! Retention: which stored artifacts of an object may go (contracts/source-controller.md 5.3). The published one never does.
//! When it runs is the controller's decision.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Place, Store, TEMPORARY_PREFIX, remove_file};
use crate::error::StoreError;

/// Most files of one folder that are looked at in one run.
const WALK_LIMIT: usize = 1000;
/// Between the times of two files; what all usual file systems keep apart.
const TICK: Duration = Duration::from_micros(1);

/// What is kept besides the published artifact: a grace for those who have not heard of it yet. The files' times are the
/// wall clock's, so a clock that is set forward takes the grace away, and no more: what is published is never a question
/// of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `--artifact-retention-ttl`: older files go.
    pub ttl: Duration,
    /// `--artifact-retention-records`: more files than this, the published one included, are not kept.
    pub records: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(60), records: 2 }
    }
}

/// One stored file: its name and when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) modified: SystemTime,
}

impl Store {
    /// Removes what retention allows from `place`, but never what is named in `current`. Gives the number of artifacts
    /// removed.
    pub fn collect(
        &self,
        place: &Place,
        current: &[&str],
        retention: &Retention,
        now: SystemTime,
    ) -> Result<usize, StoreError> {
        let folder = self.root.join(&place.relative);
        let garbage = garbage(artifacts_in(&folder)?, current, retention, now);
        for name in &garbage {
            self.remove(&place.path_of(name))?;
        }
        Ok(garbage.len())
    }
}

/// The names that may go. Pure.
pub(crate) fn garbage(
    mut records: Vec<Record>,
    current: &[&str],
    retention: &Retention,
    now: SystemTime,
) -> Vec<String> {
    let expired = |record: &Record| now.duration_since(record.modified).is_ok_and(|age| age > retention.ttl);
    records.sort_by(|a, b| a.modified.cmp(&b.modified).then_with(|| a.name.cmp(&b.name)));
    let mut remaining = records.len();
    let mut gone = Vec::new();
    records.retain(|record| !current.contains(&record.name.as_str()));
    for record in records.iter().filter(|record| expired(record)) {
        gone.push(record.name.clone());
        remaining -= 1;
    }
    for record in records.iter().filter(|record| !expired(record)) {
        if remaining <= retention.records {
            break;
        }
        gone.push(record.name.clone());
        remaining -= 1;
    }
    gone
}

/// The time of a file that is published now: after all others of its folder, so that their order is that in which they
/// were published, also when the clock was set back or is coarser than two publications.
pub(super) fn time_of_publication(folder: &Path, now: SystemTime) -> SystemTime {
    // A folder that cannot be read has nothing to be ordered.
    let others = artifacts_in(folder).unwrap_or_default();
    others.iter().map(|record| record.modified + TICK).fold(now, SystemTime::max)
}

/// The artifacts in a folder: files that are neither links, nor lock files, nor being written.
pub(super) fn artifacts_in(folder: &Path) -> Result<Vec<Record>, StoreError> {
    let read_error = |source| StoreError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read_error(error)),
    };
    let mut records = Vec::new();
    for entry in entries.take(WALK_LIMIT) {
        let entry = entry.map_err(read_error)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let metadata = entry.metadata().map_err(read_error)?;
        if !metadata.is_file() || name.starts_with('.') || name.ends_with(".lock") {
            continue;
        }
        records.push(Record { name, modified: metadata.modified().map_err(read_error)? });
    }
    Ok(records)
}

/// Removes unpublished files down to `depth` folders; hidden folders are somebody else's.
pub(super) fn sweep(folder: &Path, depth: u32) -> Result<(), StoreError> {
    let read_error = |source| StoreError::Read { path: folder.to_owned(), source };
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(read_error)?;
        if kind.is_dir() && !name.starts_with('.') {
            inner.push(entry.path());
        } else if !kind.is_dir() && name.starts_with(TEMPORARY_PREFIX) {
            remove_file(&entry.path())?;
        }
    }
    if depth > 1 {
        for folder in inner {
            sweep(&folder, depth - 1)?;
        }
    }
    Ok(())
}
