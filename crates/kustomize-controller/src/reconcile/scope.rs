//! What every step of a run may read, and the worker that it may hold. Nothing here decides or writes.

use super::access::Lost;
use crate::context::Context;
use crate::drift_mode;
use crate::expressions::HealthExpressions;
use crate::memory::Memory;
use crate::watched_target::WatchedTarget;
use ::apply::Applier;
use api::drift_report::DriftMode;
use api::kustomization::Kustomization;
use api::{Artifact, labels};
use kube::Client;
use reconcile_core::{Control, ObjectKey};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One run's surroundings.
pub(crate) struct Scope<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) key: &'a ObjectKey,
    /// As it was when the run began.
    pub(crate) object: Arc<Kustomization>,
    /// The cluster that its objects are in.
    pub(crate) target: Arc<WatchedTarget>,
    /// Why that is not known, if it is not; the target is then nowhere.
    pub(crate) lost: Option<Lost>,
    pub(crate) memory: &'a Arc<Memory>,
    /// How it wants the objects of some kinds judged.
    pub(crate) health: HealthExpressions,
    pub(crate) control: &'a Control,
    pub(crate) started: Instant,
}

impl Scope<'_> {
    /// Reads, applies and deletes the Kustomization's objects as its account.
    pub(crate) fn applier(&self) -> Result<Applier, cluster::Error> {
        let applier = self.target.applier(self.key, &self.object.spec, &self.ctx.options)?;
        Ok(applier
            .masking(self.memory.objects.maskings())
            .settling_doubts(self.drift_mode() == DriftMode::Report))
    }

    /// What is done about drift.
    pub(crate) fn drift_mode(&self) -> DriftMode {
        drift_mode::of(&self.object)
    }

    /// The client that reads the Kustomization's objects as its account.
    pub(crate) fn client(&self) -> Result<Client, cluster::Error> {
        self.target.client_for(self.key, &self.object.spec, &self.ctx.options)
    }

    /// An annotation of the Kustomization.
    pub(crate) fn annotation(&self, key: &str) -> Option<&String> {
        self.object.metadata.annotations.as_ref().and_then(|all| all.get(key))
    }

    /// The token of the request that the run answers.
    pub(crate) fn token(&self) -> Option<&String> {
        self.annotation(labels::REQUESTED_AT)
    }
}

/// What the run works with once its source is found.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) artifact: Artifact,
    /// Of health checks and of waits (contract 2).
    pub(crate) timeout: Duration,
}
