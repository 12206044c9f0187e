//! Pods in the namespaces where a workload is not well, for as long as it is not.
//!
//! Pods carry no owner label and change more than anything else in a cluster, so they are not watched for their own
//! sake. A namespace's watch begins when a workload in it is not Current and ends when all are: it costs the API
//! server nothing while all is well, and one watch per troubled namespace otherwise. Listing instead would miss what
//! happens later, because a Deployment's status does not move when its Pods go from one fault to another.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::{Body, Interest, Options, PoolEvent, WatchPool, WatchedKind};
use reconcile_core::{ObjectKey, index::Index};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::observed::joined;

#[derive(Default)]
struct Known {
    pods: HashMap<ObjectKey, Arc<Value>>,
    /// The first list is complete, or cannot be had.
    settled: bool,
}

type Pods = Arc<Mutex<Known>>;

struct Namespace {
    pool: WatchPool,
    pods: Pods,
}

/// All namespaces that are, or were, watched.
pub(crate) struct PodWatches {
    process: Process,
    namespaces: Mutex<HashMap<String, Namespace>>,
    /// Who wants to know of a namespace.
    users: Arc<Index<String, ObjectKey>>,
    wake: UnboundedSender<ObjectKey>,
}

impl PodWatches {
    pub(crate) fn new(process: Process, wake: UnboundedSender<ObjectKey>) -> Self {
        Self { process, namespaces: Mutex::default(), users: Arc::new(Index::new()), wake }
    }

    /// Names the namespaces whose Pods a Kustomization wants to hear of.
    pub(crate) fn subscribe(&self, key: &ObjectKey, namespaces: impl IntoIterator<Item = String>) {
        self.users.set(key, namespaces);
    }

    /// Keeps a namespace's Pods watched.
    pub(crate) fn acquire(&self, namespace: &str) -> Interest {
        let kind = pod_kind();
        let mut namespaces = self.namespaces.lock();
        if let Some(known) = namespaces.get(namespace) {
            return known.pool.acquire(&kind);
        }
        let pods = Pods::default();
        let (store, users, wake) = (Arc::clone(&pods), Arc::clone(&self.users), self.wake.clone());
        let name = namespace.to_owned();
        let options = Options {
            namespace: Some(name.clone()),
            body: Body::Full(Arc::new(|_, body| *body = health::prune::pruned(std::mem::take(body)))),
            ..Options::default()
        };
        let pool = WatchPool::new(
            self.process.client.clone(),
            self.process.mapper.clone(),
            options,
            Some(Arc::clone(&self.process.metrics)),
            self.process.stop.clone(),
            move |event| {
                if take(&store, event) {
                    for user in users.dependants(&name) {
                        // Nobody listens any more when the process ends.
                        let _ended = wake.send(user);
                    }
                }
            },
        );
        let interest = pool.acquire(&kind);
        namespaces.insert(namespace.to_owned(), Namespace { pool, pods });
        interest
    }

    /// Whether as much is known of a namespace's Pods as can be.
    pub(crate) fn is_settled(&self, namespace: &str) -> bool {
        self.namespaces.lock().get(namespace).is_some_and(|known| known.pods.lock().settled)
    }

    /// The Pods of a namespace, as far as they are known.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Arc<Value>> {
        let namespaces = self.namespaces.lock();
        let Some(known) = namespaces.get(namespace) else { return Vec::new() };
        known.pods.lock().pods.values().cloned().collect()
    }
}

fn pod_kind() -> WatchedKind {
    WatchedKind::gvk("", "v1", "Pod")
}

/// Takes in an event; true when somebody wants to know. Before the first list is complete nobody does.
fn take(pods: &Pods, event: PoolEvent) -> bool {
    let mut known = pods.lock();
    match event {
        PoolEvent::Applied(seen) => {
            let key = seen.key();
            let pod = Arc::new(joined(&seen.kind, seen.metadata, seen.body));
            known.pods.insert(key, pod);
            known.settled
        }
        PoolEvent::Deleted { gone, .. } => known.pods.remove(&gone.key).is_some() && known.settled,
        PoolEvent::Synced(_) | PoolEvent::Failed { .. } => {
            known.settled = true;
            true
        }
        PoolEvent::Stopped(_) => {
            *known = Known::default();
            false
        }
    }
}
