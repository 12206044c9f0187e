//! What a Kustomization has applied, and the history of its runs.
//! The text form of an id is `manifest::ObjectId`'s.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Duration;

/// The objects that a Kustomization has applied.
// contracts/kustomize-controller.md 14
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// One entry per object.
    pub entries: Vec<InventoryEntry>,
}

/// One object of an inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct InventoryEntry {
    /// `<namespace>_<name>_<group>_<kind>`.
    pub id: String,
    /// Version of the API that the object was applied with.
    pub v: String,
}

/// One item of a Kustomization's history.
// contracts/kustomize-controller.md 3
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `sha256:<hex>` of the manifests as built.
    pub digest: String,
    /// When this digest first gave this status.
    pub first_reconciled: Time,
    /// When this digest last gave this status.
    pub last_reconciled: Time,
    /// How long the last run took.
    pub last_reconciled_duration: Duration,
    /// The reason of the last run's result.
    pub last_reconciled_status: String,
    /// How many runs gave this digest and status.
    pub total_reconciliations: i64,
    /// Revision and more of the last run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}
