//! Every custom resource that Flyball owns or speaks, as types with their schemas: Flux's sources and
//! Kustomization exactly as Flux ships them, and our own group.
//!
//! Nothing here talks to a cluster, reads a clock or touches a disk. Decoding is tolerant: a field this
//! crate does not know is ignored, and survives on the server because controllers only send merge patches.
//!
//! ```
//! use api::git_repository::GitRepository;
//! let object: GitRepository = serde_json::from_value(serde_json::json!({
//!     "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
//!     "metadata": {"name": "app", "namespace": "apps"},
//!     "spec": {"url": "https://example.com/app.git", "interval": "1m"},
//! })).expect("a GitRepository");
//! assert_eq!(object.spec.interval.to_string(), "1m0s");
//! ```
//!
//! Invariants: condition types and reasons stand in [`condition`] and nowhere else, label and annotation keys
//! in [`labels`]; the schemas of Flux's kinds equal Flux's own, which `tests.rs` checks against Flux's files.

pub mod artifact;
pub mod awaited;
pub mod blocker;
pub mod condition;
pub mod crd;
pub mod duration;
pub mod explain;
pub mod inventory;
pub mod kustomize;
pub mod labels;
pub mod managed_fields;
pub mod meta;
pub mod network;
pub mod notification;
pub mod policy;
pub mod refusal;
pub mod report;
pub mod source;
pub mod summary;
pub mod unsupported;

#[cfg(test)]
mod tests;

pub use artifact::Artifact;
pub use condition::Condition;
pub use crd::{all_crds, optional_crds};
pub use duration::Duration;
pub use inventory::{Inventory, InventoryEntry, Snapshot};
pub use kustomize::kustomization;
pub use notification::receiver;
pub use policy::health_rule;
pub use report::{convergence, drift_report};
pub use source::{
    ArtifactSource, ObservedChart, SourceStatus, bucket, external_artifact, git_repository, helm_chart,
    helm_repository, oci_repository,
};

/// Flux's API group of sources.
pub const SOURCE_GROUP: &str = "source.toolkit.fluxcd.io";
/// Flux's API group of Kustomizations.
pub const KUSTOMIZE_GROUP: &str = "kustomize.toolkit.fluxcd.io";
/// Flux's API group of notifications.
pub const NOTIFICATION_GROUP: &str = "notification.toolkit.fluxcd.io";
/// Our own API group.
pub const FLYBALL_GROUP: &str = "flyball.dev";
/// The only served version of Flux's groups (contracts/source-controller.md 1).
pub const FLUX_VERSION: &str = "v1";
/// The version of our own group.
pub const FLYBALL_VERSION: &str = "v1alpha1";
