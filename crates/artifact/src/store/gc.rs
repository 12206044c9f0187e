//! Retention: which stored artifacts of an object may go (contracts/source-controller.md 5.3). The published one never does.
//! When it runs is the controller's decision.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::error::StoreError;

/// Most files of one folder that are looked at in one run.
const WALK_LIMIT: usize = 1000;
/// Between the times of two files; what all usual file systems keep apart.
const TICK: Duration = Duration::from_micros(1);

/// What is kept besides the published artifact: a grace for those who have not heard of it yet. The files' times are the
/// wall clock's, so a clock that is set forward takes the grace away, and no more: what is published is never a matter
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

#[cfg(test)]
mod tests;
