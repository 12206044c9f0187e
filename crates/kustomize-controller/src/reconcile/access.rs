//! Finds the cluster that a Kustomization's objects are in: reads the kubeconfig that its spec names, or the address and
//! the account (contracts/kustomize-controller.md 19). As the controller itself, and from its own namespace alone.
//!
//! Nothing is asked while the watch says that what was read last is still there. What is found is `clusters`' to keep, and
//! what becomes of a Kustomization that moves is `reconcile`'s.

use crate::clusters::Read;
use crate::context::Context;
use crate::fault::{Fault, FaultKind};
use crate::names;
use crate::references::{Access, Reference, ReferenceKind, Version, references_of};
use crate::target::Place;
use crate::watched_target::WatchedTarget;
use api::kustomization::KustomizationSpec;
use cluster::{Allow, Issued, KubeconfigError, RemoteConfig};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use kube::Api;
use reconcile_core::ObjectKey;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where Kubernetes puts a pod's own token.
const OWN_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Why the cluster is not known.
#[derive(Debug)]
pub(crate) struct Lost {
    /// In Flux's words.
    pub(crate) text: String,
    /// The kubeconfig is not there, or none: what was reached with an earlier one is not to be reached any more. Else it
    /// could not be read just now.
    pub(crate) certain: bool,
}

impl Lost {
    fn certainly(text: impl Into<String>) -> Self {
        Self { text: text.into(), certain: true }
    }

    fn perhaps(text: impl Into<String>) -> Self {
        Self { text: text.into(), certain: false }
    }

    /// As the end of a run (contract 5.15).
    pub(crate) fn fault(&self) -> Fault {
        Fault::new(FaultKind::Client, self.text.clone())
            .event(format!("failed to build kube client: {}", self.text))
    }
}

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
    if let Some(Read { version, digest }) = ctx.clusters.read(&access)
        && ctx.references.are(&[(access.reference.clone(), version)].into())
        && let Some(target) = ctx.clusters.get(digest, user.as_ref())
    {
        return Ok(target);
    }
    let place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
    let (version, found) = match access.reference.kind {
        ReferenceKind::Secret => of_secret(ctx, &access).await?,
        ReferenceKind::ConfigMap => of_config_map(ctx, &access).await?,
    };
    drop(place);
    ctx.references.read(key, &[(access.reference.clone(), version.clone())].into());
    let (version, config, digest) = found.map(|(config, digest)| (version, config, digest))?;
    let read = Read { version, digest };
    ctx.clusters
        .learn(&access, user.as_ref(), read, config)
        .map_err(|error| Lost::certainly(error.message().to_owned()))
}

/// Which version was read, and what came of it: also one that cannot be used is not read again before it changes.
type Answer = (Version, Result<(RemoteConfig, [u8; 32]), Lost>);

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
    Ok((version, read))
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
    Ok((version, of_data(ctx, namespace, &data).await))
}

/// Provider `generic`: an account of the own cluster, which the other one trusts.
async fn of_data(
    ctx: &Context,
    namespace: &str,
    data: &BTreeMap<String, String>,
) -> Result<(RemoteConfig, [u8; 32]), Lost> {
    let text = |key: &str| data.get(key).map(String::as_str).unwrap_or_default();
    let provider = text("provider");
    if provider != "generic" {
        let provider = manifest::foreign::line(provider, 64);
        return Err(Lost::certainly(format!("provider '{provider}' not implemented")));
    }
    let address = text("address");
    let audiences = audiences(text("audiences"), address);
    let no_token = |text: String| format!("failed to get access token for cluster: {text}");
    let account = Some(text("serviceAccountName")).filter(|name| !name.is_empty());
    let default = Some(ctx.options.kubeconfig_account()).filter(|name| !name.is_empty());
    let (issued, who) = match account.or(default) {
        Some(name) => of_account(ctx, namespace, name, account.is_none(), audiences).await,
        None => of_own_account(ctx, audiences).await,
    }
    .map_err(|lost| Lost { text: no_token(lost.text), ..lost })?;
    RemoteConfig::with_issued(address, data.get("ca.crt").map(String::as_str), issued, &who)
        .map_err(|error| Lost::certainly(error.to_string()))
}

