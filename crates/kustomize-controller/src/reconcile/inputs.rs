//! What a render needs beside the artifact and the spec, read when it is needed: the variables of
//! `spec.postBuild.substituteFrom` (contracts/kustomize-controller.md 10.1). As the controller itself, whatever account
//! the Kustomization has, and from its own namespace alone.
//!
//! When that is needed, `build` decides; who hears of changes, `references`.

use crate::context::Context;
use crate::fault::{Fault, FaultKind};
use crate::references::{Reference, ReferenceKind, Version, Versions};
use api::kustomization::PostBuild;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use reconcile_core::ObjectKey;
use render::{Origin, Variables};
use std::sync::Arc;

/// How many bytes the values of one Kustomization may have: more than any object of Kubernetes.
const MOST: usize = 4 << 20;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) variables: Variables,
    pub(crate) versions: Versions,
}

/// Reads the variables. A place among those that fetch is taken for it, and no permit is held.
pub(crate) async fn read(
    ctx: &Context,
    key: &ObjectKey,
    post_build: Option<&PostBuild>,
) -> Result<Inputs, Fault> {
    let mut inputs = Inputs::default();
    let Some(post_build) = post_build else { return Ok(inputs) };
    if !post_build.substitute_from.is_empty() {
        let _place = ctx.fetches.take(&Arc::from(key.namespace.as_str())).await;
        let mut left = MOST;
        for from in &post_build.substitute_from {
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
    }
    inputs.variables.add(Origin::Inline, post_build.substitute.clone());
    Ok(inputs)
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
