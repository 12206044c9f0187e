//! When a kind is listed again: at once, unless that has been done a short time ago; then once for all who ask meanwhile.
//! Pure.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use reconcile_core::watch_pool::WatchedKind;

#[cfg(test)]
mod tests;

/// The time between two lists of a kind. Nobody waits longer for one, however often others ask.
pub(super) const PAUSE: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// When kinds were listed, for as long as that matters.
    listed: HashMap<WatchedKind, Instant>,
    /// Kinds that somebody has asked for since then.
    asked: HashSet<WatchedKind>,
}

impl Turns {
    /// Somebody asks for a kind.
    pub(super) fn ask(&mut self, kind: WatchedKind) {
        self.asked.insert(kind);
    }

    /// The kinds that are to be listed now, and after how long there will be more.
    pub(super) fn take(&mut self, now: Instant) -> (Vec<WatchedKind>, Option<Duration>) {
        let left = |at: &Instant| PAUSE.saturating_sub(now.saturating_duration_since(*at));
        self.listed.retain(|_, at| !left(at).is_zero());
        let due: Vec<WatchedKind> = self.asked.extract_if(|kind| !self.listed.contains_key(kind)).collect();
        self.listed.extend(due.iter().map(|kind| (kind.clone(), now)));
        let next = self.asked.iter().filter_map(|kind| self.listed.get(kind)).map(left).min();
        (due, next)
    }
}
