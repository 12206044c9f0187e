//! Which kinds stay watched for a Kustomization: those of its inventory, and those that have left it while something of
//! theirs is being deleted, or may still be. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use reconcile_core::watch_pool::WatchedKind;

#[cfg(test)]
mod tests;

/// Group, version, kind.
pub(super) type KindName = (String, String, String);

/// For how long a kind stays watched after it has left the inventory, or the last of it is gone: word of a deletion and of
/// the inventory without the object come by two watches, in any order.
pub(super) const LINGER: Duration = Duration::from_secs(60);

/// The name of a kind.
pub(super) fn name(kind: &WatchedKind) -> KindName {
    (kind.group.clone(), kind.version.clone(), kind.kind.clone())
}

/// Which of the kinds that are held stay so, and when one of them may be given up. `left`: those that are not in the
/// inventory, and since when.
pub(super) fn kept<'a>(
    held: impl Iterator<Item = &'a KindName>,
    inventory: &BTreeSet<KindName>,
    leaving: &BTreeSet<KindName>,
    left: &mut BTreeMap<KindName, Instant>,
    now: Instant,
) -> (BTreeSet<KindName>, Option<Duration>) {
    let (mut kept, mut times, mut soonest) = (BTreeSet::new(), BTreeMap::new(), None::<Duration>);
    for name in held {
        if inventory.contains(name) {
            kept.insert(name.clone());
            continue;
        }
        let since = if leaving.contains(name) { now } else { left.get(name).copied().unwrap_or(now) };
        let rest = LINGER.saturating_sub(now.saturating_duration_since(since));
        if rest.is_zero() {
            continue;
        }
        kept.insert(name.clone());
        times.insert(name.clone(), since);
        // While something is leaving, its end wakes; nothing else is waited for.
        if !leaving.contains(name) {
            soonest = Some(soonest.map_or(rest, |other| other.min(rest)));
        }
    }
    *left = times;
    (kept, soonest)
}
