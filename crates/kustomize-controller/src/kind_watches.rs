//! Which kinds each Kustomization needs watched in one target, and whether their watches are up to date. The pools watch;
//! `claims` hears what they say.

use crate::departure;
use manifest::Gvk;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::{Interest, WatchPool, WatchedKind};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::watch;

/// Group, version, kind.
type Watched = BTreeMap<(String, String, String), Interest>;

/// The pools that share one sink.
pub(crate) struct Pools {
    /// Metadata only: nearly all kinds.
    pub(crate) metadata: WatchPool,
    /// Bodies too, cut down: kinds that end by design.
    pub(crate) whole: WatchPool,
}

impl Pools {
    fn of(&self, group: &str, kind: &str) -> &WatchPool {
        if departure::is_watched_whole(group, kind) { &self.whole } else { &self.metadata }
    }
}

/// See the module.
pub(crate) struct KindWatches {
    /// `None` when the drift watch is off.
    pools: Option<Pools>,
    users: Mutex<HashMap<ObjectKey, Watched>>,
    /// Moves whenever a watch becomes up to date or fails.
    news: watch::Receiver<u64>,
}

impl KindWatches {
    /// `news` is moved by the pools' sink.
    pub(crate) fn new(pools: Option<Pools>, news: watch::Receiver<u64>) -> Self {
        Self { pools, users: Mutex::default(), news }
    }

    /// Keeps these kinds watched for a Kustomization, beside those that it has.
    pub(crate) fn use_by(&self, key: &ObjectKey, kinds: impl Iterator<Item = Gvk>) {
        let Some(pools) = &self.pools else { return };
        let mut users = self.users.lock();
        let interests = users.entry(key.clone()).or_default();
        for Gvk { group, version, kind } in kinds {
            interests.entry((group, version, kind)).or_insert_with_key(|(group, version, kind)| {
                let watched =
                    WatchedKind { group: group.clone(), version: version.clone(), kind: kind.clone() };
                pools.of(group, kind).acquire(&watched)
            });
        }
    }

    /// Gives up the kinds that a Kustomization has no object of any more.
    pub(crate) fn keep_only(&self, key: &ObjectKey, wanted: impl Fn(&str, &str) -> bool) {
        if let Some(interests) = self.users.lock().get_mut(key) {
            interests.retain(|(group, _, kind), _| wanted(group, kind));
        }
    }

    /// Gives up all kinds of a Kustomization.
    pub(crate) fn release(&self, key: &ObjectKey) {
        drop(self.users.lock().remove(key));
    }

    /// Tries watches that fail again now.
    pub(crate) fn retry(&self) {
        let pools = self.pools.iter().flat_map(|pools| [&pools.metadata, &pools.whole]);
        for pool in pools {
            pool.kinds().iter().for_each(|kind| pool.retry(kind));
        }
    }

    /// Whether drift of all of a Kustomization's kinds is seen when it happens.
    pub(crate) fn are_synced(&self, key: &ObjectKey) -> bool {
        let Some(pools) = &self.pools else { return false };
        let users = self.users.lock();
        users.get(key).is_none_or(|interests| {
            interests.values().all(|interest| {
                let kind = interest.kind();
                pools.of(&kind.group, &kind.kind).is_synced(kind)
            })
        })
    }

    /// Waits until they are; false when that takes too long.
    pub(crate) async fn await_synced(&self, key: &ObjectKey, patience: Duration) -> bool {
        let mut news = self.news.clone();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            news.mark_unchanged();
            if self.are_synced(key) {
                return true;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return false },
                () = tokio::time::sleep_until(deadline) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests;
