//! Puts trees together from what is known. Pure; circles are cut, and what is too deep is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::KUSTOMIZE_GROUP;
use api::convergence::{HealthState, SyncState};
use api::explain::ObjectExplanation;
use manifest::ObjectId;

use super::node::Node;
use crate::look::{Fleet, Key, Looked, inventory};
use crate::present::explanation::is_open;

#[cfg(test)]
mod tests;

/// Kustomizations of one tree.
const MOST: usize = 1000;

/// What is below objects that are no Kustomizations.
pub(super) type Below = HashMap<ObjectId, Vec<Node>>;

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

fn children(object: &api::kustomization::Kustomization) -> impl Iterator<Item = Key> {
    inventory(object).filter_map(|id| ObjectId::from_inventory(id).ok()).filter_map(|id| key_of(&id))
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
    for object in objects {
        let Ok(id) = ObjectId::from_inventory(&object.id) else {
            node.children.push(leaf(&object.id, object));
            continue;
        };
        let child = match key_of(&id) {
            // One that applies itself is not below itself.
            Some(child) if child == *key => continue,
            Some(child) => kustomization(&child, Some(object), looked, below, depth, path),
            None => Node {
                children: below.get(&id).cloned().unwrap_or_default(),
                ..leaf(&id.to_string(), object)
            },
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
    let why = object.message.as_ref().or(object.reason.as_ref()).cloned();
    let is_told = is_open(object) || object.sync == SyncState::NotObserved;
    Node {
        subject: subject.to_owned(),
        health: Some(object.health),
        sync: Some(object.sync),
        message: why.filter(|why| is_told && !why.is_empty()),
        children: Vec::new(),
    }
}

/// Ids of HelmReleases and of workloads that are not well, of all that was looked at.
pub(super) fn parents<'a>(looked: impl Iterator<Item = &'a Looked>) -> Vec<(ObjectId, bool)> {
    let mut parents = Vec::new();
    for object in looked.flat_map(|looked| &looked.explanation.objects) {
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
