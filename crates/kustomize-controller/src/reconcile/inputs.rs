//! What a render needs beside the artifact and the spec, read when it is needed: the keys of `spec.decryption`
//! (contracts/kustomize-controller.md 9) and the variables of `spec.postBuild.substituteFrom` (10.1). As the controller
//! itself, whatever account the Kustomization has, and from its own namespace alone; but for the keys that the controller
//! has for everybody (`--sops-age-secret`).
//!
//! When that is needed, `build` decides; who hears of changes, `references`.

use crate::context::Context;
use crate::fault::{Fault, FaultKind};
use crate::references::{Reference, ReferenceKind, Version, Versions, keys_of};
use api::kustomization::KustomizationSpec;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use reconcile_core::ObjectKey;
use render::{KeyRing, Origin, Variables};
use sops::Keys;
use std::sync::Arc;
use zeroize::Zeroize as _;

/// How many bytes the values of one Kustomization may have: more than any object of Kubernetes.
const MOST: usize = 4 << 20;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) variables: Variables,
    pub(crate) keys: KeyRing,
    pub(crate) versions: Versions,
    /// What is wrong with it, where that is known: versions that are remembered have a run begin when it is mended.
    pub(crate) fault: Option<Fault>,
}

/// Reads. A place among those that fetch is taken for it, and no permit is held.
pub(crate) async fn read(ctx: &Context, key: &ObjectKey, spec: &KustomizationSpec) -> Result<Inputs, Fault> {
    let mut inputs = Inputs::default();
    let secret = keys_of(&ctx.options, &key.namespace, spec);
    let from = spec.post_build.as_ref().map_or(&[][..], |post_build| &post_build.substitute_from);
    let _place = if secret.is_some() || !from.is_empty() {
        Some(ctx.fetches.take(&Arc::from(key.namespace.as_str())).await)
    } else {
        None
    };
    if let Some((secret, own)) = secret {
        read_keys(ctx, secret, own, &mut inputs).await?;
    }
    let mut left = MOST;
    for from in from {
        let kind = match from.kind.as_str() {
            "ConfigMap" => ReferenceKind::ConfigMap,
            "Secret" => ReferenceKind::Secret,
            other => {
                let text = format!("spec.postBuild.substituteFrom: kind '{other}' is not supported");
                return Err(Fault::new(FaultKind::Build, text));
            }
        };
        let reference = Reference { kind, namespace: key.namespace.clone(), name: from.name.clone() };
        let version = read_one(ctx, &reference, &mut inputs.variables, &mut left).await?;
        if version == Version::Absent && !from.optional {
            inputs.variables.not_found(origin(kind), &from.name);
        }
        inputs.versions.insert(reference, version);
    }
    if let Some(post_build) = &spec.post_build {
        inputs.variables.add(Origin::Inline, post_build.substitute.clone());
    }
    Ok(inputs)
}

/// The keys, all of a Kustomization's own Secret, those of age of the controller's.
async fn read_keys(ctx: &Context, reference: Reference, own: bool, inputs: &mut Inputs) -> Result<(), Fault> {
    let Reference { namespace, name, .. } = &reference;
    let api: Api<Secret> = Api::namespaced(ctx.client.clone(), namespace);
    let found = api.get_opt(name).await.map_err(|error| {
        let error = cluster::Error::from(error);
        Fault::new(
            FaultKind::Build,
            format!("cannot read sops decryption Secret '{namespace}/{name}': {}", error.message()),
        )
    })?;
    let mut keys = Keys::default();
    let version = match found {
        None => {
            inputs.fault = Some(Fault::new(FaultKind::Build, format!("secrets \"{name}\" not found")));
            Version::Absent
        }
        Some(found) => {
            let data = found.data.unwrap_or_default();
            let entries = data.iter().map(|(name, value)| (name.as_str(), value.0.as_slice()));
            let scope = if own { sops::Scope::All } else { sops::Scope::AgeOnly };
            if let Err(error) = keys.import_secret(&format!("{namespace}/{name}"), entries, scope) {
                inputs.fault = Some(Fault::new(FaultKind::Build, error.to_string()));
            }
            for ByteString(mut value) in data.into_values() {
                value.zeroize();
            }
            Version::of(&found.metadata)
        }
    };
    inputs.keys = KeyRing::new(keys, ctx.options.sops.verify);
    inputs.versions.insert(reference, version);
    Ok(())
}

async fn read_one(
    ctx: &Context,
    reference: &Reference,
    variables: &mut Variables,
    left: &mut usize,
) -> Result<Version, Fault> {
    let Reference { kind, namespace, name } = reference;
    let (client, failed) = (ctx.client.clone(), |error| unreadable(reference, error));
    match kind {
        ReferenceKind::ConfigMap => {
            let api: Api<ConfigMap> = Api::namespaced(client, namespace);
            let Some(found) = api.get_opt(name).await.map_err(failed)? else { return Ok(Version::Absent) };
            let data = found.data.unwrap_or_default();
            charge(reference, data.values().map(String::len).sum(), left)?;
            variables.add(Origin::ConfigMap, data);
            Ok(Version::of(&found.metadata))
        }
        ReferenceKind::Secret => {
            let api: Api<Secret> = Api::namespaced(client, namespace);
            let Some(found) = api.get_opt(name).await.map_err(failed)? else { return Ok(Version::Absent) };
            let data = found.data.unwrap_or_default();
            charge(reference, data.values().map(|value| value.0.len()).sum(), left)?;
            variables.add(Origin::Secret, data.into_iter().map(|(name, value)| (name, value.0)));
            Ok(Version::of(&found.metadata))
        }
    }
}

/// Takes from what is left.
fn charge(reference: &Reference, bytes: usize, left: &mut usize) -> Result<(), Fault> {
    *left = left.checked_sub(bytes).ok_or_else(|| {
        let (kind, name) = (reference.kind.as_str(), &reference.name);
        let text = format!(
            "substitute from '{kind}/{name}' error: all values together are larger than {MOST} bytes"
        );
        Fault::new(FaultKind::Build, text)
    })?;
    Ok(())
}

/// The API server did not say what is there: that says nothing about the spec.
fn unreadable(reference: &Reference, error: kube::Error) -> Fault {
    let (kind, name) = (reference.kind.as_str(), &reference.name);
    let error = cluster::Error::from(error);
    Fault::new(FaultKind::Build, format!("substitute from '{kind}/{name}' error: {}", error.message()))
}

const fn origin(kind: ReferenceKind) -> Origin {
    match kind {
        ReferenceKind::ConfigMap => Origin::ConfigMap,
        ReferenceKind::Secret => Origin::Secret,
    }
}
