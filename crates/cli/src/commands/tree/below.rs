//! What is below objects that are no Kustomizations: what a HelmRelease has installed, as far as it says so, and the Pods
//! of workloads that are not well, as far as they are not well themselves.

use std::collections::{BTreeMap, BTreeSet};

use api::convergence::HealthState;
use convergence::claim::cluster_of;
use health::wording;
use kube::core::{DynamicObject, ObjectMeta};
use manifest::ObjectId;
use serde_json::Value;

use super::grow::{Below, parents};
use super::node::Node;
use crate::look::{Answer, Looked, Looker};
use crate::present::explanation::why;
use crate::resource::{Lookup, Served, Target};

/// HelmReleases that are read, and Pods that are looked at.
const RELEASES: usize = 200;
const PODS: usize = 50;
/// Objects that are shown of one HelmRelease.
const INSTALLED: usize = 500;
/// Owners between a workload and its Pods: a CronJob's Jobs are one.
const DEEPEST: usize = 3;

/// Finds it, each in the cluster that it is in.
pub(super) async fn find(looker: &Looker, looked: impl Iterator<Item = &Looked>) -> Below {
    let mut clusters: BTreeMap<String, (Option<Looker>, Vec<&Looked>)> = BTreeMap::new();
    for looked in looked {
        let there = looked.elsewhere.as_deref();
        if looked.is_elsewhere() && there.is_none() {
            continue;
        }
        let name = cluster_of(&looked.object);
        let cluster =
            clusters.entry(name).or_insert_with(|| (there.map(|there| looker.there(there)), Vec::new()));
        cluster.1.push(looked);
    }
    let mut below = Below::new();
    let mut left = Left { releases: RELEASES, pods: PODS };
    for (name, (there, looked)) in clusters {
        for (id, nodes) in find_in(there.as_ref().unwrap_or(looker), &looked, &mut left).await {
            below.entry((name.clone(), id)).or_default().extend(nodes);
        }
    }
    below
}

/// What may still be looked at.
struct Left {
    releases: usize,
    pods: usize,
}

/// Finds it in one cluster.
async fn find_in(looker: &Looker, looked: &[&Looked], left: &mut Left) -> Vec<(ObjectId, Vec<Node>)> {
    let mut below = Vec::new();
    let mut namespaces: BTreeMap<String, BTreeSet<ObjectId>> = BTreeMap::new();
    for (id, is_release) in looked.iter().flat_map(|looked| parents(looked)) {
        if !is_release {
            namespaces.entry(id.namespace.clone()).or_default().insert(id);
        } else if left.releases > 0 {
            left.releases = left.releases.saturating_sub(1);
            let installed = installed(looker, &id).await;
            below.push((id, installed));
        }
    }
    for (namespace, workloads) in namespaces {
        let found = pods(looker, &namespace, &workloads, &mut left.pods).await;
        below.extend(found.into_iter().map(|(workload, pod)| (workload, vec![pod])));
    }
    below
}

/// What a HelmRelease says that it has installed.
async fn installed(looker: &Looker, id: &ObjectId) -> Vec<Node> {
    let Lookup::Served(served) = looker.kinds().of_any_version(&id.group, &id.kind) else {
        return Vec::new();
    };
    let found = Answer::of(served.api(looker.client(), &id.namespace).get_opt(&id.name).await).found();
    let entries = found.and_then(|found| found.data.pointer("/status/inventory/entries").cloned());
    let Some(Value::Array(entries)) = entries else { return Vec::new() };
    let ids = entries.iter().filter_map(|entry| entry.get("id")?.as_str());
    ids.filter_map(|id| ObjectId::from_inventory(id).ok())
        .take(INSTALLED)
        .map(|id| Node::named(id.to_string()))
        .collect()
}

/// Pods that are not well, each with the workload that it belongs to.
async fn pods(
    looker: &Looker,
    namespace: &str,
    workloads: &BTreeSet<ObjectId>,
    left: &mut usize,
) -> Vec<(ObjectId, Node)> {
    let kinds = looker.kinds();
    let Lookup::Served(of_pods) = kinds.of("", "v1", "Pod") else { return Vec::new() };
    let between = [("apps", "ReplicaSet"), ("batch", "Job")];
    let mut owners: BTreeMap<ObjectId, ObjectMeta> = BTreeMap::new();
    for (group, kind) in between {
        if let Lookup::Served(served) = kinds.of(group, "v1", kind) {
            let found = list(looker, served, namespace).await;
            owners.extend(found.into_iter().map(|object| (id_of(served, &object.metadata), object.metadata)));
        }
    }
    let mut found = Vec::new();
    for pod in list(looker, of_pods, namespace).await {
        let chain = chain(&pod.metadata, &owners);
        let Some(workload) = chain.iter().find(|id| workloads.contains(id)).cloned() else { continue };
        if *left == 0 {
            break;
        }
        *left = left.saturating_sub(1);
        let id = id_of(of_pods, &pod.metadata);
        let target =
            Target { served: of_pods.clone(), namespace: namespace.to_owned(), name: id.name.clone() };
        let Some(alone) = looker.alone(&target, pod).await.and_then(|alone| alone.object) else { continue };
        if matches!(alone.health, HealthState::Healthy | HealthState::Suspended) {
            continue;
        }
        let mut node =
            Node { health: Some(alone.health), message: why(&alone), ..Node::named(id.to_string()) };
        // From the Pod up to what stands below the workload.
        for owner in chain.iter().take_while(|owner| **owner != workload) {
            node = Node { children: vec![node], ..Node::named(owner.to_string()) };
        }
        found.push((workload, node));
    }
    merged(found)
}

async fn list(looker: &Looker, served: &Served, namespace: &str) -> Vec<DynamicObject> {
    let objects = served.api(looker.client(), namespace);
    objects.list(&kube::api::ListParams::default()).await.map(|list| list.items).unwrap_or_default()
}

fn id_of(served: &Served, metadata: &ObjectMeta) -> ObjectId {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    served.id(&text(&metadata.namespace), &wording::word(&text(&metadata.name)))
}

/// The owners of a Pod, the nearest first.
fn chain(pod: &ObjectMeta, owners: &BTreeMap<ObjectId, ObjectMeta>) -> Vec<ObjectId> {
    let mut chain = Vec::new();
    let mut metadata = Some(pod);
    while let (Some(found), true) = (metadata, chain.len() < DEEPEST) {
        let references = found.owner_references.as_deref().unwrap_or_default();
        let Some(owner) = references.iter().find(|owner| owner.controller == Some(true)) else { break };
        let group = owner.api_version.split_once('/').map(|(group, _)| group).unwrap_or_default();
        let id = ObjectId {
            namespace: found.namespace.clone().unwrap_or_default(),
            name: owner.name.clone(),
            group: group.to_owned(),
            kind: owner.kind.clone(),
        };
        metadata = owners.get(&id);
        chain.push(id);
    }
    chain
}

/// With what stands below the same object at one place.
fn merged(found: Vec<(ObjectId, Node)>) -> Vec<(ObjectId, Node)> {
    let mut merged: Vec<(ObjectId, Node)> = Vec::new();
    for (workload, node) in found {
        let same = merged.iter_mut().find(|(of, known)| *of == workload && known.subject == node.subject);
        match same {
            Some((_, known)) => known.children.extend(node.children),
            None => merged.push((workload, node)),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
