//! Finds the cluster that a Kustomization's objects are in: reads the kubeconfig that its spec names, or who leads there
//! with tokens (`issued`; contracts/kustomize-controller.md 19). As the controller itself, and from its own namespace alone.
//!
//! Nothing is asked while the watch says that what was read last is still there, but for what a cloud said of a cluster,
//! which is asked for again now and then. What is found is `clusters`' to keep, and
//! what becomes of a Kustomization that moves is `reconcile`'s.

mod found;
mod issued;
mod lost;

use crate::clusters::Read;
use crate::context::Context;
use crate::names;
use crate::references::{Access, Reference, ReferenceKind, Version, references_of};
use crate::target::Place;
use crate::watched_target::WatchedTarget;
use api::kustomization::KustomizationSpec;
use cluster::{Allow, KubeconfigError, RemoteConfig};
use found::Found;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
pub(super) use lost::Lost;
use reconcile_core::ObjectKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a cloud's word for where a cluster is counts, and how long the old one does when it does not answer.
const TOLD: Duration = Duration::from_secs(3600);
const POSTPONED: Duration = Duration::from_secs(60);

/// Finds it.
pub(crate) async fn find(
    ctx: &Context,
    key: &ObjectKey,
    spec: &KustomizationSpec,
) -> Result<Arc<WatchedTarget>, Lost> {
    let Place::Remote { access, user } = Place::of(&ctx.options, &key.namespace, spec) else {
        return Ok(Arc::clone(ctx.clusters.local()));
    };
    // Before it is read, so that no change is missed.
    ctx.references.refer(key, &references_of(&ctx.options, &key.namespace, spec));
    let known = ctx.clusters.read(&access).and_then(|Read { version, digest, again }| {
        let is_there = ctx.references.are(&[(access.reference.clone(), version.clone())].into());
        let target = ctx.clusters.get(digest, user.as_ref()).filter(|_| is_there)?;
        Some((target, version, again.is_some_and(|again| again <= Instant::now())))
    });
    let known = match known {
        Some((target, _, false)) => return Ok(target),
        known => known.map(|(target, version, _)| (target, version)),
    };
    let place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
    let (version, found) = match access.reference.kind {
        ReferenceKind::Secret => of_secret(ctx, &access).await?,
        ReferenceKind::ConfigMap => of_config_map(ctx, &access).await?,
    };
    drop(place);
    ctx.references.read(key, &[(access.reference.clone(), version.clone())].into());
    let Found { config, digest, is_told } = match (found, known) {
        // A cloud that is away for a while takes nothing away.
        (Err(lost), Some((target, known))) if !lost.certain && known == version => {
            ctx.clusters.postpone(&access, Instant::now() + POSTPONED);
            return Ok(target);
        }
        (found, _) => found?,
    };
    let read = Read { version, digest, again: is_told.then(|| Instant::now() + TOLD) };
    ctx.clusters
        .learn(&access, user.as_ref(), read, config)
        .map_err(|error| Lost::certainly(error.message().to_owned()))
}

/// Which version was read, and what came of it: also one that cannot be used is not read again before it changes.
type Answer = (Version, Result<Found, Lost>);

async fn of_secret(ctx: &Context, access: &Access) -> Result<Answer, Lost> {
    let Access { reference: Reference { namespace, name, .. }, key } = access;
    let unread = |text: &str| format!("unable to read KubeConfig secret '{namespace}/{name}' error: {text}");
    let absent = || Lost::certainly(unread(&format!("secrets \"{name}\" not found")));
    if !names::is_segment(name) {
        return Err(absent());
    }
    let api: Api<Secret> = Api::namespaced(ctx.client.clone(), namespace);
    let found = api.get_opt(name).await.map_err(cluster::Error::from);
    let Some(secret) = found.map_err(|error| Lost::perhaps(unread(error.message())))? else {
        return Ok((Version::Absent, Err(absent())));
    };
    let version = Version::of(&secret.metadata);
    let data = secret.data.unwrap_or_default();
    let wanted = key.as_deref();
    let content = match wanted {
        Some(key) => data.get(key),
        None => data.get("value").or_else(|| data.get("value.yaml")),
    };
    let Some(content) = content else {
        let key = wanted.unwrap_or("value");
        let text = format!(
            "KubeConfig secret '{namespace}/{name}' does not contain a '{key}' key with a kubeconfig"
        );
        return Ok((version, Err(Lost::certainly(text))));
    };
    let allow = Allow { insecure_tls: ctx.options.insecure_kubeconfig_tls };
    let read = RemoteConfig::of_kubeconfig(&content.0, allow).map_err(|error| match error {
        KubeconfigError::Invalid(text) => {
            Lost::certainly(format!("invalid KubeConfig in secret '{namespace}/{name}': {text}"))
        }
        KubeconfigError::Unusable(text) => Lost::certainly(text),
    });
    Ok((version, read.map(Found::here)))
}

async fn of_config_map(ctx: &Context, access: &Access) -> Result<Answer, Lost> {
    let Reference { namespace, name, .. } = &access.reference;
    let unread = |text: &str| format!("failed to get configmap {namespace}/{name}: {text}");
    let absent = || Lost::certainly(unread(&format!("configmaps \"{name}\" not found")));
    if !names::is_segment(name) {
        return Err(absent());
    }
    let api: Api<ConfigMap> = Api::namespaced(ctx.client.clone(), namespace);
    let found = api.get_opt(name).await.map_err(cluster::Error::from);
    let Some(config_map) = found.map_err(|error| Lost::perhaps(unread(error.message())))? else {
        return Ok((Version::Absent, Err(absent())));
    };
    let version = Version::of(&config_map.metadata);
    let data = config_map.data.unwrap_or_default();
    Ok((version, issued::of_data(ctx, namespace, &data).await))
}

#[cfg(test)]
mod tests;
