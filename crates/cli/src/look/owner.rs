//! Which Kustomization an object belongs to: the one that its owner labels name, else that of its owner, and so on.

use std::collections::BTreeMap;

use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Client;
use kube::core::ObjectMeta;
use manifest::{Gvk, ObjectId};

use super::answer::Answer;
use super::fleet::Key;
use crate::resource::{Kinds, Lookup, Served};

#[cfg(test)]
mod tests;

/// Owners that are followed.
const DEEPEST: usize = 8;
/// Labels of what helm-controller installs.
const RELEASE_NAME: &str = "helm.toolkit.fluxcd.io/name";
const RELEASE_NAMESPACE: &str = "helm.toolkit.fluxcd.io/namespace";
const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";

/// The way from an object up to whoever applies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ownership {
    /// The object's owners, the nearest first; the last one carries the labels.
    pub(crate) owners: Vec<ObjectId>,
    /// The Kustomization that the labels name.
    pub(crate) kustomization: Option<Key>,
}

/// Where an object says that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A Kustomization applied it.
    Kustomization(Key),
    /// A HelmRelease installed it.
    Release(Key),
    /// Another object made it.
    Object(Gvk, String),
    /// It does not say.
    Nowhere,
}

/// Follows an object's labels and owners.
pub(crate) async fn find(client: &Client, kinds: &Kinds, metadata: &ObjectMeta) -> Ownership {
    let mut ownership = Ownership::default();
    let mut metadata = metadata.clone();
    for _ in 0..DEEPEST {
        let namespace = metadata.namespace.clone().unwrap_or_default();
        let (served, namespace, name) = match step(&metadata) {
            Step::Kustomization(key) => {
                ownership.kustomization = Some(key);
                return ownership;
            }
            Step::Nowhere => return ownership,
            Step::Release((namespace, name)) => {
                (kinds.of_any_version(HELM_GROUP, "HelmRelease"), namespace, name)
            }
            Step::Object(gvk, name) => (kinds.of(&gvk.group, &gvk.version, &gvk.kind), namespace, name),
        };
        let Lookup::Served(served) = served else { return ownership };
        let id = served.id(&namespace, &name);
        if ownership.owners.contains(&id) {
            return ownership;
        }
        ownership.owners.push(id);
        let Some(found) = read(client, served, &namespace, &name).await else { return ownership };
        metadata = found;
    }
    ownership
}

async fn read(client: &Client, served: &Served, namespace: &str, name: &str) -> Option<ObjectMeta> {
    if manifest::check_segment("metadata.name", name).is_err() {
        return None;
    }
    let found = served.api(client, namespace).get_metadata_opt(name).await;
    Answer::of(found).found().map(|found| found.metadata)
}

fn step(metadata: &ObjectMeta) -> Step {
    if let Some(key) = labelled(metadata, OWNER_NAMESPACE, OWNER_NAME) {
        return Step::Kustomization(key);
    }
    if let Some(key) = labelled(metadata, RELEASE_NAMESPACE, RELEASE_NAME) {
        return Step::Release(key);
    }
    let owners = metadata.owner_references.as_deref().unwrap_or_default();
    let controls = |owner: &&OwnerReference| owner.controller == Some(true);
    match owners.iter().find(controls).or(owners.first()) {
        Some(owner) => Step::Object(Gvk::parse(&owner.api_version, &owner.kind), owner.name.clone()),
        None => Step::Nowhere,
    }
}

fn labelled(metadata: &ObjectMeta, namespace: &str, name: &str) -> Option<Key> {
    let labels: &BTreeMap<String, String> = metadata.labels.as_ref()?;
    let text = |label: &str| labels.get(label).filter(|value| !value.is_empty()).cloned();
    Some((text(namespace)?, text(name)?))
}
