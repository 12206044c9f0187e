//! The kinds that produce artifacts, and what all of them have in common: for a consumer, and for the controller that
//! reads its own status back. How an artifact is made is source-controller's.

use crate::{Artifact, Condition, meta::SourceKind};

pub mod bucket;
pub mod external_artifact;
pub mod git_repository;
pub mod oci_repository;

#[cfg(test)]
mod tests;

/// What a consumer needs of a source, whatever its kind.
pub trait ArtifactSource {
    /// The kind.
    const KIND: SourceKind;

    /// The published artifact. It stays valid while fetching fails, so readiness does not matter.
    fn artifact(&self) -> Option<&Artifact>;
}

macro_rules! artifact_source {
    ($kind:ident, $root:ty) => {
        impl ArtifactSource for $root {
            const KIND: SourceKind = SourceKind::$kind;

            fn artifact(&self) -> Option<&Artifact> {
                self.status.as_ref()?.artifact.as_ref()
            }
        }
    };
}

artifact_source!(GitRepository, git_repository::GitRepository);
artifact_source!(OciRepository, oci_repository::OCIRepository);
artifact_source!(Bucket, bucket::Bucket);
artifact_source!(ExternalArtifact, external_artifact::ExternalArtifact);

/// What a source's status says to the controller that wrote it, whatever the kind.
pub trait SourceStatus {
    /// The generation that was last dealt with.
    fn observed_generation(&self) -> i64;

    /// Conditions of the object, those of others included.
    fn conditions(&self) -> &[Condition];

    /// The published artifact.
    fn artifact(&self) -> Option<&Artifact>;

    /// `spec.ignore` of the artifact. Empty is not the same as not set.
    fn observed_ignore(&self) -> Option<&str>;

    /// Value of the last reconcile request that was handled.
    fn last_handled_reconcile_at(&self) -> Option<&str>;

    /// JSON names of the fields that are set for settings which are not built yet ([`crate::unsupported`]): another
    /// controller wrote them, and they no longer hold once an artifact is made here.
    fn leftovers(&self) -> Vec<&'static str>;
}

macro_rules! source_status {
    ($status:ty, |$own:pat_param| [$(($is_set:expr, $field:literal)),* $(,)?]) => {
        impl SourceStatus for $status {
            fn observed_generation(&self) -> i64 {
                self.observed_generation
            }

            fn conditions(&self) -> &[Condition] {
                &self.conditions
            }

            fn artifact(&self) -> Option<&Artifact> {
                self.artifact.as_ref()
            }

            fn observed_ignore(&self) -> Option<&str> {
                self.observed_ignore.as_deref()
            }

            fn last_handled_reconcile_at(&self) -> Option<&str> {
                self.last_handled_reconcile_at.as_deref()
            }

            fn leftovers(&self) -> Vec<&'static str> {
                let $own = self;
                let fields: &[(bool, &'static str)] = &[$(($is_set, $field)),*];
                fields.iter().filter(|(is_set, _)| *is_set).map(|(_, field)| *field).collect()
            }
        }
    };
}

source_status!(git_repository::GitRepositoryStatus, |status| [
    (!status.included_artifacts.is_empty(), "includedArtifacts"),
    (status.observed_recurse_submodules, "observedRecurseSubmodules"),
    (!status.observed_include.is_empty(), "observedInclude"),
    (!status.observed_sparse_checkout.is_empty(), "observedSparseCheckout"),
    (status.source_verification_mode.is_some(), "sourceVerificationMode"),
    (status.source_verification_fingerprint.is_some(), "sourceVerificationFingerprint"),
]);
// No artifact of these kinds is made yet, so nothing is cleared.
source_status!(oci_repository::OCIRepositoryStatus, |_| []);
source_status!(bucket::BucketStatus, |_| []);
