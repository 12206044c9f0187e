//! What of the cluster a GitRepository's artifact depends on besides its spec: artifacts that are included, and the keys
//! of trusted authors (contracts/source-controller.md 6.1, 6.4 and 6.5). Read on every run.

use std::sync::Arc;

use api::Artifact;
use api::condition::{INCLUDE_UNAVAILABLE, reason};
use api::git_repository::{GitRepository, GitRepositorySpec};
use kube::Api;
use serde_json::{Map, Value, json};

use crate::access::secrets;
use crate::fault::Fault;
use crate::git::Spec;
use crate::git::archive::Include;
use crate::reconcile::run::Run;
use crate::reconcile::source::Surroundings;
use crate::status::VERIFIED_MODE;
use crate::status::{Status, VERIFIED_BY};
use crate::verify::Policy;
use crate::verify::signature::{Keys, Mode, Trust};

#[cfg(test)]
mod tests;

const INCLUDED: &str = "includedArtifacts";
/// Flux's reasons for an include that is missing; it has no constants for them either.
const NOT_FOUND: &str = "NotFound";
const NO_ARTIFACT: &str = "NoArtifact";

/// Reads all of it, and completes what Git is asked with what is included.
pub(super) async fn read(run: &mut Run<GitRepository>, spec: &mut Spec) -> Result<Surroundings, Fault> {
    let object = Arc::clone(&run.object);
    let artifacts = artifacts(run, &object.spec).await?;
    spec.includes = includes(run, &object.spec, &artifacts)?;
    let observed = observed(&object.spec, &artifacts);
    if !same_artifacts(&observed, &run.status.observed) {
        let news = "included artifacts differ from last observed includes";
        run.status.news(reason::INCLUDE_CHANGE, news, run.generation);
    }
    let policy = policy(run, &object.spec).await;
    let is_current = is_current(&observed, &policy, &run.status);
    Ok(Surroundings { policy, observed, is_current })
}

/// The artifacts of `spec.include`, in its order.
async fn artifacts(run: &Run<GitRepository>, spec: &GitRepositorySpec) -> Result<Vec<Artifact>, Fault> {
    let api: Api<GitRepository> = Api::namespaced(run.ctx.client.clone(), &run.key.namespace);
    let mut found = Vec::with_capacity(spec.include.len());
    for include in &spec.include {
        let name = &include.repository.name;
        let waiting = |reason, message| Fault::waiting(INCLUDE_UNAVAILABLE, reason, message);
        let object = api.get(name).await.map_err(cluster::Error::from).map_err(|error| {
            // Flux asks its cache, which has words of its own.
            let cause = match error.classify() {
                cluster::Class::NotFound => {
                    format!("GitRepository.source.toolkit.fluxcd.io \"{name}\" not found")
                }
                _ => error.message().to_owned(),
            };
            waiting(NOT_FOUND, format!("could not get resource for include '{name}': {cause}"))
        })?;
        let artifact = object.status.and_then(|status| status.artifact);
        found
            .push(artifact.ok_or_else(|| {
                waiting(NO_ARTIFACT, format!("no artifact available for include '{name}'"))
            })?);
    }
    Ok(found)
}

/// Where they are on our disk.
fn includes(
    run: &Run<GitRepository>,
    spec: &GitRepositorySpec,
    artifacts: &[Artifact],
) -> Result<Vec<Include>, Fault> {
    let include = |(include, artifact): (&api::git_repository::GitRepositoryInclude, &Artifact)| {
        let file = run.ctx.storage.locate(&artifact.path);
        let name = include.repository.name.clone();
        Ok(Include {
            from: include.from_path.clone().unwrap_or_default(),
            to: include.to_path.clone().filter(|to| !to.is_empty()).unwrap_or_else(|| name.clone()),
            name,
            file: file.map_err(|error| Fault::storage(reason::INVALID_PATH, error.to_string()))?,
            digest: artifact.digest.clone(),
        })
    };
    spec.include.iter().zip(artifacts).map(include).collect()
}

/// What the status is to say of it; what is empty is not said.
fn observed(spec: &GitRepositorySpec, artifacts: &[Artifact]) -> Map<String, Value> {
    let mut all = Map::new();
    if spec.recurse_submodules {
        all.insert("observedRecurseSubmodules".to_owned(), json!(true));
    }
    if !spec.include.is_empty() {
        all.insert("observedInclude".to_owned(), json!(spec.include));
        all.insert(INCLUDED.to_owned(), json!(artifacts));
    }
    if !spec.sparse_checkout.is_empty() {
        all.insert("observedSparseCheckout".to_owned(), json!(spec.sparse_checkout));
    }
    all
}

/// Whether the included artifacts have the same revisions and digests.
fn same_artifacts(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let identities = |all: &Map<String, Value>| -> Vec<(Value, Value)> {
        let list = all.get(INCLUDED).and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().map(|one| (one["revision"].clone(), one["digest"].clone())).collect()
    };
    identities(one) == identities(other)
}

/// Whether what is stored was made so, and verified as is wanted now.
fn is_current(wanted: &Map<String, Value>, policy: &Policy, status: &Status) -> bool {
    let settings = |all: &Map<String, Value>| {
        let mut all = all.clone();
        all.retain(|field, _| ![INCLUDED, VERIFIED_MODE, VERIFIED_BY].contains(&field.as_str()));
        all
    };
    let text = |field: &str| status.observed.get(field).and_then(Value::as_str);
    let is_verified = match policy {
        Policy::None => true,
        // Nobody attests Git's content.
        Policy::Unknown(_) | Policy::Signed => false,
        Policy::Git(trust) => {
            !trust.mode.asks_more_than(text(VERIFIED_MODE))
                && text(VERIFIED_BY) == Some(trust.keys.fingerprint().as_str())
        }
    };
    is_verified && settings(wanted) == settings(&status.observed) && same_artifacts(wanted, &status.observed)
}

/// What must be signed, and by whom.
async fn policy(run: &Run<GitRepository>, spec: &GitRepositorySpec) -> Policy {
    let Some(verify) = &spec.verify else { return Policy::None };
    match secrets::data(&run.ctx.client, &run.key.namespace, &verify.secret_ref.name).await {
        Ok(data) => {
            let (mode, keys) = (Mode::of(verify.mode.as_deref()), Keys::of(&data));
            Policy::Git(Arc::new(Trust { mode, keys }))
        }
        Err(error) => Policy::Unknown(error.message().to_owned()),
    }
}
