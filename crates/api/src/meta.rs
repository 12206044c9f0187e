//! References to other objects, as Flux's kinds write them.
//! References of one kind only stand beside that kind.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `observedGeneration` of an object that no controller has seen yet (contracts/source-controller.md 1).
pub const NEVER_OBSERVED: i64 = -1;

/// The name of an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct LocalObjectReference {
    /// Name of the referent.
    pub name: String,
}

/// A key of a Secret in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretKeyReference {
    /// Name of the Secret.
    pub name: String,
    /// Key in the Secret; `value` or `value.yaml` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// An object by kind and name, perhaps in another namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespacedObjectKindReference {
    /// API version of the referent; for a health check `apps/v1` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the referent.
    pub kind: String,
    /// Name of the referent.
    pub name: String,
    /// Namespace of the referent. A health check without one looks for a cluster-scoped object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// The kinds of source that a Kustomization may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SourceKind {
    /// `OCIRepository`
    #[serde(rename = "OCIRepository")]
    OciRepository,
    /// `GitRepository`
    GitRepository,
    /// `Bucket`
    Bucket,
    /// `ExternalArtifact`
    ExternalArtifact,
    /// A kind that a newer schema allows; never written, and reported as unsupported.
    #[serde(other, skip_serializing)]
    Unrecognised,
}

impl SourceKind {
    /// The kind as Kubernetes spells it; empty for [`SourceKind::Unrecognised`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OciRepository => "OCIRepository",
            Self::GitRepository => "GitRepository",
            Self::Bucket => "Bucket",
            Self::ExternalArtifact => "ExternalArtifact",
            Self::Unrecognised => "",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a boolean need not be written.
pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}

/// The default of `observedGeneration`.
pub(crate) const fn never_observed() -> i64 {
    NEVER_OBSERVED
}
