//! The kinds that produce artifacts, and what all of them have in common: for a consumer, and for the controller that
//! reads its own status back. How an artifact is made is source-controller's.

use serde_json::{Map, Value};

use crate::{Artifact, Condition, meta::SourceKind};

pub mod bucket;
pub mod external_artifact;
pub mod git_repository;
pub mod helm_chart;
pub mod helm_repository;
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

/// What the status of a HelmChart says beside its artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObservedChart {
    /// The revision of the source that was last looked at.
    pub source_revision: Option<String>,
    /// Name of the chart in the artifact.
    pub name: Option<String>,
    /// The values files that were merged, when some may be missing.
    pub values_files: Vec<String>,
}

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

    /// The fields of this kind alone that say with what the artifact was made, as JSON; those that are not set are not
    /// there.
    fn observed(&self) -> Map<String, Value>;

    /// The link to the latest artifact.
    fn url(&self) -> Option<&str> {
        None
    }

    /// What is said of a chart beside its artifact.
    fn observed_chart(&self) -> ObservedChart {
        ObservedChart::default()
    }
}

macro_rules! source_status {
    ($status:ty, [$($field:literal),* $(,)?] $($more:item)*) => {
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

            fn observed(&self) -> Map<String, Value> {
                let own: &[&str] = &[$($field),*];
                let all = if own.is_empty() { None } else { serde_json::to_value(self).ok() };
                let Some(Value::Object(mut all)) = all else { return Map::new() };
                all.retain(|field, _| own.contains(&field.as_str()));
                all
            }

            $($more)*
        }
    };
}

source_status!(
    git_repository::GitRepositoryStatus,
    [
        "includedArtifacts",
        "observedRecurseSubmodules",
        "observedInclude",
        "observedSparseCheckout",
        "sourceVerificationMode",
        "sourceVerificationFingerprint",
    ]
);
source_status!(
    oci_repository::OCIRepositoryStatus,
    ["observedLayerSelector", "sourceVerificationFingerprint"]
    fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
);
source_status!(
    bucket::BucketStatus,
    []
    fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
);

macro_rules! helm_status {
    ($status:ty, |$own:ident| $observed:expr) => {
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
                None
            }

            fn last_handled_reconcile_at(&self) -> Option<&str> {
                self.last_handled_reconcile_at.as_deref()
            }

            fn url(&self) -> Option<&str> {
                self.url.as_deref()
            }

            fn observed_chart(&self) -> ObservedChart {
                let observed: fn(&Self) -> ObservedChart = |$own| $observed;
                observed(self)
            }

            fn observed(&self) -> Map<String, Value> {
                Map::new()
            }
        }
    };
}

helm_status!(helm_repository::HelmRepositoryStatus, |_status| ObservedChart::default());
helm_status!(helm_chart::HelmChartStatus, |status| ObservedChart {
    source_revision: status.observed_source_artifact_revision.clone(),
    name: status.observed_chart_name.clone(),
    values_files: status.observed_values_files.clone(),
});
