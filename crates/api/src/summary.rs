//! What a list of explanations says of each: the answer and the counts, without objects and blockers.

use serde::{Deserialize, Serialize};

use crate::convergence::{Counts, HealthSince, RevisionSince, SyncSince, Target};
use crate::explain::{Explanation, VERSION, Verdict};

/// One Kustomization in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The object that is explained.
    pub target: Target,
    /// The answer.
    pub verdict: Verdict,
    /// The revision that the source has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<RevisionSince>,
    /// The revision that is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<RevisionSince>,
    /// Whether the objects are what was applied: the worst of all.
    pub sync: SyncSince,
    /// Whether the objects are well: the worst of all.
    pub health: HealthSince,
    /// How many objects are in which state.
    pub counts: Counts,
    /// How many blockers there are.
    pub blockers: usize,
}

/// The summaries of several Kustomizations, by namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summaries {
    /// [`VERSION`] of whoever made them.
    pub version: u32,
    /// One of each.
    pub items: Vec<Summary>,
}

impl Summary {
    /// What is said of it in a list.
    #[must_use]
    pub fn of(explanation: &Explanation) -> Self {
        Self {
            target: explanation.target.clone(),
            verdict: explanation.verdict.clone(),
            desired: explanation.desired.clone(),
            applied: explanation.applied.clone(),
            sync: explanation.sync.clone(),
            health: explanation.health.clone(),
            counts: explanation.counts.clone(),
            blockers: explanation.blockers.len(),
        }
    }
}

impl FromIterator<Summary> for Summaries {
    fn from_iter<I: IntoIterator<Item = Summary>>(items: I) -> Self {
        Self { version: VERSION, items: items.into_iter().collect() }
    }
}
