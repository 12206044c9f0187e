//! Which fields of Flux's kinds are not implemented yet (decisions 5.1): an object that uses one is
//! stalled with reason `UnsupportedField`, never half obeyed. What a controller does then is its own matter.

use std::fmt;

use crate::bucket::BucketSpec;
use crate::git_repository::GitRepositorySpec;
use crate::helm_chart::HelmChartSpec;
use crate::kustomization::{DeletionPolicy, KustomizationSpec};
use crate::meta::SourceKind;
use crate::oci_repository::OCIRepositorySpec;
use crate::receiver::ReceiverSpec;

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

/// Whether a provider is named that is not known.
fn is_other(provider: Option<&str>, known: &[&str]) -> bool {
    provider.is_some_and(|provider| !known.contains(&provider))
}

fn is_verified_otherwise(provider: Option<&str>) -> bool {
    is_other(provider, &["cosign", "notation"])
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
pub const GIT_REPOSITORY: &[Field<GitRepositorySpec>] =
    &[some("spec.provider", "providers of newer versions", |spec| {
        is_other(spec.provider.as_deref(), &["", "generic", "github", "aws", "azure"])
    })];

/// Those of an OCIRepository.
pub const OCI_REPOSITORY: &[Field<OCIRepositorySpec>] = &[
    some("spec.provider", "providers of newer versions", |spec| {
        is_other(spec.provider.as_deref(), &["", "generic", "aws", "azure", "gcp"])
    }),
    some("spec.verify.provider", "providers of newer versions", |spec| {
        is_verified_otherwise(spec.verify.as_ref().map(|verify| verify.provider.as_str()))
    }),
];

/// Those of a Bucket.
pub const BUCKET: &[Field<BucketSpec>] = &[some("spec.provider", "providers of newer versions", |spec| {
    is_other(spec.provider.as_deref(), &["", "generic", "aws", "gcp", "azure"])
})];

/// Those of a HelmChart.
pub const HELM_CHART: &[Field<HelmChartSpec>] =
    &[some("spec.verify.provider", "providers of newer versions", |spec| {
        is_verified_otherwise(spec.verify.as_ref().map(|verify| verify.provider.as_str()))
    })];

/// Those of a Receiver.
pub const RECEIVER: &[Field<ReceiverSpec>] = &[
    some("spec.type", "`generic-oidc`", |spec| spec.type_ == "generic-oidc"),
    all("spec.oidcProviders", |spec| !spec.oidc_providers.is_empty()),
];

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

/// The first field of a Bucket that is in use and not supported.
pub fn bucket(spec: &BucketSpec) -> Option<String> {
    first(BUCKET, spec)
}

/// The first field of a HelmChart that is in use and not supported.
pub fn helm_chart(spec: &HelmChartSpec) -> Option<String> {
    first(HELM_CHART, spec)
}

/// The first field of a Receiver that is in use and not supported.
pub fn receiver(spec: &ReceiverSpec) -> Option<String> {
    first(RECEIVER, spec)
}

fn first<S>(fields: &[Field<S>], spec: &S) -> Option<String> {
    fields.iter().find(|field| (field.used)(spec)).map(|field| field.path.to_owned())
}
