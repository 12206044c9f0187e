//! Which fields of Flux's kinds are not implemented yet (decisions 5.1): an object that uses one is
//! stalled with reason `UnsupportedField`, never half obeyed. What a controller does then is its own matter.

use std::fmt;

use crate::bucket::BucketSpec;
use crate::git_repository::GitRepositorySpec;
use crate::helm_chart::HelmChartSpec;
use crate::kustomization::{DeletionPolicy, KustomizationSpec};
use crate::meta::SourceKind;
use crate::oci_repository::OCIRepositorySpec;

/// One field that is not implemented.
pub struct Field<S> {
    /// Its path as documents write it: `spec.dependsOn[].readyExpr`.
    pub path: &'static str,
    /// Which values of it are not supported; empty for all.
    pub values: &'static str,
    used: fn(&S) -> bool,
}

impl<S> fmt::Debug for Field<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

const fn all<S>(path: &'static str, used: fn(&S) -> bool) -> Field<S> {
    Field { path, values: "", used }
}

const fn some<S>(path: &'static str, values: &'static str, used: fn(&S) -> bool) -> Field<S> {
    Field { path, values, used }
}

/// Those of a Kustomization.
pub const KUSTOMIZATION: &[Field<KustomizationSpec>] = &[
    some("spec.sourceRef.kind", "kinds of newer versions", |spec| {
        spec.source_ref.kind == SourceKind::Unrecognised
    }),
    some("spec.deletionPolicy", "policies of newer versions", |spec| {
        spec.deletion_policy == Some(DeletionPolicy::Unrecognised)
    }),
];

/// Those of a GitRepository.
pub const GIT_REPOSITORY: &[Field<GitRepositorySpec>] = &[
    some("spec.provider", "`aws` and `azure`", |spec| {
        matches!(spec.provider.as_deref(), Some("aws" | "azure"))
    }),
    all("spec.serviceAccountName", |spec| spec.service_account_name.is_some()),
];

/// Those of an OCIRepository.
pub const OCI_REPOSITORY: &[Field<OCIRepositorySpec>] = &[
    some("spec.provider", "all but `generic`", |spec| {
        spec.provider.as_deref().is_some_and(|provider| !provider.is_empty() && provider != "generic")
    }),
    some("spec.verify.provider", "`notation`", |spec| {
        spec.verify.as_ref().is_some_and(|verify| verify.provider != "cosign")
    }),
    some("spec.verify.secretRef", "its absence: `cosign` without keys", |spec| {
        spec.verify.as_ref().is_some_and(|verify| verify.secret_ref.is_none())
    }),
];

/// A Bucket is not supported at all; its endpoint is named.
pub const BUCKET: &[Field<BucketSpec>] = &[all("spec.endpoint", |_| true)];

/// Those of a HelmChart.
pub const HELM_CHART: &[Field<HelmChartSpec>] = &[all("spec.verify", |spec| spec.verify.is_some())];

/// The first field of a Kustomization that is in use and not supported.
pub fn kustomization(spec: &KustomizationSpec) -> Option<String> {
    first(KUSTOMIZATION, spec)
}

/// The first field of a GitRepository that is in use and not supported.
pub fn git_repository(spec: &GitRepositorySpec) -> Option<String> {
    first(GIT_REPOSITORY, spec)
}

/// The first field of an OCIRepository that is in use and not supported.
pub fn oci_repository(spec: &OCIRepositorySpec) -> Option<String> {
    first(OCI_REPOSITORY, spec)
}

/// The field of a Bucket to name.
pub fn bucket(spec: &BucketSpec) -> Option<String> {
    first(BUCKET, spec)
}

/// The first field of a HelmChart that is in use and not supported.
pub fn helm_chart(spec: &HelmChartSpec) -> Option<String> {
    first(HELM_CHART, spec)
}

fn first<S>(fields: &[Field<S>], spec: &S) -> Option<String> {
    fields.iter().find(|field| (field.used)(spec)).map(|field| field.path.to_owned())
}
