//! What one Kustomization remembers between runs, in three parts with three lives: its objects, which the watch pool's
//! callback shares; what the last build was made of; what its status said last. No part knows another.
//!
//! The objects, and what was made of a build, are in one target. What the status said is of the Kustomization itself,
//! which is always in the own cluster.

mod build_cache;
mod objects;
mod own_status;

pub(crate) use build_cache::{BuildCache, Input};
pub(crate) use objects::{Asking, LaneObjects, Prior, Word};
pub(crate) use own_status::{Own, OwnStatus};

use cluster::TargetId;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) objects: Arc<LaneObjects>,
    pub(crate) builds: BuildCache,
    pub(crate) own: Arc<OwnStatus>,
}

impl Memory {
    /// Of a Kustomization whose objects are in another target from now on: nothing is known of them.
    pub(crate) fn moved_to(&self, target: TargetId) -> Self {
        Self {
            objects: Arc::new(LaneObjects::in_target(target)),
            builds: BuildCache::default(),
            own: Arc::clone(&self.own),
        }
    }
}
