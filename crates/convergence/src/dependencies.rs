//! Follows `dependsOn` from a Kustomization that waits down to the one that everything waits for. Pure. What is said of
//! the chain is `blockers`' matter.

mod chain;

use std::collections::BTreeSet;
use std::sync::Arc;

use api::kustomization::Kustomization;
use manifest::ObjectId;

pub use chain::{Chain, Link, Standing};

/// Longest chain that is followed, and the most Kustomizations that are passed in search of a cycle.
const DEEPEST: usize = 1000;
/// Dependencies of one Kustomization that are looked at.
const WIDEST: usize = 1000;

/// How far an explanation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Of what is in another namespace nothing is shown: what the Kustomization's own Ready condition says of it is all
    /// that its namespace is to know.
    OwnNamespace,
    /// What others say in other namespaces is shown, too.
    AllNamespaces,
}

impl Reach {
    /// Whether what is in `namespace` is shown to whoever may read what is in `own`.
    #[must_use]
    pub fn includes(self, own: &str, namespace: &str) -> bool {
        self == Self::AllNamespaces || own == namespace
    }
}

/// The id of a Kustomization.
#[must_use]
pub fn id_of(object: &Kustomization) -> ObjectId {
    let metadata = &object.metadata;
    id(metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

fn id(namespace: String, name: String) -> ObjectId {
    ObjectId { namespace, name, group: api::KUSTOMIZE_GROUP.to_owned(), kind: "Kustomization".to_owned() }
}

/// The Kustomizations that one depends on.
pub fn of(object: &Kustomization) -> impl Iterator<Item = ObjectId> + '_ {
    let own = object.metadata.namespace.as_deref().unwrap_or_default();
    object.spec.depends_on.iter().take(WIDEST).map(move |dependency| {
        id(dependency.namespace.clone().unwrap_or_else(|| own.to_owned()), dependency.name.clone())
    })
}

/// Those of them that are looked at.
pub fn within(object: &Kustomization, reach: Reach) -> impl Iterator<Item = ObjectId> + '_ {
    let own = object.metadata.namespace.as_deref().unwrap_or_default();
    of(object).filter(move |dependency| reach.includes(own, &dependency.namespace))
}

/// What a Kustomization waits for, from the first dependency that is not ready to the root cause; empty when all are
/// ready. It ends where `reach` does. `get` finds a Kustomization.
#[must_use]
pub fn chain(
    object: &Kustomization,
    reach: Reach,
    get: impl Fn(&ObjectId) -> Option<Arc<Kustomization>>,
) -> Chain {
    let mut links: Vec<Link> = Vec::new();
    let own = id_of(object);
    let mut next = first_not_ready(object, reach, &get);
    while let Some(link) = next {
        let again = if link.id == own { Some(0) } else { links.iter().position(|known| known.id == link.id) };
        if let Some(at) = again {
            let mut cycle: Vec<ObjectId> = links.iter().skip(at).map(|link| link.id.clone()).collect();
            if link.id == own {
                cycle.insert(0, own);
            }
            return Chain { links, cycle };
        }
        next = match &link.object {
            Some(found) if links.len() < DEEPEST => first_not_ready(found, reach, &get),
            _ => None,
        };
        links.push(link);
    }
    let cycle = if links.is_empty() { Vec::new() } else { cycle(object, reach, &get) };
    Chain { links, cycle }
}

/// The Kustomizations of a cycle that a Kustomization is part of, itself first; empty when there is none. It may lie
/// beside the first dependency that is not ready.
fn cycle(
    object: &Kustomization,
    reach: Reach,
    get: &impl Fn(&ObjectId) -> Option<Arc<Kustomization>>,
) -> Vec<ObjectId> {
    let own = id_of(object);
    let mut passed = BTreeSet::new();
    let mut road = vec![own.clone()];
    // What each place on the road depends on, as far as it was not tried yet, the first one last.
    let mut open = vec![within(object, reach).collect::<Vec<_>>()];
    open.iter_mut().for_each(|list| list.reverse());
    while let Some(untried) = open.last_mut() {
        let Some(to) = untried.pop() else {
            open.pop();
            road.pop();
            continue;
        };
        if to == own {
            return road;
        }
        if passed.len() >= DEEPEST || !passed.insert(to.clone()) {
            continue;
        }
        if let Some(found) = get(&to) {
            let mut further: Vec<ObjectId> = within(&found, reach).collect();
            further.reverse();
            open.push(further);
            road.push(to);
        }
    }
    Vec::new()
}

fn first_not_ready(
    object: &Kustomization,
    reach: Reach,
    get: &impl Fn(&ObjectId) -> Option<Arc<Kustomization>>,
) -> Option<Link> {
    within(object, reach)
        .map(|id| Link { object: get(&id), id })
        .find(|link| link.standing() != Standing::Ready)
}

#[cfg(test)]
mod tests;
