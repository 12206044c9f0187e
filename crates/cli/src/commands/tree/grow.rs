//! Puts trees together from what is known. Pure; circles are cut, and what is too deep is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::KUSTOMIZE_GROUP;
use api::convergence::{HealthState, SyncState};
use api::explain::ObjectExplanation;
use api::kustomization::Kustomization;
use convergence::claim::cluster_of;
use manifest::ObjectId;

use super::node::Node;
use crate::look::{Fleet, Key, Looked, inventory};
use crate::present::explanation::{is_open, why};

#[cfg(test)]
mod tests;

/// Kustomizations of one tree.
const MOST: usize = 1000;

/// An object, and the cluster that it is in, as [`cluster_of`] calls it.
pub(super) type Place = (String, ObjectId);

/// What is below objects that are no Kustomizations.
pub(super) type Below = HashMap<Place, Vec<Node>>;

/// The Kustomizations of a namespace, or of all, that no other one applies.
pub(super) fn roots(fleet: &Fleet, namespace: Option<&str>) -> Vec<Key> {
    let applied: BTreeSet<Key> = fleet
        .members()
        .flat_map(|member| {
            let own = member.key();
            children(&member.object).filter(move |key| *key != own).collect::<Vec<_>>()
        })
        .collect();
    let here = fleet.members().map(|member| member.key());
    let of_namespace = here.filter(|key| namespace.is_none_or(|namespace| key.0 == namespace));
    of_namespace.filter(|key| !applied.contains(key)).collect()
}

/// These Kustomizations, and all that they apply in turn.
pub(super) fn closure(fleet: &Fleet, roots: &[Key]) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    let mut known: BTreeSet<Key> = BTreeSet::new();
    let mut open: Vec<Key> = roots.iter().rev().cloned().collect();
    while let Some(key) = open.pop() {
        if found.len() >= MOST || !known.insert(key.clone()) {
            continue;
        }
        let Some(member) = fleet.get(&key) else { continue };
        let mut next: Vec<Key> = children(&member.object).collect();
        next.reverse();
        open.extend(next);
        found.push(key);
    }
    found
}

/// The Kustomizations that one applies. Those in another cluster are none of this one's.
fn children(object: &Kustomization) -> impl Iterator<Item = Key> {
    let is_here = object.spec.kube_config.is_none();
    let ids = inventory(object).filter(move |_| is_here).filter_map(|id| ObjectId::from_inventory(id).ok());
    ids.filter_map(|id| key_of(&id))
}

/// Namespace and name of a Kustomization.
fn key_of(id: &ObjectId) -> Option<Key> {
    let is_kustomization = id.group == KUSTOMIZE_GROUP && id.kind == "Kustomization";
    is_kustomization.then(|| (id.namespace.clone(), id.name.clone()))
}

/// The tree of a Kustomization, so many levels deep.
pub(super) fn tree(key: &Key, looked: &BTreeMap<Key, Looked>, below: &Below, depth: usize) -> Node {
    let mut path = Vec::new();
    kustomization(key, None, looked, below, depth, &mut path)
}

fn kustomization(
    key: &Key,
    as_applied: Option<&ObjectExplanation>,
    looked: &BTreeMap<Key, Looked>,
    below: &Below,
    depth: usize,
    path: &mut Vec<Key>,
) -> Node {
    let subject = format!("Kustomization/{}/{}", key.0, key.1);
    let Some(found) = looked.get(key) else {
        let mut node =
            as_applied.map_or_else(|| Node::named(subject.clone()), |object| leaf(&subject, object));
        if node.message.is_none() {
            node.message = Some("it may not be read, or is gone".to_owned());
        }
        return node;
    };
    let explanation = &found.explanation;
    let mut node = Node {
        subject,
        health: Some(health(found)),
        sync: Some(as_applied.map_or(explanation.sync.state, |object| object.sync)),
        message: (!explanation.is_converged()).then(|| explanation.verdict.summary.clone()),
        children: Vec::new(),
    };
    if path.contains(key) {
        node.message = Some("shown above".to_owned());
        return node;
    }
    let count = explanation.objects.len();
    if path.len().saturating_add(1) >= depth && count > 0 {
        node.children = vec![Node::named(format!("({count} objects, which --depth shows)"))];
        return node;
    }
    path.push(key.clone());
    let order: BTreeMap<&str, usize> =
        inventory(&found.object).enumerate().map(|(place, id)| (id, place)).collect();
    let mut objects: Vec<&ObjectExplanation> = explanation.objects.iter().collect();
    objects.sort_by_key(|object| order.get(object.id.as_str()).copied().unwrap_or(usize::MAX));
    let cluster = cluster_of(&found.object);
    for object in objects {
        let Ok(id) = ObjectId::from_inventory(&object.id) else {
            node.children.push(leaf(&object.id, object));
            continue;
        };
        let child = match key_of(&id).filter(|_| !found.is_elsewhere()) {
            // One that applies itself is not below itself.
            Some(child) if child == *key => continue,
            Some(child) => kustomization(&child, Some(object), looked, below, depth, path),
            None => {
                let leaf = leaf(&id.to_string(), object);
                let children = below.get(&(cluster.clone(), id)).cloned().unwrap_or_default();
                Node { children, ..leaf }
            }
        };
        node.children.push(child);
    }
    path.pop();
    node
}

/// How a Kustomization is, as its mark.
fn health(looked: &Looked) -> HealthState {
    let explanation = &looked.explanation;
    match explanation.verdict.status.as_str() {
        api::condition::TRUE => HealthState::Healthy,
        api::condition::UNKNOWN => HealthState::Unknown,
        _ if looked.object.spec.suspend => HealthState::Suspended,
        _ if explanation.blockers.is_empty() => HealthState::Progressing,
        _ => HealthState::Degraded,
    }
}

fn leaf(subject: &str, object: &ObjectExplanation) -> Node {
    let is_told = is_open(object) || object.sync == SyncState::NotObserved;
    Node {
        subject: subject.to_owned(),
        health: Some(object.health),
        sync: Some(object.sync),
        message: why(object).filter(|_| is_told),
        children: Vec::new(),
    }
}

/// Ids of HelmReleases and of workloads that are not well, of all that a Kustomization has.
pub(super) fn parents(looked: &Looked) -> Vec<(ObjectId, bool)> {
    let mut parents = Vec::new();
    for object in &looked.explanation.objects {
        let Ok(id) = ObjectId::from_inventory(&object.id) else { continue };
        match (id.group.as_str(), id.kind.as_str()) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => parents.push((id, true)),
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
            | ("batch", "Job" | "CronJob")
                if is_open(object) =>
            {
                parents.push((id, false));
            }
            _ => {}
        }
    }
    parents
}
