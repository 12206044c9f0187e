//! One run of one Kustomization, from its source's artifact to Ready (contracts/kustomize-controller.md 5).
//!
//! ```text
//! source ─▶ dependencies ─▶ input (fetch, build: only if the input changed) ─▶ per stage: dry-run, record, apply, await
//!        ─▶ prune ─▶ health ─▶ finish
//! ```
//!
//! Each step is a file below with one entry; this one strings them together. Deletion is `cleanup`'s, drift between
//! runs is `heal`'s, and when a run starts is `step`'s.

pub(crate) mod apply_stages;
pub(crate) mod cleanup;
pub(crate) mod dependencies;
pub(crate) mod finish;
pub(crate) mod handover;
pub(crate) mod input;
pub(crate) mod prune;
pub(crate) mod settle;
pub(crate) mod source;

use crate::context::{Context, Ctl};
use crate::fault::{Fault, timeout_of};
use crate::memory::{Input, Memory};
use crate::status::Draft;
use crate::step::{Next, RunReport};
use ::api::condition::{self, reason};
use ::api::kustomization::Kustomization;
use ::api::{Artifact, labels};
use reconcile_core::{ObjectKey, Permit};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A full pass every so many intervals, spread out (architecture D3).
const FULL_PASS_INTERVALS: u32 = 10;
/// In percent.
const FULL_PASS_JITTER: u8 = 20;

/// What every step of a run needs.
pub(crate) struct Run<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) key: &'a ObjectKey,
    pub(crate) object: Arc<Kustomization>,
    pub(crate) memory: &'a Arc<Memory>,
    pub(crate) ctl: &'a Ctl,
    pub(crate) draft: Draft<'a>,
    pub(crate) started: Instant,
    pub(crate) artifact: Artifact,
    pub(crate) timeout: Duration,
    /// The step of Reconciling's message.
    pub(crate) step: Option<Step>,
    /// The history digest of the build, once there is one.
    pub(crate) rendered_digest: Option<String>,
    /// `flyball.dev/input` of this run.
    pub(crate) input_digest: Option<String>,
    /// What the build was made of, remembered once everything is applied.
    pub(crate) pending: Option<Input>,
    /// This run asks about every object.
    pub(crate) full: bool,
    /// Held while the run works, not while it waits (architecture D5).
    pub(crate) permit: Option<Permit>,
}

/// The progress messages of contract 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The artifact is fetched.
    Fetching,
    /// The build runs.
    Building,
    /// Objects are compared and applied.
    DetectingDrift,
    /// Health is awaited.
    HealthChecks,
}

impl Run<'_> {
    /// Reconciling's message for the current step.
    pub(crate) fn progress(&self) -> Option<String> {
        let words = match self.step? {
            Step::Fetching => "Fetching manifests",
            Step::Building => "Building manifests",
            Step::DetectingDrift => "Detecting drift",
            Step::HealthChecks => "Running health checks",
        };
        let timeout = ::api::Duration::from(self.timeout);
        Some(format!("{words} for revision {} with a timeout of {timeout}", self.artifact.revision))
    }

    /// Takes a permit to work; a newer input may come first.
    pub(crate) async fn work(&mut self) -> Result<(), Fault> {
        tokio::select! {
            permit = self.ctl.permit() => self.permit = permit,
            () = self.ctl.cancelled() => return Err(Fault::cancelled()),
        }
        Ok(())
    }

    /// Everything is applied and pruned: the input is complete, and a full pass is behind us.
    pub(crate) fn applied_everything(&mut self) {
        self.memory.set_input(self.pending.take());
        self.memory.set_account(self.ctx.account(&self.object.spec));
        if self.full || self.memory.full_pass_due().is_none() {
            let interval: Duration = self.object.spec.interval.into();
            let due = interval.saturating_mul(FULL_PASS_INTERVALS);
            self.memory.set_full_pass_due(Instant::now() + reconcile_core::jitter(due, FULL_PASS_JITTER));
        }
    }

    /// Ready=Unknown and Reconciling with the current step, in the draft.
    pub(crate) fn set_progressing(&mut self) {
        if let Some(progress) = self.progress() {
            self.draft.unset(condition::STALLED);
            self.draft.set(
                condition::READY,
                condition::UNKNOWN,
                reason::PROGRESSING,
                "Reconciliation in progress",
            );
            self.draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, &progress);
        }
    }
}

