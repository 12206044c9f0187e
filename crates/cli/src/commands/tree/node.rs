//! One object of a tree. Its JSON form is read by programs: fields are added, never renamed.

use api::convergence::{HealthState, SyncState};
use serde::Serialize;

/// An object and what is below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    /// `Kind/namespace/name`.
    pub(super) subject: String,
    /// How it is, if it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) health: Option<HealthState>,
    /// Whether it is what was applied, if somebody applied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sync: Option<SyncState>,
    /// Why it is not well, or why nothing is shown below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// What is below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Self>,
}

impl Node {
    /// One of which only the name is known.
    pub(super) fn named(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), health: None, sync: None, message: None, children: Vec::new() }
    }
}
