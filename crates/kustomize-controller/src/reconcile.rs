//! One run of one Kustomization, from its source's artifact to Ready (contracts/kustomize-controller.md 5).
//!
//! ```text
//! admit ─▶ source, dependencies ─▶ build ─▶ plan ─▶ permit ─▶ execute (per stage: record, apply, await; prune) ─▶ health
//!          Admission   Resolved      Built    Planned             Applied                                          Ending
//! ```
//!
//! This file is the only one that knows the order. Each step takes the value before it and what it may read (`scope`,
//! which names the target too); what happened goes to the `recorder`, the only writer of status; whatever ends a run is an
//! `ending`, and `finish` makes the report of it. Drift between runs is `heal`'s, and when a run starts is `step`'s.

pub(crate) mod access;
pub(crate) mod admission;
pub(crate) mod build;
pub(crate) mod builder;
pub(crate) mod change_plan;
pub(crate) mod cleanup;
pub(crate) mod data_keys;
pub(crate) mod dependencies;
pub(crate) mod dependents;
pub(crate) mod drift_notes;
pub(crate) mod ending;
pub(crate) mod execute;
pub(crate) mod finish;
pub(crate) mod handover;
pub(crate) mod health_checks;
pub(crate) mod identify;
pub(crate) mod inputs;
pub(crate) mod look;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod recorder;
pub(crate) mod rendering;
pub(crate) mod scope;
pub(crate) mod sharing;
pub(crate) mod source;
pub(crate) mod telling;
pub(crate) mod traces;
pub(crate) mod wait;
pub(crate) mod withheld;
pub(crate) mod worker;

use crate::context::{Context, Ctl};
use crate::expressions::{self, HealthExpressions};
use crate::fault::{Fault, FaultKind, timeout_of};
use crate::memory::Memory;
use crate::step::{Next, RunReport};
use crate::target::Place;
use crate::watched_target::WatchedTarget;
use access::Lost;
use admission::Admission;
use api::kustomization::Kustomization;
use build::Depth;
use cluster::TargetId;
use ending::Ending;
use jiff::Timestamp;
use policy::Permit;
use reconcile_core::{ObjectKey, trace};
use recorder::{Recorder, Step};
use scope::{Resolved, Scope};
use std::sync::Arc;
use std::time::Instant;
use telling::Occasion;
use worker::Worker;

/// Runs one Kustomization once.
pub(crate) async fn run(
    ctx: &Context,
    key: &ObjectKey,
    memory: &Arc<Memory>,
    control: &Ctl,
    failures: u32,
    occasion: Occasion,
) -> RunReport {
    let Some(object) = ctx.kustomizations.get(key) else {
        return RunReport::next(Next::OnChange);
    };
    let health = HealthExpressions::read(&object.spec.health_check_exprs);
    memory.objects.judge_by(expressions::fingerprint(&object.spec));
    let (health, bad_expression) =
        health.map_or_else(|bad| (Default::default(), Some(bad)), |good| (good, None));
    let unreadable = ctx.unreadable.get(key);
    let admission = admission::admit(&object, unreadable.as_deref(), bad_expression);
    let (target, lost, moved) = match target(ctx, key, &object, memory, control, &admission).await {
        Located::At(target) => (target, None, None),
        Located::Lost(lost, moved) => (Arc::clone(ctx.clusters.nowhere()), Some(lost), moved),
        Located::Moved(moved) => {
            return RunReport { moved: Some(moved), ..RunReport::next(Next::Now) };
        }
        Located::Cancelled => return RunReport::next(Next::Now),
    };
    let scope = Scope { ctx, key, object, target, lost, memory, health, control, started: Instant::now() };
    let mut recorder = Recorder::new(&scope);
    recorder.begun(occasion);
    let ending = admitted(&scope, &mut recorder, admission).await;
    traces::ended(&ending);
    if matches!(ending, Ending::Succeeded(_)) {
        drift_notes::ran(&scope);
    }
    let step = trace::step("finish");
    let mut report = finish::finish(&scope, recorder, ending, failures).await;
    step.end();
    report.moved = moved;
    report
}

/// Where a Kustomization's objects are.
enum Located {
    /// There, and so is the memory.
    At(Arc<WatchedTarget>),
    /// That cannot be told; where a target is named, the memory is of no use any more.
    Lost(Lost, Option<TargetId>),
    /// In another target than the memory is of.
    Moved(TargetId),
    /// A newer input came in.
    Cancelled,
}

/// Finds out, unless nothing is done with the objects.
async fn target(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    memory: &Memory,
    control: &Ctl,
    admission: &Admission,
) -> Located {
    if !admission.touches_objects() {
        return Located::At(Arc::clone(ctx.clusters.nowhere()));
    }
    let found = tokio::select! {
        found = access::find(ctx, key, &object.spec) => found,
        () = control.cancelled(), if object.metadata.deletion_timestamp.is_none() => return Located::Cancelled,
    };
    match found {
        Ok(target) => {
            let place = Place::of(&ctx.options, &key.namespace, &object.spec);
            let left = ctx.clusters.settle(key, &place, &target);
            if memory.objects.target() == target.id() {
                return Located::At(target);
            }
            // From the own cluster it may move, too.
            let left =
                left.or_else(|| memory.objects.target().is_local().then(|| Arc::clone(ctx.clusters.local())));
            ctx.move_out(key, memory, left.as_deref());
            Located::Moved(target.id().clone())
        }
        Err(lost) if lost.certain => {
            let left = ctx.clusters.leave(key);
            // Nothing is healed with an access that was taken away.
            let is_left = left.is_some() || !memory.objects.ids().is_empty();
            if is_left {
                let left = left.unwrap_or_else(|| Arc::clone(ctx.clusters.local()));
                ctx.move_out(key, memory, Some(&left));
            }
            Located::Lost(lost, is_left.then_some(TargetId::Local))
        }
        Err(lost) => Located::Lost(lost, None),
    }
}

