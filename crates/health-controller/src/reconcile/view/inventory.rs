//! The inventory as a list of what is to be looked at, and of what cannot be. It looks at nothing itself, and trusts
//! nothing: whoever may write the status of a Kustomization may write anything there.

use std::collections::HashSet;

use api::kustomization::Kustomization;
use convergence::{Hidden, Visibility};
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

/// Objects of one inventory that are looked at: more than fit into an object of Kubernetes, as kustomize-controller
/// writes them.
const MAX_OBJECTS: usize = 20_000;
/// Kinds of one inventory that are looked at, each of which costs a watch.
const MAX_KINDS: usize = 500;
/// Characters shown of an entry that cannot be read.
const SHOWN: usize = 100;

/// One object of the inventory.
pub(super) struct Entry {
    pub(super) id: ObjectId,
    /// What to watch; `None` when it is hidden from the start.
    pub(super) kind: Option<WatchedKind>,
    pub(super) visibility: Visibility,
}

/// All of a Kustomization's inventory, in its order. What a watch can show is absent until one shows it.
pub(super) fn entries(object: &Kustomization, observe_secrets: bool) -> Vec<Entry> {
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let entries = inventory.map_or(&[][..], |inventory| &inventory.entries);
    let remote = object.spec.kube_config.is_some();
    let mut entries: Vec<Entry> =
        entries.iter().map(|entry| self::entry(&entry.id, &entry.v, remote, observe_secrets)).collect();
    bound(&mut entries, MAX_OBJECTS, MAX_KINDS);
    entries
}

/// Looks at so many objects of so many kinds only.
fn bound(entries: &mut [Entry], max_objects: usize, max_kinds: usize) {
    let mut kinds = HashSet::new();
    for (number, entry) in entries.iter_mut().enumerate() {
        let Some(kind) = &entry.kind else { continue };
        let fits = number < max_objects && (kinds.contains(kind) || kinds.len() < max_kinds);
        if fits {
            kinds.insert(kind.clone());
        } else {
            entry.kind = None;
            entry.visibility = Visibility::Hidden(Hidden::Excess);
        }
    }
}

fn entry(id: &str, version: &str, remote: bool, observe_secrets: bool) -> Entry {
    let hidden = |id: ObjectId, why: Hidden| Entry { id, kind: None, visibility: Visibility::Hidden(why) };
    let read = ObjectId::from_inventory(id).ok().filter(|id| is_plausible(id) && is_label(version, false));
    let Some(id) = read else {
        let name = id.chars().take(SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect();
        let id = ObjectId { name, kind: "Malformed".to_owned(), ..ObjectId::default() };
        return hidden(id, Hidden::Malformed);
    };
    if remote {
        return hidden(id, Hidden::Remote);
    }
    if id.group.is_empty() && id.kind == "Secret" && !observe_secrets {
        return hidden(id, Hidden::Secret);
    }
    let kind = WatchedKind::gvk(&id.group, version, &id.kind);
    Entry { id, kind: Some(kind), visibility: Visibility::Absent }
}

/// Whether Kubernetes could have an object of this id: what cannot be part of a path is never asked for.
fn is_plausible(id: &ObjectId) -> bool {
    let fits_path = |name: &str| {
        !matches!(name, "" | "." | "..")
            && !name.contains(['/', '%', '?', '#'])
            && !name.contains(char::is_control)
    };
    let is_domain = |text: &str| text.len() <= 253 && text.split('.').all(|label| is_label(label, false));
    fits_path(&id.name)
        && id.name.len() <= 253
        && (id.namespace.is_empty() || is_label(&id.namespace, false))
        && (id.group.is_empty() || is_domain(&id.group))
        && is_label(&id.kind, true)
}

/// Letters, digits and dashes, as in namespaces, versions and (with capitals) kinds.
fn is_label(text: &str, capitals: bool) -> bool {
    let fits = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (capitals && c.is_ascii_uppercase())
    };
    (1..=63).contains(&text.len()) && text.chars().all(fits)
}

/// What watches can show of it.
pub(super) fn watched(entries: &[Entry]) -> Vec<(WatchedKind, ObjectKey)> {
    entries.iter().filter_map(|entry| Some((entry.kind.clone()?, key_of(&entry.id)))).collect()
}

/// Namespace and name.
pub(super) fn key_of(id: &ObjectId) -> ObjectKey {
    ObjectKey::new(id.namespace.clone(), id.name.clone())
}

#[cfg(test)]
mod tests;
