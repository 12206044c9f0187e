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
use reconcile_core::watch_pool::{Body, Kind, Lease, Options, PoolEvent, WatchPool};
use reconcile_core::{ObjectKey, index::Index};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::observed::joined;

type Pods = Arc<Mutex<HashMap<ObjectKey, Arc<Value>>>>;

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
    pub(crate) fn acquire(&self, namespace: &str) -> Lease {
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
        let lease = pool.acquire(&kind);
        namespaces.insert(namespace.to_owned(), Namespace { pool, pods });
        lease
    }

    /// The Pods of a namespace, as far as they are known.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Arc<Value>> {
        let namespaces = self.namespaces.lock();
        let Some(known) = namespaces.get(namespace) else { return Vec::new() };
        known.pods.lock().values().cloned().collect()
    }
}

fn pod_kind() -> Kind {
    Kind::gvk("", "v1", "Pod")
}

/// Takes in an event; true when it changes what is known. Before the first list is complete nothing is worth telling.
fn take(pods: &Pods, event: PoolEvent) -> bool {
    match event {
        PoolEvent::Applied(seen) => {
            let key = seen.key();
            let pod = Arc::new(joined(&seen.kind, seen.metadata, seen.body));
            pods.lock().insert(key, pod);
            true
        }
        PoolEvent::Deleted { gone, .. } => pods.lock().remove(&gone.key).is_some(),
        PoolEvent::Synced(_) => true,
        PoolEvent::Failed { .. } => false,
        PoolEvent::Stopped(_) => {
            *pods.lock() = HashMap::new();
            false
        }
    }
}
