//! Marks on disk: one file per object, named by its uid, that says whether it was being worked on and how many deaths it
//! is blamed for; and what a new process makes of them. What is on disk may be anybody's: what does not read as a mark is not heeded.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reconcile_core::Backoff;

#[cfg(test)]
mod tests;

/// Most marks that are read; more objects are never worked on at a time.
const MOST: usize = 10_000;
/// Longest uid that is marked. Those of Kubernetes have 36 characters.
const LONGEST: usize = 64;

/// What is known of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Whether it was being worked on.
    pub(super) running: bool,
    /// The deaths of the process that it is blamed for.
    pub(super) deaths: u32,
}

impl Mark {
    fn text(self) -> String {
        format!("{} {}\n", if self.running { "running" } else { "waiting" }, self.deaths)
    }

    fn parse(text: &str) -> Option<Self> {
        let (state, deaths) = text.trim_end().split_once(' ')?;
        let running = match state {
            "running" => true,
            "waiting" => false,
            _ => return None,
        };
        Some(Self { running, deaths: deaths.parse().ok()? })
    }
}

/// Who is to blame for the death of the process that left these marks, and for how many: suspects that were running, if
/// any, else all that were running. Suspects that were waiting stay what they are.
pub(super) fn blame(marks: HashMap<String, Mark>) -> HashMap<String, u32> {
    let is_tried = |mark: &Mark| mark.running && mark.deaths > 0;
    let suspect_ran = marks.values().any(is_tried);
    marks
        .into_iter()
        .filter_map(|(uid, mark)| match mark {
            Mark { running: true, deaths } if deaths > 0 || !suspect_ran => {
                Some((uid, deaths.saturating_add(1)))
            }
            Mark { running: true, .. } | Mark { deaths: 0, .. } => None,
            Mark { deaths, .. } => Some((uid, deaths)),
        })
        .collect()
}

/// How long after the start a suspect is tried: at once after the first death, which may have been the machine's.
pub(super) fn wait(deaths: u32, min: Duration, max: Duration) -> Duration {
    deaths.checked_sub(2).map_or(Duration::ZERO, |earlier| Backoff::delay(min, max, earlier))
}

/// The folder of all marks.
pub(super) struct Marks {
    folder: PathBuf,
}

impl Marks {
    /// Makes the folder if it is missing.
    pub(super) fn open(folder: PathBuf) -> Self {
        if let Err(error) = fs::create_dir_all(&folder) {
            tracing::error!(error = %error, folder = %folder.display(), "the folder of marks cannot be made");
        }
        Self { folder }
    }

    /// All marks.
    pub(super) fn read(&self) -> HashMap<String, Mark> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return HashMap::new() };
        let mark = |entry: fs::DirEntry| {
            let uid = entry.file_name().into_string().ok().filter(|uid| is_uid(uid))?;
            // A mark that was begun and not written says that the object was running, and no more.
            let text = fs::read_to_string(entry.path()).ok()?;
            let mark =
                if text.is_empty() { Some(Mark { running: true, deaths: 0 }) } else { Mark::parse(&text) };
            Some((uid, mark?))
        };
        entries.flatten().take(MOST).filter_map(mark).collect()
    }

    /// Leaves marks of these suspects, which wait, and no others.
    pub(super) fn replace(&self, suspects: &HashMap<String, u32>) {
        for uid in self.read().keys().filter(|uid| !suspects.contains_key(*uid)) {
            self.remove(uid);
        }
        for (uid, deaths) in suspects {
            self.write(uid, Mark { running: false, deaths: *deaths });
        }
    }

    /// Writes a mark. It has to outlive the process, not the machine.
    pub(super) fn write(&self, uid: &str, mark: Mark) {
        if !is_uid(uid) {
            return;
        }
        if let Err(error) = fs::write(self.folder.join(uid), mark.text()) {
            tracing::error!(error = %error, uid, "the mark of an object cannot be written");
        }
    }

    /// Removes a mark.
    pub(super) fn remove(&self, uid: &str) {
        if !is_uid(uid) {
            return;
        }
        match fs::remove_file(self.folder.join(uid)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::error!(error = %error, uid, "the mark of an object cannot be removed");
            }
            _ => {}
        }
    }
}

/// Whether it can be the name of a file, and of nothing else.
fn is_uid(uid: &str) -> bool {
    !uid.is_empty()
        && uid.len() <= LONGEST
        && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
