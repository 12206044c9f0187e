//! What is held of one Kustomization between assessments: its memory, and the watches that it needs.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use convergence::{Memory, Visibility};
use manifest::ObjectId;
use reconcile_core::watch_pool::Interest;

/// Held of one Kustomization between assessments.
#[derive(Default)]
pub(crate) struct Held {
    /// `None` before the first assessment.
    pub(super) memory: Option<Memory>,
    pub(super) kinds: BTreeMap<(String, String, String), Interest>,
    pub(super) source: Option<Interest>,
    pub(super) pods: BTreeMap<String, Interest>,
    /// What reads of objects that no watch shows have given, for the run in which they were made.
    pub(super) probes: HashMap<ObjectId, (String, Visibility)>,
    /// Since when a watch has been waited for.
    pub(super) waiting: Option<Instant>,
    pub(super) failures: u32,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("kinds", &self.kinds.len()).finish_non_exhaustive()
    }
}
