//! Objects of more than one cluster: in which target a Kustomization's objects are, and the key of whatever is
//! remembered of an object beyond one Kustomization's memory. Pure.
//!
//! The same object in two clusters is two objects. What is kept within one target (a `LaneObjects`, a target's watches)
//! is keyed by id; what can meet several is keyed by [`TargetObject`].

use api::kustomization::KustomizationSpec;
use cluster::TargetId;
use manifest::ObjectId;
use std::fmt;

/// An object, and the target that it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TargetObject {
    pub(crate) target: TargetId,
    pub(crate) id: ObjectId,
}

impl TargetObject {
    /// An object of a target.
    pub(crate) fn new(target: &TargetId, id: ObjectId) -> Self {
        Self { target: target.clone(), id }
    }

    /// Whether it is of this target and kind.
    pub(crate) fn is_of(&self, target: &TargetId, group: &str, kind: &str) -> bool {
        self.target == *target && self.id.group == group && self.id.kind == kind
    }
}

/// As messages name it; the own cluster goes without saying.
impl fmt::Display for TargetObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target {
            TargetId::Local => self.id.fmt(f),
            TargetId::Remote(_) => write!(f, "{} in {}", self.id, self.target),
        }
    }
}

/// Where a Kustomization's objects are: in the own cluster. `spec.kubeConfig` is not supported yet, and whatever has it
/// is neither run nor healed (decisions 5.1, 5.2).
pub(crate) const fn target_of(_spec: &KustomizationSpec) -> TargetId {
    TargetId::Local
}

#[cfg(test)]
mod tests;
