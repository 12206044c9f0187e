//! What is watched for assessments, and what those watches have shown: objects, sources, reports of drift, what is beside
//! objects. Every watch but that of the reports begins when the first Kustomization needs it; who is woken by what it shows
//! is `wakes`'.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use reconcile_core::process::Process;
use reconcile_core::watch_pool::{Interest, WatchPool};

use crate::beside::{Around, BesideWatches};
use crate::drift_reports::DriftReports;
use crate::observed::Observed;
use crate::place::Place;
use crate::pool::pool;
use crate::rule_book::RuleBook;
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
    /// What kustomize-controller reports of drift.
    pub(crate) drift_reports: DriftReports,
    /// What is beside objects, and what keeps that watched.
    pub(crate) beside: BesideWatches,
    /// Keeps reports of drift watched.
    _drift: Interest,
}

impl Watches {
    /// Watches reports of drift, and nothing else yet.
    pub(crate) fn new(process: &Process, rules: &RuleBook, wakes: &Arc<Wakes>) -> Self {
        let (observed, sources) = (Observed::new(rules.clone()), Sources::default());
        let (seen, woken) = (observed.clone(), Arc::clone(wakes));
        let objects = pool(process, Observed::options(rules.clone()), move |event| {
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
        let drift_reports = DriftReports::default();
        let (seen, woken) = (drift_reports.clone(), Arc::clone(wakes));
        let watched = DriftReports::options(process.args.watch_namespace.clone());
        let reports = pool(process, watched, move |event| {
            if let Some(touched) = seen.take(event) {
                woken.wake_for(&touched);
            }
        });
        let beside = BesideWatches::new(process.clone(), rules.clone(), Arc::clone(wakes));
        let drift = reports.acquire(&DriftReports::kind());
        Self { observed, objects, sources, source_pool, drift_reports, beside, _drift: drift }
    }

    /// What is known beside objects, of what one Kustomization keeps watched.
    pub(crate) const fn around<'a>(&'a self, places: &'a BTreeMap<Place, Interest>) -> Around<'a> {
        Around { observed: &self.observed, watches: &self.beside, places }
    }
}
