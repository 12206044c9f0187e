//! What assessments share: the stores behind the watches, and who is to be woken by what.

use std::sync::Arc;

use api::convergence::Convergence;
use api::kustomization::Kustomization;
use jiff::Timestamp;
use reconcile_core::index::Index;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::{PoolEvent, WatchPool, WatchedKind};
use reconcile_core::{ObjectKey, Store};
use tokio::sync::mpsc::UnboundedSender;

use crate::args::Options;
use crate::observed::{Observed, Touched};
use crate::pods::PodWatches;
use crate::source_watches::Sources;

/// Shared by all assessments.
pub(crate) struct Context {
    pub(crate) process: Process,
    pub(crate) options: Options,
    pub(crate) kustomizations: Store<Kustomization>,
    pub(crate) convergences: Store<Convergence>,
    pub(crate) observed: Observed,
    pub(crate) objects: WatchPool,
    pub(crate) sources: Sources,
    pub(crate) source_pool: WatchPool,
    pub(crate) pods: PodWatches,
    pub(crate) by_object: Arc<Index<(WatchedKind, ObjectKey), ObjectKey>>,
    pub(crate) by_kind: Arc<Index<WatchedKind, ObjectKey>>,
    pub(crate) by_source: Arc<Index<(WatchedKind, ObjectKey), ObjectKey>>,
    pub(crate) by_dependency: Index<ObjectKey, ObjectKey>,
}

impl Context {
    /// Watches nothing yet. `wake` takes the Kustomizations that something happened to.
    pub(crate) fn new(process: Process, options: Options, wake: &UnboundedSender<ObjectKey>) -> Self {
        let observed = Observed::default();
        let by_object = Arc::new(Index::<(WatchedKind, ObjectKey), ObjectKey>::new());
        let by_kind = Arc::new(Index::<WatchedKind, ObjectKey>::new());
        let by_source = Arc::new(Index::<(WatchedKind, ObjectKey), ObjectKey>::new());
        let sources = Sources::default();
        Self {
            objects: Self::objects(&process, &observed, &by_object, &by_kind, wake),
            source_pool: Self::source_pool(&process, &sources, &by_source, wake),
            pods: PodWatches::new(process.clone(), wake.clone()),
            process,
            options,
            kustomizations: Store::new(),
            convergences: Store::new(),
            observed,
            sources,
            by_object,
            by_kind,
            by_source,
            by_dependency: Index::new(),
        }
    }

    fn objects(
        process: &Process,
        observed: &Observed,
        by_object: &Arc<Index<(WatchedKind, ObjectKey), ObjectKey>>,
        by_kind: &Arc<Index<WatchedKind, ObjectKey>>,
        wake: &UnboundedSender<ObjectKey>,
    ) -> WatchPool {
        let (observed, by_object, by_kind) = (observed.clone(), Arc::clone(by_object), Arc::clone(by_kind));
        let wake = wake.clone();
        let sink = move |event| {
            let keys = match observed.take(event, Timestamp::now()) {
                Touched::Object(kind, key) => by_object.dependants(&(kind, key)),
                Touched::Kind(kind) => by_kind.dependants(&kind),
                Touched::Nothing => return,
            };
            for key in keys {
                // Nobody listens any more when the process ends.
                let _ended = wake.send(key);
            }
        };
        pool(process, Observed::options(), sink)
    }

    fn source_pool(
        process: &Process,
        sources: &Sources,
        by_source: &Arc<Index<(WatchedKind, ObjectKey), ObjectKey>>,
        wake: &UnboundedSender<ObjectKey>,
    ) -> WatchPool {
        let (sources, by_source, wake) = (sources.clone(), Arc::clone(by_source), wake.clone());
        let sink = move |event| {
            let keys = match sources.take(event) {
                Some((kind, Some(key))) => by_source.dependants(&(kind, key)),
                Some((kind, None)) => by_source.dependants(&(kind, every())),
                None => return,
            };
            for key in keys {
                let _ended = wake.send(key);
            }
        };
        pool(process, Sources::options(process.args.watch_namespace.clone()), sink)
    }

    /// Forgets a Kustomization that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.by_object.remove(key);
        self.by_kind.remove(key);
        self.by_source.remove(key);
        self.by_dependency.remove(key);
        self.pods.subscribe(key, []);
        self.process.metrics.forget("Convergence", key);
    }
}

/// Stands for all sources of a kind in `by_source`.
pub(crate) fn every() -> ObjectKey {
    ObjectKey::new("", "")
}

fn pool(
    process: &Process,
    options: reconcile_core::watch_pool::Options,
    sink: impl Fn(PoolEvent) + Send + Sync + 'static,
) -> WatchPool {
    WatchPool::new(
        process.client.clone(),
        process.mapper.clone(),
        options,
        Some(Arc::clone(&process.metrics)),
        process.stop.clone(),
        sink,
    )
}
