//! The end of a run: conditions, history, the last status patch, the last event, and when to look again
//! (contracts/kustomize-controller.md 5, 20, 21, 24).

use super::{Run, report};
use crate::context::Context;
use crate::fault::{Fault, Retry, Tell};
use crate::history;
use crate::memory::Memory;
use crate::status::{Draft, WriteError};
use crate::step::{Next, RunReport};
use api::condition::{self, reason};
use api::kustomization::Kustomization;
use api::labels;
use reconcile_core::events::Severity;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Ends a run that had an artifact.
pub(crate) async fn finish(mut run: Run<'_>, outcome: Result<(), Fault>, failures: u32) -> RunReport {
    let revision = Some(run.artifact.revision.clone());
    let object = Arc::clone(&run.object);
    let spec = &object.spec;
    let interval: Duration = spec.interval.into();
    let result = match outcome {
        Ok(()) => {
            succeed(&mut run);
            None
        }
        Err(fault) if fault.retry == Retry::Cancelled => {
            return RunReport { revision, ..report(Next::Now) };
        }
        Err(fault) => {
            fail(&mut run, &fault);
            Some(fault)
        }
    };
    run.draft.status.last_handled_reconcile_at = handled(&run.object, &run.draft);
    if let Err(error) = run.draft.write().await {
        return RunReport { revision, ..after_write_error(run.ctx, &error, failures) };
    }
    run.ctx.observe_run(run.key, run.started.elapsed(), result.is_none());
    let Some(fault) = result else {
        run.memory.tells_wait(None);
        let took = api::Duration::from(run.started.elapsed());
        let message = format!("Reconciliation finished in {took}, next run in {}", spec.interval);
        tracing::info!(revision = %run.artifact.revision, "{message}");
        run.ctx.tell_success(&run.object, &run.artifact, &message);
        // Without the drift watch nobody tells that an object was taken over.
        let due = match run.memory.is_handing_over() && !run.ctx.options.drift_watch {
            true => interval.min(run.ctx.options.requeue_dependency),
            false => interval,
        };
        let next = Next::After(reconcile_core::jitter(due, run.ctx.options.jitter_percent));
        return RunReport { revision, ..report(next) };
    };
    tell(run.ctx, &run.object, Some(&run.artifact), run.memory, &fault);
    RunReport { revision, ..next_try(run.ctx, &run.object, &fault, failures) }
}

fn succeed(run: &mut Run<'_>) {
    let revision = run.artifact.revision.clone();
    let origin = run.artifact.metadata.get(labels::ORIGIN_REVISION).cloned();
    run.draft.unset(condition::RECONCILING);
    run.draft.unset(condition::STALLED);
    let message = format!("Applied revision: {revision}");
    run.draft.set(condition::READY, condition::TRUE, reason::RECONCILIATION_SUCCEEDED, &message);
    run.draft.status.last_applied_revision = Some(revision.clone());
    run.draft.status.last_attempted_revision = Some(revision);
    run.draft.status.last_applied_origin_revision = origin;
    run.draft.status.observed_generation = run.draft.generation;
    remember(run, reason::RECONCILIATION_SUCCEEDED);
}

fn fail(run: &mut Run<'_>, fault: &Fault) {
    if let Some(progress) = run.progress() {
        run.draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING_WITH_RETRY, &progress);
    }
    if let Some(text) = &fault.unhealthy {
        run.draft.set(condition::HEALTHY, condition::FALSE, reason::HEALTH_CHECK_FAILED, text);
    }
    run.draft.set(condition::READY, condition::FALSE, fault.reason, &fault.message);
    run.draft.unset(condition::STALLED);
    // Build and fetch failures add nothing to history (contract 3).
    if matches!(
        fault.reason,
        reason::RECONCILIATION_FAILED | reason::PRUNE_FAILED | reason::HEALTH_CHECK_FAILED
    ) {
        remember(run, fault.reason);
    }
    tracing::error!(revision = %run.artifact.revision, error = %fault.message, "Reconciliation failed");
}