/// Does what the object asks for.
async fn admitted(scope: &Scope<'_>, recorder: &mut Recorder<'_>, mut admission: Admission) -> Ending {
    if let Admission::Unfinalized { finalizers, then } = admission {
        let step = trace::step("admit");
        if let Err(error) = recorder.write_finalizers(&finalizers).await {
            return error.into();
        }
        step.end();
        admission = *then;
    }
    match admission {
        Admission::Gone | Admission::Unfinalized { .. } => Ending::Gone,
        Admission::Deleting => cleanup::clean_up(scope, recorder).await,
        Admission::Suspended => Ending::Suspended,
        Admission::Invalid(problem) => {
            scope.memory.builds.set_input(None);
            Ending::Halted(Fault::new(FaultKind::Invalid, problem))
        }
        Admission::InvalidExpression(problem) => {
            scope.memory.builds.set_input(None);
            Ending::Halted(Fault::new(
                FaultKind::InvalidExpression,
                format!("Reconciliation failed terminally due to configuration error: {problem}"),
            ))
        }
        Admission::Unsupported(field) => {
            scope.memory.builds.set_input(None);
            Ending::Halted(Fault::new(
                FaultKind::Unsupported,
                format!(
                    "{field} is not supported yet: nothing is applied, pruned or healed until it is removed"
                ),
            ))
        }
        Admission::Admitted => match resolve(scope).await {
            Err(fault) => Ending::Halted(fault),
            Ok(resolved) => {
                recorder.resolved(&resolved);
                match walk(scope, recorder, &resolved).await {
                    Ok(()) => Ending::Succeeded(resolved),
                    Err(fault) => Ending::Failed(resolved, fault),
                }
            }
        },
    }
}

/// Takes a place in another cluster, and looks whether that is there. No worker is held for it.
async fn go_there(scope: &Scope<'_>) -> Result<Option<reconcile_core::Place>, Fault> {
    let Some(places) = &scope.target.places else { return Ok(None) };
    let there = async {
        let place = places.take(&Arc::from(scope.key.namespace.as_str())).await;
        scope.target.look().await;
        place
    };
    tokio::select! {
        place = there => Ok(Some(place)),
        () = scope.control.cancelled() => Err(Fault::cancelled()),
    }
}

/// Finds the artifact, and waits for no dependency.
async fn resolve(scope: &Scope<'_>) -> Result<Resolved, Fault> {
    let spec = &scope.object.spec;
    traces::begun(&scope.object);
    let step = trace::step("resolve");
    gated(scope)?;
    let artifact = source::source(scope.ctx, scope.key, &scope.object).await?;
    traces::resolved(scope.ctx, &scope.object, &artifact);
    dependencies::ready(scope, &artifact.revision).await.map_err(|fault| fault.about(&artifact))?;
    step.end();
    let timeout = timeout_of(spec.timeout.map(Into::into), spec.interval.into());
    Ok(Resolved { artifact, timeout })
}

/// Whether the gates are on that the spec's fields need (contract 5.6).
fn gated(scope: &Scope<'_>) -> Result<(), Fault> {
    let decryption = scope.object.spec.decryption.as_ref();
    let account = decryption.and_then(|decryption| decryption.service_account_name.as_deref());
    if scope.ctx.options.object_identity || account.is_none_or(str::is_empty) {
        return Ok(());
    }
    let text = "to use spec.decryption.serviceAccountName for decryption authentication please enable the \
                ObjectLevelWorkloadIdentity feature gate in the controller";
    Err(Fault::new(FaultKind::GateDisabled, text))
}

/// From the artifact to healthy objects.
async fn walk(scope: &Scope<'_>, recorder: &mut Recorder<'_>, resolved: &Resolved) -> Result<(), Fault> {
    if let Some(lost) = &scope.lost {
        recorder.attempted();
        recorder.enter(Step::Building);
        return Err(lost.fault());
    }
    drift_notes::mode(scope, &resolved.artifact);
    let mut worker = Worker::new(scope.control);
    let place = go_there(scope).await?;
    let mut ahead = Some(scope.ctx.precedence.go_ahead());
    let step = trace::step("build");
    let mut built = build::build(scope, recorder, &mut worker, resolved).await?;
    if place.is_some() {
        worker.go_elsewhere();
    }
    traces::built(&built);
    step.end();
    // Its objects are held until they are applied.
    let memory = built.memory.take();
    let step = trace::step("plan");
    if built.depth == Depth::Shallow {
        ahead = None;
    } else {
        worker.work().await?;
    }
    let mut planned = plan::plan(scope, recorder, &mut worker, built).await?;
    traces::planned(&planned.changes);
    step.end();
    if !planned.changes.is_empty() {
        let (changes, deletions) = (planned.changes.changes.len(), planned.changes.deletions.len());
        tracing::debug!(revision = %resolved.artifact.revision, changes, deletions, "planned");
    }
    let step = trace::step("permit");
    if let Permit::Withheld(ids) = policy::permit(&planned.changes, scope.drift_mode(), Timestamp::now()) {
        planned.withhold(&ids);
    }
    step.end();
    let step = trace::step("execute");
    let applied = execute::execute(scope, recorder, &mut worker, resolved, planned).await?;
    traces::applied(&applied.changes);
    step.end();
    worker.rest();
    drop((memory, place, ahead));
    let step = trace::step("health");
    health_checks::check_health(scope, recorder, resolved, &applied).await?;
    step.end();
    Ok(())
}

#[cfg(test)]
mod tests;
