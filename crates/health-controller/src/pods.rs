//! Pods in the namespaces where a workload is not well, for as long as it is not.
//!
//! Pods carry no owner label and change more than anything else in a cluster, so they are not watched for their own
//! sake. A namespace's watch begins when a workload in it is not Current and ends when all are: it costs the API
//! server nothing while all is well, and one watch per troubled namespace otherwise. Listing instead would miss what
//! happens later, because a Deployment's status does not move when its Pods go from one fault to another.

use std::collections::HashMap;
use std::sync::Arc;

use health::Rules;
use health::prune::pruned_by;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::{Body, Interest, Options, PoolEvent, WatchPool, WatchedKind};
use serde_json::Value;

use crate::observed::joined;
use crate::pool::pool;
use crate::wakes::{Touched, Wakes};

/// What is known of the Pods of one namespace.
#[derive(Default)]
struct Known {
    pods: HashMap<ObjectKey, Arc<Value>>,
    /// The first list is complete, or cannot be had.
    settled: bool,
}

impl Known {
    /// Takes in an event; true when somebody wants to know. Before the first list is complete nobody does.
    fn take(&mut self, event: PoolEvent, rules: &Rules) -> bool {
        match event {
            PoolEvent::Applied(seen) => {
                let key = seen.key();
                let pod = Arc::new(joined(&seen.kind, seen.metadata, seen.body, rules));
                self.pods.insert(key, pod);
                self.settled
            }
            PoolEvent::Deleted { gone, .. } => self.pods.remove(&gone.key).is_some() && self.settled,
            PoolEvent::Synced(_) | PoolEvent::Failed { .. } => {
                self.settled = true;
                true
            }
            PoolEvent::Stopped(_) => {
                *self = Self::default();
                false
            }
        }
    }
}

struct Namespace {
    pool: WatchPool,
    known: Arc<Mutex<Known>>,
}

/// All namespaces that are, or were, watched.
pub(crate) struct PodWatches {
    process: Process,
    rules: &'static Rules,
    namespaces: Mutex<HashMap<String, Namespace>>,
    wakes: Arc<Wakes>,
}

impl PodWatches {
    pub(crate) fn new(process: Process, rules: &'static Rules, wakes: Arc<Wakes>) -> Self {
        Self { process, rules, namespaces: Mutex::default(), wakes }
    }

    /// Keeps a namespace's Pods watched.
    pub(crate) fn acquire(&self, namespace: &str) -> Interest {
        let mut namespaces = self.namespaces.lock();
        let watched = namespaces.entry(namespace.to_owned()).or_insert_with(|| self.watch(namespace));
        watched.pool.acquire(&WatchedKind::gvk("", "v1", "Pod"))
    }

    fn watch(&self, namespace: &str) -> Namespace {
        let (rules, known) = (self.rules, Arc::<Mutex<Known>>::default());
        let (seen, woken) = (Arc::clone(&known), Arc::clone(&self.wakes));
        let touched = Touched::Pods(namespace.to_owned());
        let pool = pool(&self.process, options(namespace, rules), move |event| {
            let news = seen.lock().take(event, rules);
            if news {
                woken.wake_for(&touched);
            }
        });
        Namespace { pool, known }
    }

    /// Whether as much is known of a namespace's Pods as can be.
    pub(crate) fn is_settled(&self, namespace: &str) -> bool {
        self.namespaces.lock().get(namespace).is_some_and(|watched| watched.known.lock().settled)
    }

    /// The Pods of a namespace, as far as they are known.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Arc<Value>> {
        let namespaces = self.namespaces.lock();
        let Some(watched) = namespaces.get(namespace) else { return Vec::new() };
        watched.known.lock().pods.values().cloned().collect()
    }
}

fn options(namespace: &str, rules: &'static Rules) -> Options {
    let keep = move |kind: &WatchedKind, body: &mut Value| {
        *body = pruned_by(std::mem::take(body), rules.of(&kind.group, &kind.kind));
    };
    Options { namespace: Some(namespace.to_owned()), body: Body::Full(Arc::new(keep)), ..Options::default() }
}

#[cfg(test)]
mod tests;
