//! What kustomize-controller reports of drift, as it was last seen. Flux's kustomize-controller reports none, and the kind
//! may be installed later: that it is not there is no fault.

use std::collections::HashMap;
use std::sync::Arc;

use api::drift_report::DriftReportStatus;
use api::kustomization::Kustomization;
use kube::core::GroupVersionKind;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::{Body, Options, PoolEvent, Seen, WatchedKind};
use serde_json::Value;
use tokio::sync::watch;

use crate::wakes::Touched;

#[cfg(test)]
mod tests;

/// A report, and the uid of the Kustomization that it is about.
struct Report {
    owner: Option<String>,
    status: Arc<DriftReportStatus>,
}

#[derive(Default)]
struct Known {
    reports: HashMap<ObjectKey, Report>,
}

/// All reports. Clones share.
#[derive(Clone, Default)]
pub(crate) struct DriftReports {
    known: Arc<Mutex<Known>>,
    settled: Arc<watch::Sender<bool>>,
}

impl DriftReports {
    /// The kind that is watched.
    pub(crate) fn kind() -> WatchedKind {
        GroupVersionKind::gvk(api::FLYBALL_GROUP, api::FLYBALL_VERSION, "DriftReport")
    }

    /// How the pool behind this is to watch.
    pub(crate) fn options(namespace: Option<String>) -> Options {
        // Which ignored fields diverge stands in no explanation.
        let keep = |_: &WatchedKind, body: &mut Value| {
            if let Some(status) = body.get_mut("status").and_then(Value::as_object_mut) {
                status.remove("ignored");
            }
        };
        Options { namespace, body: Body::Full(Arc::new(keep)), optional: true, ..Options::default() }
    }

    /// Takes in what the pool says; what that concerns, if anything.
    pub(crate) fn take(&self, event: PoolEvent) -> Option<Touched> {
        let mut known = self.known.lock();
        let key = match event {
            PoolEvent::Applied(seen) => known.put(*seen)?,
            PoolEvent::Deleted { gone, .. } => known.reports.remove(&gone.key).map(|_| gone.key)?,
            PoolEvent::Synced(_) => {
                self.settled.send_replace(true);
                return None;
            }
            PoolEvent::Failed { error, .. } => {
                self.settled.send_replace(true);
                let gone = matches!(
                    error.classify(),
                    cluster::Class::Forbidden | cluster::Class::Unauthorized | cluster::Class::NotFound
                );
                let lost = if gone { std::mem::take(&mut known.reports) } else { HashMap::new() };
                let keys: Vec<ObjectKey> = lost.into_keys().collect();
                return (!keys.is_empty()).then_some(Touched::Kustomizations(keys));
            }
            PoolEvent::Stopped(_) => return None,
        };
        Some(Touched::Kustomizations(vec![key]))
    }

    /// Whether as much is known as can be.
    pub(crate) fn is_settled(&self) -> bool {
        *self.settled.borrow()
    }

    /// Waits until it is.
    pub(crate) async fn settled(&self) {
        let mut settled = self.settled.subscribe();
        // There is no error while this is borrowed.
        drop(settled.wait_for(|settled| *settled).await);
    }

    /// The report on a Kustomization; not one on an earlier Kustomization of its name.
    pub(crate) fn of(&self, key: &ObjectKey, object: &Kustomization) -> Option<Arc<DriftReportStatus>> {
        let known = self.known.lock();
        let report = known.reports.get(key)?;
        let is_theirs = report.owner.is_none() || report.owner == object.metadata.uid;
        is_theirs.then(|| Arc::clone(&report.status))
    }
}

impl Known {
    /// Whose report it is, if it says something else than before.
    fn put(&mut self, seen: Seen) -> Option<ObjectKey> {
        let key = seen.key();
        let owners = seen.metadata.owner_references.unwrap_or_default();
        let owner = owners.into_iter().find(|owner| owner.kind == "Kustomization").map(|owner| owner.uid);
        let status =
            seen.body.get("status").cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let Ok(status) = serde_json::from_value::<DriftReportStatus>(status) else {
            // Of a newer version, perhaps. What cannot be read says nothing.
            tracing::debug!(namespace = %key.namespace, name = %key.name, "a DriftReport cannot be read");
            return self.reports.remove(&key).map(|_| key);
        };
        let same = |known: &Report| known.owner == owner && *known.status == status;
        if self.reports.get(&key).is_some_and(same) {
            return None;
        }
        self.reports.insert(key.clone(), Report { owner, status: Arc::new(status) });
        Some(key)
    }
}
