//! What is known of one Kustomization's convergence, whole: every object and every blocker. `Convergence.status` is
//! its bounded projection. Made by the crate `convergence`; nothing is decided here.
//!
//! For programs that may read more than fits into an object of the API server: they look at [`Explanation::version`]
//! first.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, Serialize};

use crate::blocker::BlockerCode;
use crate::condition;
use crate::convergence::{
    Blocker, Counts, HealthSince, HealthState, LastResult, RevisionSince, SyncSince, SyncState, Target,
};

/// The version of [`Explanation`] that this crate writes. It is raised when a field goes or means something else, not
/// when one is added.
pub const VERSION: u32 = 1;

/// Whether a Kustomization's objects are what Git says and well, and if not, why. It holds nothing that changes while
/// nothing happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// [`VERSION`] of whoever made it.
    pub version: u32,
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
    /// Every object, those that need attention first, then by id.
    pub objects: Vec<ObjectExplanation>,
    /// Everything that stands in the way, root causes first.
    pub blockers: Vec<Blocker>,
    /// Result of the Kustomization's last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_result: Option<LastResult>,
}

impl Explanation {
    /// Whether everything is what Git says and well.
    #[must_use]
    pub fn is_converged(&self) -> bool {
        self.verdict.status == condition::TRUE
    }
}

/// The answer in one sentence: the condition `Converged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, as one word: a state or a blocker's code.
    pub reason: String,
    /// All of it in one sentence.
    pub summary: String,
    /// The Kustomization's generation that was looked at.
    pub generation: i64,
    /// Since when it is the answer.
    pub since: Time,
}

/// One object of the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectExplanation {
    /// Its id in the inventory.
    pub id: String,
    /// Whether it is what was applied.
    pub sync: SyncState,
    /// Whether it is well.
    pub health: HealthState,
    /// Why, as one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, for people. Never holds data of a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it was seen by, redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Since when sync and health are what they are.
    pub since: Time,
}

/// What is different between two explanations of one Kustomization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Transition {
    /// Everything has become what Git says and well.
    Converged {
        /// The answer.
        verdict: Verdict,
    },
    /// That has ceased.
    Diverged {
        /// The answer.
        verdict: Verdict,
    },
    /// Something stands in the way that did not.
    BlockerAppeared {
        /// What it is.
        blocker: Blocker,
    },
    /// Something stands in the way no longer.
    BlockerWent {
        /// What it was.
        code: BlockerCode,
        /// Whom it concerned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<String>,
    },
    /// An object's sync or health changed, or it came into the inventory or left it.
    Object {
        /// Its id in the inventory.
        id: String,
        /// What it was; `None` when it was not in the inventory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<ObjectState>,
        /// What it is; `None` when it has left the inventory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<ObjectState>,
    },
}

/// What is said of one object, without why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectState {
    /// Whether it is what was applied.
    pub sync: SyncState,
    /// Whether it is well.
    pub health: HealthState,
}

impl ObjectExplanation {
    /// The state alone.
    #[must_use]
    pub const fn state(&self) -> ObjectState {
        ObjectState { sync: self.sync, health: self.health }
    }
}
