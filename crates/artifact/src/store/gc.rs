//! Retention: which stored artifacts of an object may go (contracts/source-controller.md 5.3). The published one never does.
//! When it runs, and what somebody still runs, is the controller's to say.

use std::collections::BTreeSet;
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

/// What is kept beside that because somebody runs it, and how much of it: the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Files that somebody is known to run.
    pub needed: BTreeSet<String>,
    /// What of all others, which somebody may run.
    pub others: Others,
    /// `--artifact-retention-applied-records`: so many at most.
    pub records: usize,
    /// `--artifact-retention-applied-size`: so many bytes at most.
    pub bytes: u64,
}

/// What becomes of files that nobody is known to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// Nobody runs them.
    #[default]
    Free,
    /// Somebody may: they are kept as far as there is room beside the needed ones.
    Doubtful,
    /// Who runs what is about to be known: until then nothing goes.
    Unknown,
}

/// One stored file: its name, when it was written, and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) modified: SystemTime,
    pub(crate) size: u64,
}

/// All but what is kept because somebody runs it. What is published needs nobody for that, and takes no room. Pure.
pub(crate) fn beside_kept(mut records: Vec<Record>, current: &[&str], kept: &Kept) -> Vec<Record> {
    if kept.others == Others::Unknown {
        return Vec::new();
    }
    let is_needed = |record: &Record| kept.needed.contains(&record.name);
    let order = |record: &Record| (is_needed(record), record.modified);
    records.sort_by(|a, b| order(b).cmp(&order(a)).then_with(|| b.name.cmp(&a.name)));
    let (mut places, mut room) = (kept.records, Some(kept.bytes));
    records.retain(|record| {
        let may_stay = is_needed(record) || kept.others == Others::Doubtful;
        if current.contains(&record.name.as_str()) || !may_stay || places == 0 {
            return true;
        }
        places -= 1;
        // The first that has no room ends it: what is kept has no gaps.
        room = room.and_then(|room| room.checked_sub(record.size));
        room.is_none()
    });
    records
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
        let modified = metadata.modified().map_err(read_error)?;
        records.push(Record { name, modified, size: metadata.len() });
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
