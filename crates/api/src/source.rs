//! The kinds that produce artifacts, and what all of them have in common for a consumer.
//! How an artifact is made is source-controller's.

use crate::{Artifact, meta::SourceKind};

pub mod bucket;
pub mod external_artifact;
pub mod git_repository;
pub mod oci_repository;

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
