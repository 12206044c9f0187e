//! Condition types and reasons: the only place where these strings exist. How conditions are set, ordered and
//! stamped is reconcile-core's work; here they are only read.

use schemars::{Schema, SchemaGenerator, json_schema};

pub mod reason;

/// The condition of Kubernetes' `meta/v1`, which all kinds here use.
pub type Condition = k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Summary of an object (contracts/source-controller.md 13).
pub const READY: &str = "Ready";
/// Working or retrying; present only while True.
pub const RECONCILING: &str = "Reconciling";
/// Nothing will happen until something changes; present only while True.
pub const STALLED: &str = "Stalled";
/// Result of a Kustomization's health checks (contracts/kustomize-controller.md 20).
pub const HEALTHY: &str = "Healthy";
/// Disk or archive errors of a source.
pub const STORAGE_OPERATION_FAILED: &str = "StorageOperationFailed";
/// Upstream or authentication errors of a source.
pub const FETCH_FAILED: &str = "FetchFailed";
/// A GitRepository's include is missing.
pub const INCLUDE_UNAVAILABLE: &str = "IncludeUnavailable";
/// A chart cannot be built.
pub const BUILD_FAILED: &str = "BuildFailed";
/// A new upstream revision was seen and is not stored yet.
pub const ARTIFACT_OUTDATED: &str = "ArtifactOutdated";
/// The artifact is stored and matches its upstream.
pub const ARTIFACT_IN_STORAGE: &str = "ArtifactInStorage";
/// Result of the verification of a source.
pub const SOURCE_VERIFIED: &str = "SourceVerified";
/// Whether a Kustomization's objects are what Git says and well (`Convergence`).
pub const CONVERGED: &str = "Converged";

/// `status` of a condition that holds.
pub const TRUE: &str = "True";
/// `status` of a condition that does not hold.
pub const FALSE: &str = "False";
/// `status` of a condition that is not known yet.
pub const UNKNOWN: &str = "Unknown";

/// The condition of this type.
#[must_use]
pub fn get<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Schema of a list of conditions as Flux's CRDs declare it: an atomic list with `meta/v1`'s validations.
pub(crate) fn list_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "description": "One aspect of the object's current state.",
            "required": ["lastTransitionTime", "message", "reason", "status", "type"],
            "properties": {
                "lastTransitionTime": {
                    "type": "string", "format": "date-time",
                    "description": "When status, reason or message last changed.",
                },
                "message": {
                    "type": "string", "maxLength": 32768,
                    "description": "Details for people. May be empty.",
                },
                "observedGeneration": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "The generation that the condition was set for.",
                },
                "reason": {
                    "type": "string", "minLength": 1, "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
                    "description": "Why the condition has this status, as one word for programs.",
                },
                "status": {
                    "type": "string", "enum": ["True", "False", "Unknown"],
                    "description": "Whether the condition holds.",
                },
                "type": {
                    "type": "string", "maxLength": 316,
                    "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
                    "description": "Which aspect: CamelCase, or foo.example.com/CamelCase.",
                },
            },
        },
    })
}

#[cfg(test)]
mod tests;
