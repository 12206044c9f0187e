//! What a Kustomization has pruned and is not gone: it carries the owner labels, is being deleted, and is no longer in the
//! inventory. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use api::blocker::BlockerCode;
use api::convergence::Blocker;
use convergence::Seen;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

use super::inventory::Entry;

#[cfg(test)]
mod tests;

/// So many are told of.
const MOST: usize = 1000;

/// Of what is being deleted that which is no longer in the inventory, in order.
pub(super) fn outside(
    deleted: Vec<(WatchedKind, ObjectKey, Arc<Seen>)>,
    entries: &[Entry],
) -> Vec<(ObjectId, Arc<Seen>)> {
    if deleted.is_empty() {
        return Vec::new();
    }
    let inside: HashSet<&ObjectId> = entries.iter().map(|entry| &entry.id).collect();
    let mut outside: Vec<(ObjectId, Arc<Seen>)> = deleted
        .into_iter()
        .map(|(kind, key, seen)| (id(&kind, &key), seen))
        .filter(|(id, _)| !inside.contains(id))
        .collect();
    outside.sort_by(|a, b| a.0.cmp(&b.0));
    // A kind that is watched in two versions shows its objects twice.
    outside.dedup_by(|a, b| a.0 == b.0);
    outside.truncate(MOST);
    outside
}

fn id(kind: &WatchedKind, key: &ObjectKey) -> ObjectId {
    ObjectId {
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        group: kind.group.clone(),
        kind: kind.kind.clone(),
    }
}

/// A kind that an earlier process saw something of leaving.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LeftKind {
    /// None where it is not known.
    pub(super) group: Option<String>,
    pub(super) kind: String,
}

/// The kinds of the objects that an earlier process saw leaving: they are in no inventory, and nobody else remembers them.
/// `own`: the Kustomization itself, which may be stuck, too.
pub(super) fn published(own: &ObjectId, blockers: &[Blocker], entries: &[Entry]) -> Vec<LeftKind> {
    let stuck: Vec<&str> = blockers
        .iter()
        .filter(|blocker| blocker.code == BlockerCode::FinalizerStuck)
        .filter_map(|blocker| blocker.object.as_deref())
        .collect();
    if stuck.is_empty() {
        return Vec::new();
    }
    let known = |object: &str| {
        let is_it = |id: &ObjectId| id.to_string() == object || id.to_inventory() == object;
        is_it(own) || entries.iter().any(|entry| is_it(&entry.id))
    };
    let mut kinds: Vec<LeftKind> =
        stuck.into_iter().filter(|object| !known(object)).filter_map(kind_of).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The kind of an id of the inventory, or of `Kind/namespace/name`.
fn kind_of(object: &str) -> Option<LeftKind> {
    if let Ok(id) = ObjectId::from_inventory(object) {
        return Some(LeftKind { group: Some(id.group), kind: id.kind });
    }
    let (kind, _) = object.split_once('/')?;
    let fits = (1..=63).contains(&kind.len()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
    fits.then(|| LeftKind { group: None, kind: kind.to_owned() })
}
