//! The end of a run: what is recorded, which event says so, and when to look again
//! (contracts/kustomize-controller.md 5, 20, 21, 24). The only place where an [`Ending`] becomes a report.

use super::ending::Ending;
use super::recorder::{Facts, Recorder};
use super::scope::{Resolved, Scope};
use super::telling::{Occasion, Telling, telling};
use crate::fault::{Fault, FaultKind, Retry, Tell};
use crate::precedence::Leave;
use crate::status::WriteError;
use crate::step::{Next, RunReport};
use api::{Artifact, labels};
use jiff::Timestamp;
use reconcile_core::Backoff;
use reconcile_core::events::Severity;
use std::time::Duration;

/// Turns an ending into a report. `failures` counts the passing faults in a row before this run.
pub(crate) async fn finish(
    scope: &Scope<'_>,
    mut recorder: Recorder<'_>,
    ending: Ending,
    failures: u32,
) -> RunReport {
    let back_off = || RunReport { transient: true, ..RunReport::next(Next::After(backoff(scope, failures))) };
    match ending {
        Ending::Gone => RunReport::next(Next::Never),
        Ending::Removed => {
            scope.ctx.forget(scope.key, scope.memory);
            RunReport::next(Next::Never)
        }
        Ending::HeldBack => RunReport::next(Next::OnChange),
        Ending::Postponed => RunReport::next(Next::After(scope.ctx.options.requeue_dependency)),
        Ending::Unfinished => back_off(),
        Ending::Unwritten(error) => unwritten(&error, back_off),
        Ending::Suspended => {
            tracing::info!("Reconciliation is suspended for this object");
            recorder.acknowledge();
            recorder.handle(scope.token());
            match recorder.write().await {
                Ok(()) => RunReport::next(Next::OnChange),
                Err(error) => unwritten(&error, back_off),
            }
        }
        Ending::Halted(fault) if fault.kind == FaultKind::Cancelled => RunReport::next(Next::Now),
        Ending::Halted(fault) => {
            say_halted(scope, &fault);
            recorder.halt(&fault);
            recorder.handle(scope.token());
            let changed = recorder.is_changed();
            if let Err(error) = recorder.write().await {
                return unwritten(&error, back_off);
            }
            // A stalled object is looked at again at every change; what was said stands.
            if changed || !fault.kind.is_stalled() {
                tell(scope, fault.artifact.as_deref(), &fault);
            }
            scope.ctx.observe_run(scope.key, scope.started.elapsed(), false);
            next_try(scope, &fault, failures)
        }
        Ending::Failed(resolved, fault) if fault.kind == FaultKind::Cancelled => {
            RunReport { revision: Some(resolved.artifact.revision), ..RunReport::next(Next::Now) }
        }
        Ending::Failed(resolved, fault) => {
            let revision = Some(resolved.artifact.revision.clone());
            let (took, again) = (api::Duration::from(scope.started.elapsed()), retry_interval(scope));
            tracing::error!(
                revision = %resolved.artifact.revision,
                error = %fault.message,
                "Reconciliation failed after {took}, next try in {again}"
            );
            recorder.fail(&facts(scope), &fault);
            recorder.handle(scope.token());
            if let Err(error) = recorder.write().await {
                return RunReport { revision, ..unrecorded(scope, &error, back_off) };
            }
            scope.ctx.observe_run(scope.key, scope.started.elapsed(), false);
            tell(scope, Some(&resolved.artifact), &fault);
            RunReport { revision, ..next_try(scope, &fault, failures) }
        }
        Ending::Succeeded(resolved) => {
            let revision = Some(resolved.artifact.revision.clone());
            recorder.succeed(&facts(scope), scope.memory.objects.base_hash());
            recorder.handle(scope.token());
            let (told, next) = judge(scope, &mut recorder);
            let leave = yielded(scope, &recorder).await;
            if let Err(error) = recorder.write().await {
                return RunReport { revision, ..unrecorded(scope, &error, back_off) };
            }
            drop(leave);
            RunReport { revision, ..succeeded(scope, &resolved, told, next) }
        }
    }
}

/// What Flux logs of a run that finds something to wait for.
fn say_halted(scope: &Scope<'_>, fault: &Fault) {
    let text = fault.event.as_deref().unwrap_or(&fault.message);
    match fault.kind.tell() {
        _ if fault.kind.awaits_source() || fault.kind.awaits_dependency() => {
            // Once for the same wait; what is retried says nothing new.
            if scope.memory.own.logs_wait(&fault.message) {
                tracing::info!(reason = %fault.message, "{text}");
            }
        }
        Tell::Nothing => tracing::info!("{text}"),
        _ => tracing::error!(error = %fault.message, "{text}"),
    }
}

fn retry_interval(scope: &Scope<'_>) -> api::Duration {
    scope.object.spec.retry_interval.unwrap_or(scope.object.spec.interval)
}