/// Runs one Kustomization once.
pub(crate) async fn run(
    ctx: &Context,
    key: &ObjectKey,
    memory: &Arc<Memory>,
    ctl: &Ctl,
    failures: u32,
) -> RunReport {
    let Some(object) = ctx.kustomizations.get(key) else {
        return report(Next::OnChange);
    };
    let started = Instant::now();
    let mut draft = Draft::new(&ctx.client, key, &object, memory);
    let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    let finalized = finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER);
    if object.metadata.deletion_timestamp.is_some() {
        return if finalized {
            cleanup::cleanup(ctx, key, &object, memory, draft, failures).await
        } else {
            report(Next::Never)
        };
    }
    if !finalized {
        let mut wanted = finalizers;
        wanted.push(labels::FINALIZER.to_owned());
        if let Err(error) = draft.write_finalizers(&wanted).await {
            return finish::after_write_error(ctx, &error, failures);
        }
    }
    if object.spec.suspend {
        return finish::suspended(ctx, &object, draft, failures).await;
    }
    if let Some(field) = ::api::unsupported::kustomization(&object.spec) {
        let fault = Fault::stalled(
            reason::UNSUPPORTED_FIELD,
            format!("{field} is not supported yet: nothing is applied, pruned or healed until it is removed"),
        );
        memory.set_input(None);
        return finish::without_artifact(ctx, &object, memory, draft, fault, failures).await;
    }
    let artifact = match source::source(ctx, key, &object) {
        Ok(artifact) => artifact,
        Err(fault) => return finish::without_artifact(ctx, &object, memory, draft, fault, failures).await,
    };
    if let Err(fault) = dependencies::dependencies(ctx, key, &object, &artifact.revision).await {
        if fault.awaits_dependency
            && !ctl.is_cancelled()
            && quiet_dependency(ctx, key, &object, &artifact, ctl).await
        {
            // Became ready without a word: go on.
        } else {
            let fault = if ctl.is_cancelled() { Fault::cancelled() } else { fault };
            return finish::without_artifact(ctx, &object, memory, draft, fault, failures).await;
        }
    }
    let interval = object.spec.interval.into();
    let timeout = timeout_of(object.spec.timeout.map(Into::into), interval);
    let mut run = Run {
        ctx,
        key,
        object,
        memory,
        ctl,
        draft,
        started,
        artifact,
        timeout,
        step: Some(Step::Fetching),
        rendered_digest: None,
        input_digest: None,
        pending: None,
        full: false,
        permit: None,
    };
    let outcome = body(&mut run).await;
    finish::finish(run, outcome, failures).await
}

/// A dependency that shares our source and is only behind its new revision is about to follow: wait a moment without
/// publishing it (decisions 4.8).
async fn quiet_dependency(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    artifact: &Artifact,
    ctl: &Ctl,
) -> bool {
    const PATIENCE: Duration = Duration::from_secs(5);
    let deadline = tokio::time::Instant::now() + PATIENCE.min(ctx.options.requeue_dependency);
    loop {
        let mut changes = ctx.changes.subscribe();
        match dependencies::dependencies(ctx, key, object, &artifact.revision).await {
            Ok(()) => return true,
            Err(fault)
                if !fault.message.ends_with("revision is not up to date")
                    && !is_in_progress(ctx, key, object) =>
            {
                return false;
            }
            Err(_) => {}
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep_until(deadline) => return false,
            () = ctl.cancelled() => return false,
        }
    }
}

/// Whether a dependency is in the middle of a run.
fn is_in_progress(ctx: &Context, key: &ObjectKey, object: &Kustomization) -> bool {
    object.spec.depends_on.iter().any(|reference| {
        let key = ObjectKey {
            namespace: reference.namespace_or(&key.namespace).to_owned(),
            name: reference.name.clone(),
        };
        ctx.kustomizations.get(&key).is_some_and(|dependency| {
            let conditions =
                dependency.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
            reconcile_core::condition::get(conditions, condition::READY)
                .is_some_and(|c| c.status == condition::UNKNOWN)
        })
    })
}

async fn body(run: &mut Run<'_>) -> Result<(), Fault> {
    run.work().await?;
    let plan = input::input(run).await?;
    let changes = apply_stages::apply_stages(run, plan).await?;
    let changes = prune::prune(run, changes).await?;
    run.permit = None;
    settle::settle(run, &changes).await
}

/// A plain report.
pub(crate) fn report(next: Next) -> RunReport {
    RunReport { next, revision: None, awaits_dependency: false, awaits_source: false, transient: false }
}
