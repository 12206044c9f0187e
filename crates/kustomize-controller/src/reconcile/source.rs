//! The source's artifact (contracts/kustomize-controller.md 5.7, 5.8): from the index that a watch fills, and from the API
//! server where the index has no such source.
//!
//! That the index lacks it proves nothing: the watch of Kustomizations may be ahead of that of sources, at the start above
//! all, and a source that is called missing for a moment is a Ready condition that flickers.

use crate::context::Context;
use crate::fault::{Fault, FaultKind};
use api::bucket::Bucket;
use api::external_artifact::ExternalArtifact;
use api::git_repository::GitRepository;
use api::kustomization::Kustomization;
use api::meta::SourceKind;
use api::oci_repository::OCIRepository;
use api::{Artifact, ArtifactSource};
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource};
use reconcile_core::ObjectKey;
use reconcile_core::watch::Guarded;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::time::Duration;

/// How long the first list of sources is waited for, before one is asked for by itself.
const LIST: Duration = Duration::from_secs(2);

/// Finds the artifact, or says why there is none. A source that the watch does not know is asked for.
pub(crate) async fn source(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
) -> Result<Artifact, Fault> {
    let reference = &object.spec.source_ref;
    let mut known = known_source(ctx, key, object);
    let is_missing = matches!(&known, Err(fault) if fault.kind == FaultKind::SourceMissing);
    if is_missing && ctx.sources.await_listed(reference.kind, LIST).await {
        known = known_source(ctx, key, object);
    }
    match known {
        Err(fault) if fault.kind == FaultKind::SourceMissing => {
            let namespace = reference.namespace_or(&key.namespace);
            match read(ctx, reference.kind, namespace, &reference.name).await? {
                None => Err(fault),
                Some(artifact) => artifact.ok_or_else(|| no_artifact(ctx)),
            }
        }
        known => known,
    }
}

/// The same by the index alone.
pub(crate) fn known_source(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
) -> Result<Artifact, Fault> {
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
        Some(None) => Err(no_artifact(ctx)),
        Some(Some(artifact)) => Ok(artifact),
    }
}

fn no_artifact(ctx: &Context) -> Fault {
    let requeue = api::Duration::from(ctx.options.requeue_dependency);
    Fault::new(FaultKind::ArtifactMissing, format!("Source artifact not found, retrying in {requeue}"))
}

/// A source and its artifact as the API server has them now.
async fn read(
    ctx: &Context,
    kind: SourceKind,
    namespace: &str,
    name: &str,
) -> Result<Option<Option<Artifact>>, Fault> {
    match kind {
        SourceKind::GitRepository => read_as::<GitRepository>(ctx, namespace, name).await,
        SourceKind::OciRepository => read_as::<OCIRepository>(ctx, namespace, name).await,
        SourceKind::Bucket => read_as::<Bucket>(ctx, namespace, name).await,
        SourceKind::ExternalArtifact => read_as::<ExternalArtifact>(ctx, namespace, name).await,
        SourceKind::Unrecognised => Ok(None),
    }
}

async fn read_as<S>(ctx: &Context, namespace: &str, name: &str) -> Result<Option<Option<Artifact>>, Fault>
where
    S: ArtifactSource + Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    S: Clone + Debug + DeserializeOwned,
{
    let api: Api<Guarded<S>> = Api::namespaced(ctx.client.clone(), namespace);
    match api.get_opt(name).await {
        Ok(found) => Ok(found.map(|found| found.0.ok().and_then(|source| source.artifact().cloned()))),
        Err(error) => {
            let error = cluster::Error::from(error);
            let message = format!("unable to get source '{namespace}/{name}': {}", error.message());
            Err(Fault::new(FaultKind::SourceUnread, message))
        }
    }
}

#[cfg(test)]
mod tests;