/// What is told of a run that went well, and how long it is until the next.
fn judge(scope: &Scope<'_>, recorder: &mut Recorder<'_>) -> (Telling, Duration) {
    let interval = at_least_a_second(scope.object.spec.interval);
    let told = telling(recorder.occasion(), recorder.news(), scope.ctx.options.noop);
    // What another process, or an earlier run, has begun goes on.
    let between = recorder.occasion() == Occasion::Between && !told.times;
    let left = recorder.due_in(interval, Timestamp::now()).filter(|_| between);
    if !told.times {
        recorder.keep_times();
    }
    (told, left.unwrap_or(interval))
}

/// Leave to write: the end of a run that did nothing yields to those that have something to do.
async fn yielded<'c>(scope: &Scope<'c>, recorder: &Recorder<'_>) -> Option<Leave<'c>> {
    if !recorder.yields() || !recorder.is_changed() || scope.ctx.is_awaited(scope.key) {
        return None;
    }
    tokio::select! {
        leave = scope.ctx.precedence.yield_to_all() => Some(leave),
        // What comes next needs this to be behind it.
        () = scope.control.cancelled() => None,
    }
}

fn succeeded(scope: &Scope<'_>, resolved: &Resolved, told: Telling, next: Duration) -> RunReport {
    let (ctx, spec) = (scope.ctx, &scope.object.spec);
    ctx.observe_run(scope.key, scope.started.elapsed(), true);
    scope.memory.own.tells_wait(None);
    let took = api::Duration::from(scope.started.elapsed());
    let message = format!("Reconciliation finished in {took}, next run in {}", spec.interval);
    if told.event {
        tracing::info!(revision = %resolved.artifact.revision, "{message}");
        ctx.reporter.success(&scope.object, &resolved.artifact, &message);
    } else {
        tracing::debug!(revision = %resolved.artifact.revision, "nothing changed, next run in {}", api::Duration::from(next));
    }
    // Without the drift watch nothing shows that an object was taken over.
    let due = match scope.memory.objects.is_handing_over() && !ctx.options.drift_watch {
        true => next.min(ctx.options.requeue_dependency),
        false => next,
    };
    RunReport::next(Next::After(reconcile_core::jitter(due, ctx.options.jitter_percent)))
}

fn facts<'a>(scope: &'a Scope<'_>) -> Facts<'a> {
    let full_pass_at = scope.annotation(labels::FULL_PASS_AT);
    Facts { now: api::duration::whole_seconds(Timestamp::now()), took: scope.started.elapsed(), full_pass_at }
}

fn tell(scope: &Scope<'_>, artifact: Option<&Artifact>, fault: &Fault) {
    let text = fault.event.as_deref().unwrap_or(&fault.message);
    let severity = match fault.kind.tell() {
        Tell::Nothing => return,
        Tell::Error => Severity::Error,
        Tell::InfoOnce | Tell::ErrorOnce if !scope.memory.own.tells_wait(Some(&fault.message)) => return,
        Tell::InfoOnce => Severity::Info,
        Tell::ErrorOnce => Severity::Error,
    };
    scope.ctx.reporter.event(&scope.object, artifact, severity, fault.kind.reason(), text);
}

fn next_try(scope: &Scope<'_>, fault: &Fault, failures: u32) -> RunReport {
    let (next, transient) = match fault.after {
        Some(after) => (Next::After(after), false),
        None => next_by_kind(scope, fault.kind, failures),
    };
    RunReport {
        transient,
        awaits_dependency: fault.kind.awaits_dependency(),
        awaits_source: fault.kind.awaits_source(),
        ..RunReport::next(next)
    }
}

fn next_by_kind(scope: &Scope<'_>, kind: FaultKind, failures: u32) -> (Next, bool) {
    let spec = &scope.object.spec;
    match kind.retry() {
        Retry::Interval => {
            (Next::After(at_least_a_second(spec.retry_interval.unwrap_or(spec.interval))), false)
        }
        Retry::Requeue => (Next::After(scope.ctx.options.requeue_dependency), false),
        Retry::Backoff => (Next::After(backoff(scope, failures)), true),
        Retry::OnChange => (Next::OnChange, false),
        Retry::Now => (Next::Now, false),
    }
}

/// An interval, as timers take it: the schema allows a millisecond, and nobody needs a run that often.
fn at_least_a_second(interval: api::Duration) -> Duration {
    interval.get().max(Duration::from_secs(1))
}

/// The delay after a passing fault that `failures` others in a row came before.
fn backoff(scope: &Scope<'_>, failures: u32) -> Duration {
    let (min, max) = scope.ctx.options.retry;
    Backoff::delay(min, max, failures)
}

/// What the run did is not known to be recorded. The next one must not take its input for dealt with: what was pruned would
/// stay in the inventory (docs/design/0010).
fn unrecorded(scope: &Scope<'_>, error: &WriteError, back_off: impl Fn() -> RunReport) -> RunReport {
    scope.memory.builds.set_input(None);
    unwritten(error, back_off)
}

/// The status could not be written: back off, or stop when the object is gone.
fn unwritten(error: &WriteError, back_off: impl Fn() -> RunReport) -> RunReport {
    match error {
        WriteError::Gone => RunReport::next(Next::Never),
        WriteError::Overtaken | WriteError::Api(_) => {
            tracing::error!(error = %error, "status not written");
            back_off()
        }
    }
}

#[cfg(test)]
mod tests;
