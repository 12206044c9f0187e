//! `DriftReport`: what somebody changed of what a Kustomization applied, and what was done about it. It has no spec:
//! kustomize-controller is its only writer. It carries the name of its Kustomization, and exists only once something of
//! that has drifted, diverges from an ignored field, or is fought over.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::convergence::Target;

/// How many objects a DriftReport lists at most; `omitted` counts the rest.
pub const MAX_DRIFTED: usize = 100;
/// How many paths of one object it lists at most; `omittedPaths` counts the rest.
pub const MAX_PATHS: usize = 20;
/// How many fights it lists at most.
pub const MAX_FIGHTS: usize = 20;
/// How many ignored fields that diverge it lists at most.
pub const MAX_IGNORED: usize = 100;

/// Nothing: a DriftReport is a report.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "flyball.dev",
    version = "v1alpha1",
    kind = "DriftReport",
    namespaced,
    no_spec,
    status = "DriftReportStatus",
    derive = "PartialEq",
    doc = "DriftReport reports what somebody changed of what a Kustomization applied, and what was done about it.",
    shortname = "drift",
    category = "flyball",
    printcolumn = r#"{"name":"Mode","type":"string","jsonPath":".status.mode"}"#,
    printcolumn = r#"{"name":"Drifted","type":"integer","jsonPath":".status.counts.drifted"}"#,
    printcolumn = r#"{"name":"Healed","type":"integer","jsonPath":".status.counts.healed"}"#,
    printcolumn = r#"{"name":"Fights","type":"integer","jsonPath":".status.counts.fights"}"#,
    printcolumn = r#"{"name":"Ignored","type":"integer","jsonPath":".status.counts.ignored"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
pub struct DriftReportSpec {}

/// What drifted, what is fought over, and which ignored fields diverge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftReportStatus {
    /// The Kustomization that is reported on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// What is done about drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "mode_schema")]
    pub mode: Option<DriftMode>,
    /// How many there are of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<DriftCounts>,
    /// Objects that drifted: what still differs first, by id, then what was healed within the last hour, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub objects: Vec<DriftedObject>,
    /// How many objects are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted: Option<i64>,
    /// Fields that are changed again as often as they are put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub fights: Vec<Fight>,
    /// Ignored fields that differ now from what the manifests say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub ignored: Vec<IgnoredField>,
}

/// What is done about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DriftMode {
    /// It is put back.
    #[default]
    Heal,
    /// It is told, and stays.
    Report,
}

/// How many there are, also of what is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DriftCounts {
    /// Objects that differ now.
    pub drifted: i64,
    /// Objects that were put back and are listed.
    pub healed: i64,
    /// Fights.
    pub fights: i64,
    /// Ignored fields that diverge.
    pub ignored: i64,
}

/// What became of a drifted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DriftState {
    /// It differs, and stays so: by the mode of the Kustomization, or until the brake lets it be put back.
    Drifted,
    /// It differs, and putting it back did not succeed yet.
    Failed,
    /// It was put back.
    Healed,
}

/// One object that drifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftedObject {
    /// Its id in the inventory.
    pub id: String,
    /// What became of it.
    #[schemars(schema_with = "state_schema")]
    pub state: DriftState,
    /// The object had been deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// What differed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub paths: Vec<FieldDrift>,
    /// How many paths are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted_paths: Option<i64>,
    /// Why it was not put back, if it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Since when it was known to differ.
    pub since: Time,
    /// When it was put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healed_at: Option<Time>,
}

/// One field that differed. Values of Secrets and of sensitive annotations are masked on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldDrift {
    /// JSON pointer of the field.
    pub path: String,
    /// The manifest's value as JSON, at most 128 characters; absent when the manifest has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// The live value as JSON, at most 128 characters; absent when the field was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// The field manager that changed it, if managedFields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// When that manager last wrote the object, if managedFields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Time>,
}

/// A field that is changed again as often as it is put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fight {
    /// The object's id in the inventory.
    pub id: String,
    /// JSON pointer of the field; of several the first.
    pub path: String,
    /// The field manager on the other side, if managedFields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// What the manifest says, as in [`FieldDrift`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// What the other side says, as in [`FieldDrift`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// Corrections within the ten minutes before the last of them.
    pub corrections: i64,
    /// Since when.
    pub since: Time,
    /// When it is put back next, while it is not: the brake holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
}

/// An ignored field that differed from what the manifest says when the object was compared last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IgnoredField {
    /// The object's id in the inventory.
    pub id: String,
    /// JSON pointer of the field.
    pub path: String,
    /// What ignores it: `spec.ignore[0]`, or a directive of the object such as `kustomize.toolkit.fluxcd.io/ssa: Merge`, with
    /// ` (live)` behind it where only the live object has it.
    pub rule: String,
    /// What the manifest says, as in [`FieldDrift`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// What is live, as in [`FieldDrift`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// The field manager that set it, if managedFields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Since when it is known to differ.
    pub since: Time,
}

fn mode_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "enum": ["Heal", "Report"]})
}

fn state_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "enum": ["Drifted", "Failed", "Healed"]})
}
