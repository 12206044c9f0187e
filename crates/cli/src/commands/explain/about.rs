//! What is known of one object that is no Kustomization. Its JSON form is read by programs: fields are added, never
//! renamed.

use api::convergence::{Blocker, HealthState, SyncState};
use api::explain::ObjectExplanation;
use jiff::Timestamp;
use serde::Serialize;

use crate::look::Told;

/// The version of [`About`]'s JSON form.
pub(super) const VERSION: u32 = 1;

/// One object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    /// [`VERSION`].
    pub(super) version: u32,
    /// `Kind/namespace/name`.
    pub(super) subject: String,
    /// How it is.
    pub(super) object: ObjectExplanation,
    /// What is wrong with it, or with what it belongs to.
    pub(super) blockers: Vec<Blocker>,
    /// Its owners, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) owners: Vec<String>,
    /// The Kustomization that applies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kustomization: Option<Applied>,
    /// Whether it is in another cluster, to which that Kustomization applies it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_elsewhere: bool,
    /// What is told of a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<SourceFacts>,
    /// Its conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) conditions: Vec<ConditionFacts>,
    /// What was lately told of it, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Told>,
    /// What could not be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

/// The Kustomization that applies an object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applied {
    /// Its namespace.
    pub(super) namespace: String,
    /// Its name.
    pub(super) name: String,
    /// Whether it is converged: `True`, `False` or `Unknown`; none if it does not exist or may not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) converged: Option<String>,
    /// That in one sentence.
    pub(super) summary: String,
}

/// What a source has.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceFacts {
    /// Where it fetches from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// The revision that it has stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<String>,
    /// When it stored that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stored: Option<Timestamp>,
    /// Whether it looks for new revisions.
    pub(super) suspended: bool,
    /// The Kustomizations that apply it, as `namespace/name`.
    pub(super) used_by: Vec<String>,
}

/// One condition.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConditionFacts {
    /// Its type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// `True`, `False` or `Unknown`.
    pub(super) status: String,
    /// Why, as one word.
    pub(super) reason: String,
    /// Why, masked.
    pub(super) message: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
}

impl About {
    /// Whether it is as it should be.
    pub(super) fn is_well(&self) -> bool {
        let is_well = match self.object.health {
            HealthState::Healthy | HealthState::Suspended => true,
            // Who applied it is told to be well or not by what there is of it. In another cluster nothing is known of it.
            HealthState::NotObserved => !self.is_elsewhere,
            _ => false,
        };
        let is_as_applied = !matches!(self.object.sync, SyncState::Drifted | SyncState::Missing);
        is_well && is_as_applied && self.blockers.is_empty()
    }
}
