//! What is seen of one Kustomization at one time. Who looked, and how, is the caller's.

use std::sync::Arc;

use api::duration::whole_seconds;
use api::kustomization::Kustomization;
use health::Rules;
use jiff::Timestamp;
use manifest::ObjectId;
use serde_json::Value;

use crate::source_status::SourceView;
use crate::visibility::Visibility;

/// Everything that an explanation is made from.
pub struct View<'a> {
    /// The Kustomization that is explained.
    pub kustomization: &'a Kustomization,
    /// The source that it names.
    pub source: SourceView,
    /// Links from a dependency that is not ready to the root cause: [`crate::dependencies::chain`].
    pub chain: Vec<String>,
    /// The inventory, in its order.
    pub objects: Vec<(ObjectId, Visibility)>,
    /// Pods in namespaces where something was not well, by namespace.
    pub pods: &'a (dyn Fn(&str) -> Vec<Arc<Value>> + Sync),
    /// What objects are judged and explained by.
    pub rules: &'a Rules,
    /// The time.
    pub now: Timestamp,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let objects = self.objects.len();
        f.debug_struct("View").field("objects", &objects).field("now", &self.now).finish_non_exhaustive()
    }
}

impl View<'_> {
    /// The time as it stands in an explanation.
    pub(crate) fn second(&self) -> Timestamp {
        whole_seconds(self.now)
    }
}
