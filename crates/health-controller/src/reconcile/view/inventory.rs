//! The inventory as a list of what is to be looked at, and of what cannot be. It looks at nothing itself.

use api::kustomization::Kustomization;
use convergence::{Hidden, Visibility};
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
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let entries = inventory.map_or(&[][..], |inventory| &inventory.entries);
    let remote = object.spec.kube_config.is_some();
    entries.iter().map(|entry| self::entry(&entry.id, &entry.v, remote, observe_secrets)).collect()
}

fn entry(id: &str, version: &str, remote: bool, observe_secrets: bool) -> Entry {
    let hidden = |id: ObjectId, why: Hidden| Entry { id, kind: None, visibility: Visibility::Hidden(why) };
    let Ok(id) = ObjectId::from_inventory(id) else {
        let id = ObjectId { name: id.to_owned(), kind: "Malformed".to_owned(), ..ObjectId::default() };
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
