//! What is watched for assessments, and what those watches have shown: objects, sources, Pods. Every watch begins when
//! the first Kustomization needs it; who is woken by what it shows is `wakes`'.

use std::sync::Arc;

use health::Rules;
use jiff::Timestamp;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::WatchPool;

use crate::observed::Observed;
use crate::pods::PodWatches;
use crate::pool::pool;
use crate::source_watches::Sources;
use crate::wakes::Wakes;

/// Shared by all assessments.
pub(crate) struct Watches {
    /// Objects of inventories as they were last seen.
    pub(crate) observed: Observed,
    /// Keeps their kinds watched.
    pub(crate) objects: WatchPool,
    /// Sources as they were last seen.
    pub(crate) sources: Sources,
    /// Keeps their kinds watched.
    pub(crate) source_pool: WatchPool,
    /// Pods, and what keeps their namespaces watched.
    pub(crate) pods: PodWatches,
}

impl Watches {
    /// Watches nothing yet.
    pub(crate) fn new(process: &Process, rules: &'static Rules, wakes: &Arc<Wakes>) -> Self {
        let (observed, sources) = (Observed::new(rules), Sources::default());
        let (seen, woken) = (observed.clone(), Arc::clone(wakes));
        let objects = pool(process, Observed::options(rules), move |event| {
            if let Some(touched) = seen.take(event, Timestamp::now()) {
                woken.wake_for(&touched);
            }
        });
        let (seen, woken) = (sources.clone(), Arc::clone(wakes));
        let watched = Sources::options(process.args.watch_namespace.clone());
        let source_pool = pool(process, watched, move |event| {
            if let Some(touched) = seen.take(event) {
                woken.wake_for(&touched);
            }
        });
        let pods = PodWatches::new(process.clone(), rules, Arc::clone(wakes));
        Self { observed, objects, sources, source_pool, pods }
    }
}
