//! What is shown of one Kustomization. Its JSON form is read by programs: fields are added, never renamed.

use api::condition::TRUE;
use api::convergence::{Blocker, ConvergenceStatus, Counts, HealthState, SyncState};
use api::explain::Explanation;
use api::kustomization::Kustomization;
use jiff::Timestamp;
use serde::Serialize;

use crate::look::current_answer;

#[cfg(test)]
mod tests;

/// One Kustomization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// Its namespace.
    pub(super) namespace: String,
    /// Its name.
    pub(super) name: String,
    /// `True`, `False` or `Unknown`.
    pub(super) converged: String,
    /// Why, as one word.
    pub(super) reason: String,
    /// That in one sentence.
    pub(super) summary: String,
    /// Since when.
    pub(super) since: Timestamp,
    /// The source, as `Kind/namespace/name`.
    pub(super) source: String,
    /// The revision that is applied.
    pub(super) revision: Option<String>,
    /// The revision that the source has, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desired: Option<String>,
    /// Whether the objects are what was applied.
    pub(super) sync: SyncState,
    /// Whether they are well.
    pub(super) health: HealthState,
    /// How many there are in which state.
    pub(super) counts: Counts,
    /// What stands in the way, root causes first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) blockers: Vec<Blocker>,
    /// When the Kustomization was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Timestamp>,
}

impl Row {
    /// Of a Kustomization that was explained.
    pub(super) fn of(object: &Kustomization, explanation: &Explanation) -> Self {
        let metadata = &object.metadata;
        let namespace = metadata.namespace.clone().unwrap_or_default();
        let applied = explanation.applied.as_ref().map(|revision| revision.revision.clone());
        let desired = explanation.desired.as_ref().map(|revision| revision.revision.clone());
        let verdict = &explanation.verdict;
        Self {
            source: object.spec.source_ref.subject(&namespace),
            namespace,
            name: metadata.name.clone().unwrap_or_default(),
            converged: verdict.status.clone(),
            reason: verdict.reason.clone(),
            summary: verdict.summary.clone(),
            since: verdict.since.0,
            desired: desired.filter(|desired| Some(desired) != applied.as_ref()),
            revision: applied,
            sync: explanation.sync.state,
            health: explanation.health.state,
            counts: explanation.counts.clone(),
            blockers: explanation.blockers.clone(),
            created: metadata.creation_timestamp.as_ref().map(|time| time.0),
        }
    }

    /// Of what was published, unless that is about an earlier state of the Kustomization.
    pub(super) fn published(object: &Kustomization, published: &ConvergenceStatus) -> Option<Self> {
        current_answer(object, published).map(|answer| Self::of(object, &answer))
    }

    /// Whether everything is what Git says and well.
    pub(super) fn is_converged(&self) -> bool {
        self.converged == TRUE
    }

    /// Whether another row of the Kustomization says the same, times aside.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        let says = |row: &Self| {
            let words = (row.converged.clone(), row.reason.clone(), row.summary.clone());
            (words, row.revision.clone(), row.desired.clone(), row.sync, row.health, row.counts.clone())
        };
        says(self) == says(other)
    }

    /// As kubectl prints names.
    pub(super) fn full_name(&self) -> String {
        format!("kustomization.{}/{}", api::KUSTOMIZE_GROUP, self.name)
    }
}
