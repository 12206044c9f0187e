//! The inventory as a list of what is to be watched. It looks at nothing itself; what of an inventory can be looked at
//! at all is the crate `convergence`'s to say.

use api::kustomization::Kustomization;
use convergence::{Listed, Sight, Visibility, listed};
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

/// One object of the inventory.
pub(super) struct Entry {
    pub(super) id: ObjectId,
    /// What to watch; `None` when it is hidden from the start.
    pub(super) kind: Option<WatchedKind>,
    pub(super) visibility: Visibility,
}

/// All of a Kustomization's inventory, in its order. What a watch can show is absent until one shows it.
pub(super) fn entries(object: &Kustomization, observe_secrets: bool) -> Vec<Entry> {
    let sight = Sight { is_elsewhere: object.spec.kube_config.is_some(), secrets: observe_secrets };
    listed(object, sight).into_iter().map(entry).collect()
}

fn entry(listed: Listed) -> Entry {
    let Listed { id, version, visibility } = listed;
    let kind = version.map(|version| WatchedKind::gvk(&id.group, &version, &id.kind));
    Entry { id, kind, visibility }
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
