//! A target with what this controller keeps there: the kinds that are watched for its Kustomizations.
//!
//! The watches of two targets have nothing in common: neither pools, nor users, nor what they say. Which target a
//! Kustomization's objects are in is `target`'s.

use crate::args::Options;
use crate::health_looks::HealthLooks;
use crate::ignore_rules::ignore_rules;
use crate::kind_watches::KindWatches;
use ::apply::Applier;
use api::kustomization::KustomizationSpec;
use api::labels;
use cluster::{Mapper, Target, TargetId};
use kube::Client;
use reconcile_core::{ObjectKey, Turns};
use std::sync::Arc;
use tokio::sync::watch;

/// See the module.
pub(crate) struct WatchedTarget {
    pub(crate) cluster: Target,
    pub(crate) kind_watches: KindWatches,
    /// The health of the objects of whole kinds.
    pub(crate) health_looks: Arc<HealthLooks>,
    /// Places of runs in another cluster than the own one: who waits for that one takes no worker from anybody else, and
    /// holds only so many builds while it does.
    pub(crate) places: Option<Arc<Turns>>,
}

impl WatchedTarget {
    /// Where nothing is watched.
    pub(crate) fn unwatched(cluster: Target) -> Self {
        // Nobody waits for news of watches that there are not.
        Self::new(cluster, KindWatches::new(None, watch::channel(0).1))
    }

    /// With these watches.
    pub(crate) fn new(cluster: Target, kind_watches: KindWatches) -> Self {
        Self { cluster, kind_watches, health_looks: Arc::default(), places: None }
    }

    /// With room for so many runs at a time, if it is another cluster.
    pub(crate) fn with_places(mut self, concurrent: usize) -> Self {
        self.places = (!self.id().is_local()).then(|| Turns::new(concurrent, usize::MAX));
        self
    }

    /// Whether no connection to it could be made.
    pub(crate) fn is_away(&self) -> bool {
        self.cluster.reach().down_for().is_some()
    }

    /// Before a run takes part in anything: looks whether another cluster is there, unless it is known to be.
    pub(crate) async fn look(&self) {
        if self.id().is_local() || self.cluster.reach().is_up() {
            return;
        }
        // What comes of it, the run meets again.
        drop(self.cluster.probe().await);
    }

    /// Which target it is.
    pub(crate) const fn id(&self) -> &TargetId {
        self.cluster.id()
    }

    /// Which resource serves a kind there.
    pub(crate) const fn mapper(&self) -> &Mapper {
        self.cluster.mapper()
    }

    /// The client that reads and writes a Kustomization's objects: its account's, or the controller's own without one.
    pub(crate) fn client_for(
        &self,
        key: &ObjectKey,
        spec: &KustomizationSpec,
        options: &Options,
    ) -> Result<Client, cluster::Error> {
        self.cluster.client_as(&key.namespace, options.account(spec))
    }

    /// Reads, applies and deletes a Kustomization's objects as the same.
    pub(crate) fn applier(
        &self,
        key: &ObjectKey,
        spec: &KustomizationSpec,
        options: &Options,
    ) -> Result<Applier, cluster::Error> {
        Ok(Applier::new(
            self.client_for(key, spec, options)?,
            self.mapper().clone(),
            labels::APPLY_MANAGER,
            options.overrides.clone(),
            options.concurrent_ssa,
        )
        .ignoring(ignore_rules(spec))
        .migrating(options.migrate_api_version))
    }
}
