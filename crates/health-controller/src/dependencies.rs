//! Follows `dependsOn` from a Kustomization that waits down to the one that everything waits for. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::condition::{READY, TRUE};
use api::kustomization::Kustomization;
use health::wording;
use reconcile_core::{ObjectKey, condition};

/// Longest chain that is followed.
const DEEPEST: usize = 10;

/// The Kustomizations that one depends on.
pub(crate) fn of(object: &Kustomization) -> impl Iterator<Item = ObjectKey> + '_ {
    let own = object.metadata.namespace.clone().unwrap_or_default();
    object.spec.depends_on.iter().map(move |dependency| {
        ObjectKey::new(dependency.namespace.clone().unwrap_or_else(|| own.clone()), dependency.name.clone())
    })
}

/// One line per link, from the dependency that is not ready to the root cause; empty when all are ready.
pub(crate) fn chain(
    object: &Kustomization,
    get: impl Fn(&ObjectKey) -> Option<Arc<Kustomization>>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut passed = BTreeSet::from([ObjectKey::of(&object.metadata)]);
    let mut next = first_not_ready(object, &get);
    while let Some((key, found)) = next {
        let Some(found) = found else {
            lines.push(format!("Kustomization/{key} does not exist"));
            break;
        };
        lines.push(match ready(&found) {
            Some(ready) => format!("Kustomization/{key}: {}: {}", ready.0, wording::quoted(ready.1)),
            None => format!("Kustomization/{key} has not been reconciled yet"),
        });
        if !passed.insert(key.clone()) {
            lines.push(format!("Kustomization/{key} depends on itself in a circle"));
            break;
        }
        if lines.len() >= DEEPEST {
            break;
        }
        next = first_not_ready(&found, &get);
    }
    lines
}

type Link = (ObjectKey, Option<Arc<Kustomization>>);

fn first_not_ready(
    object: &Kustomization,
    get: &impl Fn(&ObjectKey) -> Option<Arc<Kustomization>>,
) -> Option<Link> {
    of(object).map(|key| (get(&key), key)).find_map(|(found, key)| {
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
