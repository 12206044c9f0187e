//! How often an object that drifted and is not healed is looked at. Pure: every change of such an object, also one of its
//! status, is word of the watch.

use crate::drift::TrackedObject;
use std::time::{Duration, Instant};

/// Between two looks at one object.
const APART: Duration = Duration::from_secs(10);

/// Whether an object is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It is.
    Now,
    /// Once this is over.
    After(Duration),
    /// It is as it was seen last.
    Known,
}

/// Decides.
pub(super) fn due(tracked: &TrackedObject, now: Instant) -> Due {
    let Some(looked) = &tracked.looked else { return Due::Now };
    if looked.version == tracked.live_version() {
        return Due::Known;
    }
    match APART.checked_sub(now.saturating_duration_since(looked.at)) {
        Some(left) if !left.is_zero() => Due::After(left),
        _ => Due::Now,
    }
}

/// When to look again after a look that saw a version, where another is there by now: no word of that came through while
/// the object was held.
pub(super) fn again(live: u64, seen: u64) -> Option<Duration> {
    (live > seen).then_some(APART)
}

#[cfg(test)]
mod tests;
