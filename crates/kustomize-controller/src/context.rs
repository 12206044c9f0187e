//! What runs and heals share: clients, stores, the watch pool, the recorder, settings. No decisions.

use crate::args::Options;
use crate::claims::Claims;
use crate::declared::Declared;
use crate::kind_watches::KindWatches;
use crate::memory::Memory;
use crate::source_index::SourceIndex;
use ::apply::Applier;
use api::kustomization::{Kustomization, KustomizationSpec};
use api::{Artifact, labels};
use artifact::ArtifactCache;
use cluster::{Impersonator, Mapper};
use jiff::Timestamp;
use kube::Client;
use reconcile_core::events::{self, Event, Recorder, Severity};
use reconcile_core::metrics::{Metrics, Outcome};
use reconcile_core::{ObjectKey, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The control handle of this controller's jobs.
pub(crate) type Ctl = reconcile_core::Control;

/// See the module.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) impersonator: Impersonator,
    pub(crate) mapper: Mapper,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) artifacts: ArtifactCache,
    pub(crate) kustomizations: Store<Kustomization>,
    /// Moves whenever a Kustomization does.
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) sources: SourceIndex,
    pub(crate) claims: Arc<Claims>,
    pub(crate) declared: Declared,
    pub(crate) kind_watches: KindWatches,
    pub(crate) options: Options,
}

impl Context {
    /// The ServiceAccount that a Kustomization applies as, if any (contract 19).
    pub(crate) fn account(&self, spec: &KustomizationSpec) -> Option<String> {
        let named = spec.service_account_name.clone().filter(|name| !name.is_empty());
        named.or_else(|| Some(self.options.default_service_account.clone()).filter(|name| !name.is_empty()))
    }

    /// The client that reads and writes a Kustomization's objects.
    pub(crate) fn client_for(
        &self,
        key: &ObjectKey,
        spec: &KustomizationSpec,
    ) -> Result<Client, cluster::Error> {
        match self.account(spec) {
            Some(account) => self.impersonator.client(&key.namespace, &account),
            None => Ok(self.client.clone()),
        }
    }

    /// Applies as a Kustomization's account.
    pub(crate) fn applier(
        &self,
        key: &ObjectKey,
        spec: &KustomizationSpec,
    ) -> Result<Applier, cluster::Error> {
        Ok(Applier::new(
            self.client_for(key, spec)?,
            self.mapper.clone(),
            labels::APPLY_MANAGER,
            self.options.overrides.clone(),
            self.options.concurrent_ssa,
        ))
    }

    /// The n-th delay after passing faults.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        let (min, max) = self.options.retry;
        min.saturating_mul(1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX)).min(max)
    }

    /// Sends an event about a Kustomization.
    pub(crate) fn tell(
        &self,
        object: &Kustomization,
        artifact: Option<&Artifact>,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        self.publish(object, metadata_of(artifact), severity, reason, message);
    }

    /// The event that ends a successful run; it drives commit statuses (contract 21).
    pub(crate) fn tell_success(&self, object: &Kustomization, artifact: &Artifact, message: &str) {
        let mut metadata = metadata_of(Some(artifact));
        if self.options.commit_status {
            metadata
                .insert(labels::KUSTOMIZE_COMMIT_STATUS.to_owned(), labels::COMMIT_STATUS_UPDATE.to_owned());
        }
        let reason = api::condition::reason::RECONCILIATION_SUCCEEDED;
        self.publish(object, metadata, Severity::Info, reason, message);
    }

    fn publish(
        &self,
        object: &Kustomization,
        mut metadata: BTreeMap<String, String>,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        events::merge_annotations(&mut metadata, object.metadata.annotations.as_ref());
        self.recorder.publish(Event {
            involved: events::reference(object, &()),
            severity,
            reason: reason.to_owned(),
            message: message.to_owned(),
            metadata,
        });
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

    /// A Kustomization is gone: nothing of it is kept.
    pub(crate) fn forget(&self, key: &ObjectKey, memory: &Memory) {
        self.claims.drop_all(key, &memory.objects);
        self.kind_watches.release(key);
        self.declared.remove(key);
        self.metrics.forget("Kustomization", key);
    }

    /// Records a run in the metrics.
    pub(crate) fn observe_run(&self, key: &ObjectKey, took: Duration, succeeded: bool) {
        let outcome = if succeeded { Outcome::Success } else { Outcome::Error };
        self.metrics.reconciled("kustomization", "Kustomization", key, outcome, took);
    }
}

fn metadata_of(artifact: Option<&Artifact>) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    if let Some(artifact) = artifact {
        metadata.insert(labels::KUSTOMIZE_REVISION.to_owned(), artifact.revision.clone());
        if let Some(origin) = artifact.metadata.get(labels::ORIGIN_REVISION) {
            metadata.insert(labels::KUSTOMIZE_ORIGIN_REVISION.to_owned(), origin.clone());
        }
    }
    metadata
}

/// Now, in whole seconds, as Kubernetes writes times.
pub(crate) fn now_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
