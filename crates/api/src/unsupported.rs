//! Which fields of Flux's kinds are not implemented yet (decisions 5.1): an object that uses one is
//! stalled with reason `UnsupportedField`, never half obeyed. What a controller does then is its own matter.

use crate::bucket::BucketSpec;
use crate::git_repository::GitRepositorySpec;
use crate::kustomization::{DeletionPolicy, KustomizationSpec};
use crate::meta::SourceKind;
use crate::oci_repository::OCIRepositorySpec;

/// The first field of a Kustomization that is in use and not supported.
pub fn kustomization(spec: &KustomizationSpec) -> Option<String> {
    let ready_expr = spec.depends_on.iter().position(|dependency| dependency.ready_expr.is_some());
    if let Some(index) = ready_expr {
        return Some(format!("spec.dependsOn[{index}].readyExpr"));
    }
    first(&[
        (spec.source_ref.kind == SourceKind::Unrecognised, "spec.sourceRef.kind"),
        (spec.deletion_policy == Some(DeletionPolicy::Unrecognised), "spec.deletionPolicy"),
        (spec.post_build.is_some(), "spec.postBuild"),
        (spec.decryption.is_some(), "spec.decryption"),
        (spec.kube_config.is_some(), "spec.kubeConfig"),
        (!spec.health_check_exprs.is_empty(), "spec.healthCheckExprs"),
        (!spec.ignore.is_empty(), "spec.ignore"),
    ])
}

/// The first field of a GitRepository that is in use and not supported.
pub fn git_repository(spec: &GitRepositorySpec) -> Option<String> {
    first(&[
        (spec.url.starts_with("ssh://"), "spec.url"),
        (
            spec.provider.as_deref().is_some_and(|provider| !provider.is_empty() && provider != "generic"),
            "spec.provider",
        ),
        (spec.service_account_name.is_some(), "spec.serviceAccountName"),
        (spec.verify.is_some(), "spec.verify"),
        (spec.recurse_submodules, "spec.recurseSubmodules"),
        (!spec.include.is_empty(), "spec.include"),
        (!spec.sparse_checkout.is_empty(), "spec.sparseCheckout"),
        (spec.proxy_secret_ref.is_some(), "spec.proxySecretRef"),
    ])
}

/// An OCIRepository is not supported at all; its URL is named.
pub fn oci_repository(_spec: &OCIRepositorySpec) -> Option<String> {
    Some("spec.url".to_owned())
}

/// A Bucket is not supported at all; its endpoint is named.
pub fn bucket(_spec: &BucketSpec) -> Option<String> {
    Some("spec.endpoint".to_owned())
}

fn first(fields: &[(bool, &str)]) -> Option<String> {
    fields.iter().find(|(used, _)| *used).map(|(_, path)| (*path).to_owned())
}
