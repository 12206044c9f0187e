//! What happened to each object, for status, events, logs and the CLI.

use crate::baseline::Baseline;
use manifest::ObjectId;
use serde_json::Value;
use std::fmt;

/// The verb of a change, in Flux's words (contracts/kustomize-controller.md 12.2, 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Did not exist before, or was deleted and created by force.
    Created,
    /// Existed and was changed.
    Configured,
    /// Nothing to do.
    Unchanged,
    /// A directive says hands off.
    Skipped,
    /// Gone, or its deletion was accepted.
    Deleted,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Deleted => "deleted",
        })
    }
}

/// One object's outcome.
#[derive(Clone, Debug)]
pub struct Change {
    /// As the inventory names it: the namespace is empty for cluster-scoped kinds.
    pub id: ObjectId,
    /// API version without group.
    pub version: String,
    /// What was done.
    pub action: Action,
    /// The live object's baseline afterwards; `None` when it was not looked at.
    pub baseline: Option<Baseline>,
    /// The live object as the server answered, but for managedFields, for health. Absent for skipped objects that do not exist.
    pub object: Option<Value>,
}

impl Change {
    /// `Kind/namespace/name created`, a line of an event.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.id, self.action)
    }

    /// Whether something was written.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        matches!(self.action, Action::Created | Action::Configured)
    }
}

#[cfg(test)]
mod tests;
