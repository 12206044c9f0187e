//! What runs and heals share: stores, the targets that objects are in, the reporter, settings. No decisions.

use crate::args::Options;
use crate::claims::Claims;
use crate::clusters::Clusters;
use crate::declared::Declared;
use crate::drift_report::DriftReports;
use crate::key_services::KeyServices;
use crate::measures::Measures;
use crate::memory::Memory;
use crate::precedence::Precedence;
use crate::reconcile::builder::Builder;
use crate::references::References;
use crate::reporter::Reporter;
use crate::shared::Shared;
use crate::source_index::SourceIndex;
use crate::throttle::Throttles;
use crate::unreadable::Unreadables;
use crate::watched_target::WatchedTarget;
use api::Artifact;
use api::kustomization::Kustomization;
use artifact::ArtifactCache;
use kube::Client;
use reconcile_core::accounts::Accounts;
use reconcile_core::index::Index;
use reconcile_core::metrics::{Metrics, Outcome};
use reconcile_core::trace::Tracer;
use reconcile_core::{ObjectKey, Store, Turns};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The control handle of this controller's jobs.
pub(crate) type Ctl = reconcile_core::Control;

/// Fetches at a time, in all and of one namespace.
pub(crate) const FETCHES: (usize, usize) = (64, 8);

/// See the module.
pub(crate) struct Context {
    /// The API server that has the Kustomizations and their ServiceAccounts, as the controller itself. Their objects are
    /// reached through a target.
    pub(crate) client: Client,
    /// The clusters that objects are in.
    pub(crate) clusters: Clusters,
    pub(crate) reporter: Reporter,
    pub(crate) tracer: Tracer,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) measures: Arc<Measures>,
    pub(crate) artifacts: ArtifactCache,
    pub(crate) kustomizations: Store<Kustomization>,
    /// Moves whenever a Kustomization does.
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) sources: SourceIndex,
    pub(crate) claims: Arc<Claims>,
    /// ConfigMaps and Secrets that are referred to by name.
    pub(crate) references: Arc<References>,
    pub(crate) declared: Declared,
    /// What is told of drift.
    pub(crate) drift: Arc<DriftReports>,
    pub(crate) builder: Builder,
    pub(crate) key_services: KeyServices,
    /// Kustomizations that cannot be decoded.
    pub(crate) unreadable: Unreadables,
    /// Kustomizations whose build cost too much.
    pub(crate) throttles: Throttles,
    /// Kustomizations that declare the same objects.
    pub(crate) shared: Shared,
    /// Kustomizations by what they depend on.
    pub(crate) dependants: Index<ObjectKey, ObjectKey>,
    /// Who goes first.
    pub(crate) precedence: Precedence,
    /// Places for fetches, which hold no permit.
    pub(crate) fetches: Arc<Turns>,
    pub(crate) options: Options,
}

impl Context {
    /// The ServiceAccounts whose tokens become credentials elsewhere.
    pub(crate) const fn accounts(&self) -> Accounts<'_> {
        Accounts { client: &self.client, gate: self.options.object_identity }
    }

    /// The artifact of the revision applied last, as far as the source still has it; for events of heals.
    pub(crate) fn applied_artifact(&self, object: &Kustomization) -> Option<Artifact> {
        let key = ObjectKey {
            namespace: object.spec.source_ref.namespace_or(object.metadata.namespace.as_deref()?).to_owned(),
            name: object.spec.source_ref.name.clone(),
        };
        let mut artifact = self.sources.get(object.spec.source_ref.kind, &key)??;
        artifact.revision = object.status.as_ref()?.last_applied_revision.clone()?;
        Some(artifact)
    }

    /// Whether other Kustomizations depend on this one.
    pub(crate) fn is_awaited(&self, key: &ObjectKey) -> bool {
        !self.dependants.dependants(key).is_empty()
    }

    /// A Kustomization is gone: nothing of it is kept.
    pub(crate) fn forget(&self, key: &ObjectKey, memory: &Memory) {
        self.claims.drop_all(key, &memory.objects);
        self.forget_key(key);
    }

    /// What is kept of a Kustomization by its name alone is not kept any more.
    pub(crate) fn forget_key(&self, key: &ObjectKey) {
        self.clusters.leave(key);
        for target in self.clusters.all() {
            target.kind_watches.release(key);
        }
        self.references.refer(key, &BTreeSet::new());
        self.declared.remove(key);
        self.drift.forget(key);
        self.throttles.forget(key);
        self.shared.forget(key);
        self.metrics.forget("Kustomization", key);
    }

    /// A Kustomization's objects are in another target from now on: what was kept of those in this one is given up.
    pub(crate) fn move_out(&self, key: &ObjectKey, memory: &Memory, left: Option<&WatchedTarget>) {
        memory.objects.close();
        self.claims.drop_all(key, &memory.objects);
        self.drift.clear(key);
        if let Some(left) = left {
            left.kind_watches.release(key);
        }
    }

    /// Records a run in the metrics.
    pub(crate) fn observe_run(&self, key: &ObjectKey, took: Duration, succeeded: bool) {
        let outcome = if succeeded { Outcome::Success } else { Outcome::Error };
        self.metrics.reconciled("kustomization", "Kustomization", key, outcome, took);
    }
}

#[cfg(test)]
mod tests;