/// For whom tokens are; the server itself where nothing else is said.
fn audiences(listed: &str, address: &str) -> Vec<String> {
    let split = listed.split(|c: char| c == ',' || c.is_whitespace());
    let mut audiences: Vec<String> = split.filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
    if audiences.is_empty() && !address.is_empty() {
        audiences.push(address.to_owned());
    }
    audiences
}

async fn of_account(
    ctx: &Context,
    namespace: &str,
    name: &str,
    by_default: bool,
    audiences: Vec<String>,
) -> Result<(Issued, String), Lost> {
    let failed = |text: &str| format!("failed to get service account '{namespace}/{name}': {text}");
    let missing = || match by_default {
        true => Lost::certainly(failed(
            "the specified default service account does not exist in the object namespace. your cluster is subject to \
             multi-tenant workload identity lockdown, reach out to your cluster administrator for help",
        )),
        false => Lost::certainly(failed(&format!("ServiceAccount \"{name}\" not found"))),
    };
    if !names::is_segment(name) {
        return Err(missing());
    }
    let api: Api<ServiceAccount> = Api::namespaced(ctx.client.clone(), namespace);
    let found = api.get_opt(name).await.map_err(cluster::Error::from);
    let Some(found) = found.map_err(|error| Lost::perhaps(failed(error.message())))? else {
        // It may be made at any moment, and nobody says so.
        return Err(Lost { certain: false, ..missing() });
    };
    if !ctx.options.object_identity {
        return Err(Lost::certainly("ObjectLevelWorkloadIdentity feature gate is not enabled"));
    }
    let uid = found.metadata.uid.unwrap_or_default();
    let who = format!("{namespace}/{name}/{uid}\n{}", audiences.join("\n"));
    let issued = Issued::new(ctx.client.clone(), namespace, name, audiences);
    let failed = |error: cluster::Error| {
        let text = error.message();
        Lost::perhaps(format!(
            "failed to create kubernetes token for service account '{namespace}/{name}': {text}"
        ))
    };
    issued.issue().await.map_err(failed)?;
    Ok((issued, who))
}

/// The controller's own account, as its token names it.
async fn of_own_account(ctx: &Context, audiences: Vec<String>) -> Result<(Issued, String), Lost> {
    let failed = |text: String| {
        Lost::perhaps(format!("failed to create provider access token for the controller: {text}"))
    };
    let token = tokio::fs::read_to_string(OWN_TOKEN).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        };
        failed(format!("failed to read service account token file {OWN_TOKEN}: open {OWN_TOKEN}: {why}"))
    })?;
    let subject = subject(&token).ok_or_else(|| {
        failed("failed to get subject from service account token: token is malformed".to_owned())
    })?;
    let [namespace, name] = account_of(&subject).ok_or_else(|| {
        let subject = manifest::foreign::line(&subject, 256);
        failed(format!("invalid subject format in service account token: {subject}"))
    })?;
    let issued = Issued::new(ctx.client.clone(), namespace, name, audiences.clone());
    issued.issue().await.map_err(|error| {
        let text = error.message();
        failed(format!(
            "failed to create kubernetes token for controller service account '{namespace}/{name}': {text}"
        ))
    })?;
    let who = format!("controller\n{namespace}/{name}\n{}", audiences.join("\n"));
    Ok((issued, who))
}

/// `sub` of a token, which is the API server's own and is not verified here.
fn subject(token: &str) -> Option<String> {
    use base64::Engine as _;
    let payload = token.trim().split('.').nth(1)?;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

/// `system:serviceaccount:<namespace>:<name>`.
fn account_of(subject: &str) -> Option<[&str; 2]> {
    match subject.split(':').collect::<Vec<_>>().as_slice() {
        ["system", "serviceaccount", namespace, name] => Some([namespace, name]),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
