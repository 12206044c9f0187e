//! What one Kustomization remembers between runs, in three parts with three lives: its objects, which the watch pool's
//! callback shares; what the last build was made of; what its status said last. No part knows another.

mod build_cache;
mod objects;
mod own_status;

pub(crate) use build_cache::{BuildCache, Input};
pub(crate) use objects::{LaneObjects, Prior, Word};
pub(crate) use own_status::{Own, OwnStatus};

use std::sync::Arc;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) objects: Arc<LaneObjects>,
    pub(crate) builds: BuildCache,
    pub(crate) own: OwnStatus,
}
