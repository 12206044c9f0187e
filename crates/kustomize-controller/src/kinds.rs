//! Which kinds each Kustomization needs watched, and whether their watches are up to date. The pool watches; the
//! registry hears what it says.

use manifest::Gvk;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::{Kind, Lease, WatchPool};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::watch;

/// Group, version, kind.
type Watched = BTreeMap<(String, String, String), Lease>;

/// See the module.
pub(crate) struct Kinds {
    /// `None` when the drift watch is off.
    pool: Option<WatchPool>,
    users: Mutex<HashMap<ObjectKey, Watched>>,
    /// Moves whenever a watch becomes up to date or fails.
    news: watch::Receiver<u64>,
}

impl Kinds {
    /// `news` is moved by the pool's sink.
    pub(crate) fn new(pool: Option<WatchPool>, news: watch::Receiver<u64>) -> Self {
        Self { pool, users: Mutex::default(), news }
    }

    /// Keeps these kinds watched for a Kustomization, beside those that it has.
    pub(crate) fn use_by(&self, key: &ObjectKey, kinds: impl Iterator<Item = Gvk>) {
        let Some(pool) = &self.pool else { return };
        let mut users = self.users.lock();
        let leases = users.entry(key.clone()).or_default();
        for Gvk { group, version, kind } in kinds {
            leases.entry((group, version, kind)).or_insert_with_key(|(group, version, kind)| {
                pool.acquire(&Kind { group: group.clone(), version: version.clone(), kind: kind.clone() })
            });
        }
    }

    /// Gives up the kinds that a Kustomization has no object of any more.
    pub(crate) fn keep_only(&self, key: &ObjectKey, wanted: impl Fn(&str, &str) -> bool) {
        if let Some(leases) = self.users.lock().get_mut(key) {
            leases.retain(|(group, _, kind), _| wanted(group, kind));
        }
    }

    /// Gives up all kinds of a Kustomization.
    pub(crate) fn release(&self, key: &ObjectKey) {
        drop(self.users.lock().remove(key));
    }

    /// Whether drift of all of a Kustomization's kinds is seen when it happens.
    pub(crate) fn are_synced(&self, key: &ObjectKey) -> bool {
        let Some(pool) = &self.pool else { return false };
        let users = self.users.lock();
        users.get(key).is_none_or(|leases| leases.values().all(|lease| pool.is_synced(lease.kind())))
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
