//! What is held of one Kustomization between assessments: its memory, and the watches that it needs.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use convergence::{Memory, Visibility};
use manifest::ObjectId;
use reconcile_core::Backoff;
use reconcile_core::watch_pool::Interest;

use super::kinds::KindName;
use super::progress::Progress;
use super::quarrels::Quarrels;
use crate::fault;
use crate::place::Place;

/// How long a verdict waits for watches that have not delivered yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// Held of one Kustomization between assessments.
pub(crate) struct Held {
    /// `None` before the first assessment.
    pub(super) memory: Option<Memory>,
    pub(super) kinds: BTreeMap<KindName, Interest>,
    /// Kinds that are watched and have left the inventory, and since when.
    pub(super) left: BTreeMap<KindName, Instant>,
    pub(super) source: Option<Interest>,
    /// What is looked at beside objects.
    pub(super) beside: BTreeMap<Place, Interest>,
    /// Whom it was said to contend with; `None` before the first assessment.
    pub(super) quarrels: Option<Quarrels>,
    /// What reads of objects that no watch shows have given, for the run in which they were made.
    pub(super) probes: HashMap<ObjectId, (String, Visibility)>,
    /// Since when a watch has been waited for.
    waiting: Option<Instant>,
    /// With the revision that was attempted last; known only when traces are on.
    pub(super) progress: Option<Progress>,
    /// Writes that were refused in a row.
    pub(super) refusals: Backoff,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            memory: None,
            kinds: BTreeMap::new(),
            left: BTreeMap::new(),
            source: None,
            beside: BTreeMap::new(),
            quarrels: None,
            probes: HashMap::new(),
            waiting: None,
            progress: None,
            refusals: fault::refusals(),
        }
    }
}

impl Held {
    /// Keeps what is remembered until the next assessment, which looks for itself what is published.
    pub(super) fn keep(&mut self, mut memory: Memory) {
        memory.published = None;
        self.memory = Some(memory);
    }

    /// For how long an assessment that began at `begun` is put off because a watch has not delivered yet; `None` when it
    /// waits for none, or has waited long enough.
    pub(super) fn put_off(&mut self, waits: bool, begun: Instant, now: Instant) -> Option<Duration> {
        if !waits {
            self.waiting = None;
            return None;
        }
        let since = *self.waiting.get_or_insert(begun);
        let left = PATIENCE.saturating_sub(now.saturating_duration_since(since));
        (!left.is_zero()).then_some(left)
    }

    /// Whether watches have been waited for as long as a verdict waits.
    pub(super) fn has_waited(&self, now: Instant) -> bool {
        self.waiting.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE)
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("kinds", &self.kinds.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
