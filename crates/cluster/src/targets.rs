//! The targets in use: the own cluster, which is always there, and remote ones, which go when nobody uses them.
//!
//! A caller hangs on a target what it keeps there (watches, pools), hence the type parameter. How a remote target is
//! reached is the caller's, too.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::TargetId;
use crate::idle::IdleCache;

/// A remote target that nobody holds and nobody has asked for in this time is dropped, with its connections and
/// watches.
const IDLE: Duration = Duration::from_secs(600);

/// Hands out one value per target.
///
/// A value that is held is in use: whoever needs a target between two calls (a task whose objects are watched there)
/// keeps its [`Arc`].
pub struct Targets<T> {
    local: Arc<T>,
    remote: Mutex<IdleCache<TargetId, Arc<T>>>,
}

impl<T> fmt::Debug for Targets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Targets").field("remote", &self.remote.lock().len()).finish_non_exhaustive()
    }
}

impl<T> Targets<T> {
    /// `local` is the own cluster's; it is never let go.
    pub fn new(local: T) -> Self {
        Self { local: Arc::new(local), remote: Mutex::new(IdleCache::new(IDLE)) }
    }

    /// The own cluster's.
    pub const fn local(&self) -> &Arc<T> {
        &self.local
    }

    /// A target's; `make` is called where there is none yet, and must be quick. Others that are idle are let go.
    ///
    /// # Errors
    /// Those of `make`; the next call tries again.
    pub fn get_or_make<E>(&self, id: &TargetId, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        self.get_or_make_at(id, Instant::now(), make)
    }

    fn get_or_make_at<E>(
        &self,
        id: &TargetId,
        now: Instant,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if id.is_local() {
            return Ok(Arc::clone(&self.local));
        }
        let mut remote = self.remote.lock();
        let found = remote.get_or_make(id, now, || make().map(Arc::new));
        // After the look-up, so that what is asked for again is not made a second time.
        remote.sweep(now, |value| Arc::strong_count(value) > 1);
        found
    }

    /// A target's, if there is one. Asking counts as using it.
    pub fn get(&self, id: &TargetId) -> Option<Arc<T>> {
        if id.is_local() {
            return Some(Arc::clone(&self.local));
        }
        self.remote.lock().get(id, Instant::now())
    }

    /// Lets go of remote ones that are idle: a caller does so now and then, since the last look-up may be long ago.
    pub fn sweep(&self) {
        self.remote.lock().sweep(Instant::now(), |value| Arc::strong_count(value) > 1);
    }

    /// All that there are, the own cluster's first.
    pub fn all(&self) -> Vec<Arc<T>> {
        let remote = self.remote.lock();
        std::iter::once(&self.local).chain(remote.values()).map(Arc::clone).collect()
    }
}

#[cfg(test)]
mod tests;
