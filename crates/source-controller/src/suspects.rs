//! Who was being worked on when the process died. An input that ends the process would otherwise be the first to be tried
//! after the restart, and nobody else would ever get a turn.
//!
//! While an object is worked on, a file with its uid stands in a folder of the storage. A file that a new process finds
//! names a suspect: it is tried when the others have had their turn, one suspect at a time, and later with each death.
//! A death while a suspect was tried is blamed on the suspect alone. What is done with an object is `reconcile`'s; what a
//! mark says, and how long a suspect waits, is decided in `mark`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod mark;
#[cfg(test)]
mod tests;

use mark::{Mark, Marks};

/// How long suspects wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// For the others to begin.
    pub(crate) settle: Duration,
    /// For the others to end, at most: one that never ends must not keep a suspect waiting for ever.
    pub(crate) others: Duration,
    /// After the second death, doubling with each further one.
    pub(crate) min: Duration,
    /// At most.
    pub(crate) max: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { settle: seconds(1), others: seconds(30), min: seconds(60), max: seconds(3600) }
    }
}

/// All suspects, and all marks.
pub(crate) struct Suspects {
    inner: Arc<Inner>,
}

struct Inner {
    marks: Marks,
    waits: Waits,
    /// When work began.
    started: Mutex<Instant>,
    /// Deaths by uid, of those that were not tried since.
    suspects: Mutex<HashMap<String, u32>>,
    /// How many that nobody suspects are being worked on.
    others: watch::Sender<usize>,
    /// Held by the suspect that is being tried.
    alone: Arc<tokio::sync::Mutex<()>>,
}

/// Why an object has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    deaths: u32,
    wait: Duration,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.deaths == 1 { "once".to_owned() } else { format!("{} times", self.deaths) };
        write!(f, "source-controller ended unexpectedly {times} while it worked on this object: ")?;
        if self.wait.is_zero() {
            write!(f, "it is tried when the others have had their turn")
        } else {
            write!(
                f,
                "it is tried {}s after the start, when the others have had their turn",
                self.wait.as_secs()
            )
        }
    }
}

/// An object is marked as being worked on, until this is dropped.
#[must_use = "the mark goes when it is dropped"]
pub(crate) struct Marked {
    inner: Arc<Inner>,
    uid: String,
    /// What a suspect holds.
    alone: Option<OwnedMutexGuard<()>>,
}

impl Suspects {
    /// Reads what an earlier process left in `folder`. What cannot be read or written is logged, and nobody is suspected.
    pub(crate) fn open(folder: PathBuf, waits: Waits) -> Self {
        let marks = Marks::open(folder);
        let suspects = mark::blame(marks.read());
        for (uid, deaths) in &suspects {
            tracing::warn!(uid, deaths, "the process died while this object was worked on; it goes last");
        }
        marks.replace(&suspects);
        let inner = Inner {
            marks,
            waits,
            started: Mutex::new(Instant::now()),
            suspects: Mutex::new(suspects),
            others: watch::Sender::new(0),
            alone: Arc::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Work begins only now: nobody had a turn before, and all wait from here on.
    pub(crate) fn starts(&self) {
        *self.inner.started.lock() = Instant::now();
    }

    /// Why the object with this uid has to wait, if it has to.
    pub(crate) fn suspicion(&self, uid: &str) -> Option<Suspicion> {
        let deaths = self.inner.suspects.lock().get(uid).copied()?;
        Some(Suspicion { deaths, wait: mark::wait(deaths, self.inner.waits.min, self.inner.waits.max) })
    }

    /// Marks that the object is worked on from now on. A suspect waits for its turn before; `None` when its run is
    /// cancelled before it comes.
    pub(crate) async fn begin(&self, uid: &str, cancelled: &CancellationToken) -> Option<Marked> {
        let suspicion = self.suspicion(uid);
        let alone = match suspicion {
            None => None,
            Some(suspicion) => tokio::select! {
                biased;
                () = cancelled.cancelled() => return None,
                alone = self.wait(suspicion.wait) => Some(alone),
            },
        };
        let deaths = suspicion.map_or(0, |suspicion| suspicion.deaths);
        self.inner.marks.write(uid, Mark { running: true, deaths });
        if alone.is_none() {
            self.inner.others.send_modify(|count| *count += 1);
        }
        Some(Marked { inner: Arc::clone(&self.inner), uid: uid.to_owned(), alone })
    }

    /// The object is gone.
    pub(crate) fn forget(&self, uid: &str) {
        if self.inner.suspects.lock().remove(uid).is_some() {
            self.inner.marks.remove(uid);
        }
    }

    /// Of all suspects, only objects with these uids are there.
    pub(crate) fn keep_only(&self, uids: &HashSet<String>) {
        let gone = |uid: &&String| !uids.contains(*uid);
        let gone: Vec<String> = self.inner.suspects.lock().keys().filter(gone).cloned().collect();
        for uid in gone {
            self.forget(&uid);
        }
    }

    /// Until no other suspect is tried, its time has come, and the others have had theirs.
    async fn wait(&self, wait: Duration) -> OwnedMutexGuard<()> {
        let Inner { waits, started, others, alone, .. } = self.inner.as_ref();
        let started = *started.lock();
        tokio::time::sleep_until(started + waits.settle.max(wait)).await;
        let alone = Arc::clone(alone).lock_owned().await;
        let mut count = others.subscribe();
        // The sender lives as long as this.
        drop(tokio::time::timeout(waits.others, count.wait_for(|count| *count == 0)).await);
        alone
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        let Self { inner, uid, alone } = self;
        if alone.is_some() {
            inner.suspects.lock().remove(uid.as_str());
        } else {
            inner.others.send_modify(|count| *count = count.saturating_sub(1));
        }
        inner.marks.remove(uid);
    }
}
