//! Follows `dependsOn` from a Kustomization that waits down to the one that everything waits for. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::condition::{self, READY, TRUE};
use api::kustomization::Kustomization;
use health::wording;
use manifest::ObjectId;

/// Longest chain that is followed.
const DEEPEST: usize = 10;
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

/// One line per link, from the dependency that is not ready to the root cause; empty when all are ready. It ends where
/// `reach` does.
#[must_use]
pub fn chain(
    object: &Kustomization,
    reach: Reach,
    get: impl Fn(&ObjectId) -> Option<Arc<Kustomization>>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut passed = BTreeSet::from([id_of(object)]);
    let mut next = first_not_ready(object, reach, &get);
    while let Some((key, found)) = next {
        let shown = wording::word(&key.to_string());
        let Some(found) = found else {
            lines.push(format!("{shown} does not exist"));
            break;
        };
        lines.push(match ready(&found) {
            Some(ready) => format!("{shown}: {}: {}", wording::word(ready.0), wording::quoted(ready.1)),
            None => format!("{shown} has not been reconciled yet"),
        });
        if !passed.insert(key.clone()) {
            lines.push(format!("{shown} is in a dependency cycle"));
            break;
        }
        if lines.len() >= DEEPEST {
            break;
        }
        next = first_not_ready(&found, reach, &get);
    }
    lines
}

type Link = (ObjectId, Option<Arc<Kustomization>>);

fn first_not_ready(
    object: &Kustomization,
    reach: Reach,
    get: &impl Fn(&ObjectId) -> Option<Arc<Kustomization>>,
) -> Option<Link> {
    within(object, reach).map(|key| (get(&key), key)).find_map(|(found, key)| {
        let well = found.as_ref().is_some_and(|found| {
            let conditions = found.status.as_ref().map_or(&[][..], |status| &status.conditions);
            condition::get(conditions, READY).is_some_and(|ready| ready.status == TRUE)
        });
        (!well).then_some((key, found))
    })
}

fn ready(object: &Kustomization) -> Option<(&str, &str)> {
    let ready = condition::get(&object.status.as_ref()?.conditions, READY)?;
    Some((ready.reason.as_str(), ready.message.as_str()))
}

#[cfg(test)]
mod tests;
