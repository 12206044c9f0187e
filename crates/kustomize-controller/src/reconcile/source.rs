//! The source's artifact, from the store (contracts/kustomize-controller.md 5.7, 5.8). No request is made.

use crate::context::Context;
use crate::fault::{Fault, FaultKind};
use api::Artifact;
use api::kustomization::Kustomization;
use api::meta::SourceKind;
use reconcile_core::ObjectKey;

/// Finds the artifact, or says why there is none.
pub(crate) fn source(ctx: &Context, key: &ObjectKey, object: &Kustomization) -> Result<Artifact, Fault> {
    let reference = &object.spec.source_ref;
    let namespace = reference.namespace_or(&key.namespace);
    if ctx.options.no_cross_namespace_refs && namespace != key.namespace {
        let subject = reference.subject(&key.namespace);
        return Err(Fault::new(
            FaultKind::AccessDenied,
            format!("can't access '{subject}', cross-namespace references have been blocked"),
        ));
    }
    if reference.kind == SourceKind::ExternalArtifact && !ctx.options.external_artifact {
        let subject = reference.subject(&key.namespace);
        return Err(Fault::new(
            FaultKind::AccessDenied,
            format!("can't access '{subject}', ExternalArtifact feature gate is disabled"),
        ));
    }
    let source_key = ObjectKey { namespace: namespace.to_owned(), name: reference.name.clone() };
    match ctx.sources.get(reference.kind, &source_key) {
        None => Err(Fault::new(
            FaultKind::SourceMissing,
            format!("{}.source.toolkit.fluxcd.io \"{}\" not found", reference.kind, reference.name),
        )),
        Some(None) => {
            let requeue = api::Duration::from(ctx.options.requeue_dependency);
            let message = format!("Source artifact not found, retrying in {requeue}");
            Err(Fault::new(FaultKind::ArtifactMissing, message))
        }
        Some(Some(artifact)) => Ok(artifact),
    }
}

#[cfg(test)]
mod tests;
