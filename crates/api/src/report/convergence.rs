//! `Convergence`: for one Kustomization, whether the cluster is what Git says, and if not, why
//! (decisions 6.2). It has no spec: health-controller is its only writer.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::blocker::BlockerCode;
use crate::{Condition, condition};

/// How many objects a Convergence lists at most; `omitted` counts the rest.
pub const MAX_OBJECTS: usize = 100;
/// How many blockers a Convergence lists at most.
pub const MAX_BLOCKERS: usize = 20;

/// Nothing: a Convergence is a report.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "flyball.dev",
    version = "v1alpha1",
    kind = "Convergence",
    namespaced,
    no_spec,
    status = "ConvergenceStatus",
    derive = "PartialEq",
    doc = "Convergence reports whether a Kustomization's objects are what Git says and well, and if not, why.",
    shortname = "cvg",
    category = "flyball",
    printcolumn = r#"{"name":"Converged","type":"string","jsonPath":".status.conditions[?(@.type==\"Converged\")].status"}"#,
    printcolumn = r#"{"name":"Sync","type":"string","jsonPath":".status.sync.state"}"#,
    printcolumn = r#"{"name":"Health","type":"string","jsonPath":".status.health.state"}"#,
    printcolumn = r#"{"name":"Objects","type":"integer","jsonPath":".status.counts.total"}"#,
    printcolumn = r#"{"name":"Summary","type":"string","jsonPath":".status.summary"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Revision","type":"string","jsonPath":".status.applied.revision","priority":1}"#
)]
pub struct ConvergenceSpec {}

/// Whether and why not. It holds no counter and no time of a run, so that a run that changes nothing writes
/// nothing here.
// decisions 2.3
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConvergenceStatus {
    /// The object that is reported on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The revision that the source has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<RevisionSince>,
    /// The revision that is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<RevisionSince>,
    /// Whether the objects are what was applied: the worst of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncSince>,
    /// Whether the objects are well: the worst of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthSince>,
    /// All of it in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// How many objects are in which state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The objects, those that need attention first, then by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub objects: Vec<ObjectReport>,
    /// How many objects are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted: Option<i64>,
    /// What stands in the way, root causes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub blockers: Vec<Blocker>,
    /// Result of the Kustomization's last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_result: Option<LastResult>,
    /// `Converged`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "condition::list_schema")]
    pub conditions: Vec<Condition>,
}

/// The object that is reported on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// API version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A revision, and since when it is the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionSince {
    /// The revision in the source's own form.
    pub revision: String,
    /// Since when.
    pub since: Time,
}

/// Whether an object is what was applied (decisions 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SyncState {
    /// It is.
    Applied,
    /// The Kustomization has not applied the desired revision yet.
    RevisionPending,
    /// Somebody changed a field that was applied.
    Drifted,
    /// It does not exist.
    Missing,
    /// It cannot be looked at: no right to, or it is in another cluster.
    NotObserved,
}

impl SyncState {
    /// The state as it stands in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "Applied",
            Self::RevisionPending => "RevisionPending",
            Self::Drifted => "Drifted",
            Self::Missing => "Missing",
            Self::NotObserved => "NotObserved",
        }
    }
}

/// Whether an object is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HealthState {
    /// It is.
    Healthy,
    /// It is on its way.
    Progressing,
    /// Somebody wants it to rest.
    Suspended,
    /// It is being deleted.
    Terminating,
    /// It has failed.
    Degraded,
    /// It does not exist.
    Missing,
    /// It cannot be told.
    Unknown,
    /// It cannot be looked at: no right to, or it is in another cluster.
    NotObserved,
}

impl HealthState {
    /// The state as it stands in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Progressing => "Progressing",
            Self::Suspended => "Suspended",
            Self::Terminating => "Terminating",
            Self::Degraded => "Degraded",
            Self::Missing => "Missing",
            Self::Unknown => "Unknown",
            Self::NotObserved => "NotObserved",
        }
    }
}

/// A state of synchronisation, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncSince {
    /// The state.
    #[schemars(schema_with = "sync_schema")]
    pub state: SyncState,
    /// Since when.
    pub since: Time,
}

/// A state of health, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthSince {
    /// The state.
    #[schemars(schema_with = "health_schema")]
    pub state: HealthState,
    /// Since when.
    pub since: Time,
}

/// How many objects are in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// All.
    pub total: i64,
    /// Well.
    pub healthy: i64,
    /// On their way.
    pub progressing: i64,
    /// Resting because somebody wants it.
    pub suspended: i64,
    /// Being deleted.
    pub terminating: i64,
    /// Failed.
    pub degraded: i64,
    /// Not there.
    pub missing: i64,
    /// Changed by somebody else.
    pub drifted: i64,
    /// Not to be told.
    pub unknown: i64,
    /// Not to be looked at.
    pub not_observed: i64,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectReport {
    /// Its id in the inventory.
    pub id: String,
    /// Whether it is what was applied.
    #[schemars(schema_with = "sync_schema")]
    pub sync: SyncState,
    /// Whether it is well.
    #[schemars(schema_with = "health_schema")]
    pub health: HealthState,
    /// Why, as one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, for people. Never holds data of a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Since when sync and health are what they are.
    pub since: Time,
}

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocker {
    /// What it is.
    #[schemars(with = "String")]
    pub code: BlockerCode,
    /// Whom it concerns: an id of the inventory, or `Kind/namespace/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What it was seen by, redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Since when.
    pub since: Time,
}

/// Result of a Kustomization's last run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastResult {
    /// The revision that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Reason of the Ready condition.
    pub reason: String,
    /// Message of the Ready condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn sync_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "enum": ["Applied", "RevisionPending", "Drifted", "Missing", "NotObserved"],
    })
}

fn health_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "enum": ["Healthy", "Progressing", "Suspended", "Terminating", "Degraded", "Missing", "Unknown", "NotObserved"],
    })
}