fn remember(run: &mut Run<'_>, status: &'static str) {
    let Some(digest) = run.rendered_digest.clone() else { return };
    let mut metadata = BTreeMap::from([(labels::HISTORY_REVISION.to_owned(), run.artifact.revision.clone())]);
    if let Some(origin) = run.artifact.metadata.get(labels::ORIGIN_REVISION) {
        metadata.insert(labels::HISTORY_ORIGIN_REVISION.to_owned(), origin.clone());
    }
    if status == reason::RECONCILIATION_SUCCEEDED {
        let input = run.input_digest.clone();
        metadata.extend(input.map(|input| (labels::INPUT.to_owned(), input)));
        let hash = run.memory.base_hash();
        metadata.extend(hash.map(|hash| (labels::FINGERPRINT.to_owned(), hash)));
    }
    let annotations = run.object.metadata.annotations.as_ref();
    if let Some(asked) = annotations.and_then(|all| all.get(labels::FULL_PASS_AT)) {
        metadata.insert(labels::FULL_PASS_AT.to_owned(), asked.clone());
    }
    let outcome = history::Outcome {
        digest,
        status,
        now: crate::context::now_second(),
        took: run.started.elapsed(),
        metadata,
    };
    history::upsert(&mut run.draft.status.history, outcome);
}

/// Ends a run that came to a halt before it had an artifact to work with.
pub(crate) async fn without_artifact(
    ctx: &Context,
    object: &Kustomization,
    memory: &Memory,
    mut draft: Draft<'_>,
    fault: Fault,
    failures: u32,
) -> RunReport {
    if fault.retry == Retry::Cancelled {
        return report(Next::Now);
    }
    draft.set(condition::READY, condition::FALSE, fault.reason, &fault.message);
    if fault.stalled {
        draft.unset(condition::RECONCILING);
        draft.set(condition::STALLED, condition::TRUE, fault.reason, &fault.message);
        if matches!(fault.reason, reason::UNSUPPORTED_FIELD | reason::INVALID_CEL_EXPRESSION) {
            draft.status.observed_generation = draft.generation;
        }
    } else {
        draft.unset(condition::STALLED);
    }
    draft.status.last_handled_reconcile_at = handled(object, &draft);
    let changed = crate::status::difference(draft.stored(), &draft.status).is_some();
    if let Err(error) = draft.write().await {
        return after_write_error(ctx, &error, failures);
    }
    if changed || !fault.stalled {
        tell(ctx, object, None, memory, &fault);
    }
    next_try(ctx, object, &fault, failures)
}

/// A suspended object: only acknowledged (contract 5.4, 3).
pub(crate) async fn suspended(
    ctx: &Context,
    object: &Kustomization,
    mut draft: Draft<'_>,
    failures: u32,
) -> RunReport {
    draft.status.last_handled_reconcile_at = handled(object, &draft);
    if draft.is_ready() {
        draft.status.observed_generation = draft.generation;
    }
    match draft.write().await {
        Ok(()) => report(Next::OnChange),
        Err(error) => after_write_error(ctx, &error, failures),
    }
}

/// The annotation's value if there is one, else what was handled before.
pub(crate) fn handled(object: &Kustomization, draft: &Draft<'_>) -> Option<String> {
    let asked = object.metadata.annotations.as_ref().and_then(|all| all.get(labels::REQUESTED_AT));
    asked.cloned().or_else(|| draft.status.last_handled_reconcile_at.clone())
}

fn tell(
    ctx: &Context,
    object: &Kustomization,
    artifact: Option<&api::Artifact>,
    memory: &Memory,
    fault: &Fault,
) {
    match &fault.tell {
        Tell::Nothing => {}
        Tell::Error => ctx.tell(object, artifact, Severity::Error, fault.reason, &fault.message),
        Tell::ErrorAs(text) => ctx.tell(object, artifact, Severity::Error, fault.reason, text),
        Tell::InfoOnce(text) => {
            if memory.tells_wait(Some(&fault.message)) {
                ctx.tell(object, artifact, Severity::Info, fault.reason, text);
            }
        }
    }
}

fn next_try(ctx: &Context, object: &Kustomization, fault: &Fault, failures: u32) -> RunReport {
    let retry: Duration = object.spec.retry_interval.unwrap_or(object.spec.interval).into();
    let (next, transient) = match fault.retry {
        Retry::Interval => (Next::After(retry), false),
        Retry::Requeue => (Next::After(ctx.options.requeue_dependency), false),
        Retry::Backoff => (Next::After(ctx.backoff(failures)), true),
        Retry::OnChange => (Next::OnChange, false),
        Retry::Cancelled => (Next::Now, false),
    };
    RunReport {
        transient,
        awaits_dependency: fault.awaits_dependency,
        awaits_source: fault.awaits_source,
        ..report(next)
    }
}

/// The status could not be written: back off, or stop when the object is gone.
pub(crate) fn after_write_error(ctx: &Context, error: &WriteError, failures: u32) -> RunReport {
    match error {
        WriteError::Gone => report(Next::Never),
        WriteError::Overtaken | WriteError::Api(_) => {
            tracing::error!(error = %error, "status not written");
            RunReport { transient: true, ..report(Next::After(ctx.backoff(failures))) }
        }
    }
}
