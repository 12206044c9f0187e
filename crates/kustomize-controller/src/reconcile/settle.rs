//! Waits until objects are well (contracts/kustomize-controller.md 17). No worker is held and nothing is polled but the
//! Pods below a workload; a newer input cancels at once (architecture D5).
//!
//! Verdicts are `health`'s, the set's verdict is `apply::wait`'s, and watching is `follow`'s.

use super::apply_stages::Applied;
use super::{Run, Step};
use crate::fault::Fault;
use crate::follow::{Followed, Follower};
use ::apply::wait::{self, Observed, Outcome};
use ::apply::{Change, baseline};
use api::condition::{self, reason};
use futures::{StreamExt as _, stream};
use health::kstatus::{self, Status};
use manifest::{Gvk, ObjectId};
use reconcile_core::events::Severity;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One awaited object.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Which.
    pub(crate) id: ObjectId,
    /// API version without group.
    pub(crate) version: String,
    /// As last seen, if it was.
    pub(crate) object: Option<Value>,
    /// Its owner labels are ours, so that one watch can follow all of a kind.
    pub(crate) labelled: bool,
    /// A Job that may be gone because it finished (17).
    pub(crate) may_vanish: bool,
}

/// How a wait ended.
#[derive(Debug)]
pub(crate) enum End {
    /// All are Current.
    Ready,
    /// The text of 17.
    Failed(String),
    /// A newer input came in.
    Cancelled,
}

/// Runs the health checks that the spec asks for.
pub(crate) async fn settle(run: &mut Run<'_>, applied: &Applied) -> Result<(), Fault> {
    if !run.object.spec.wait && run.object.spec.health_checks.is_empty() {
        run.draft.unset(condition::HEALTHY);
        return Ok(());
    }
    let started = Instant::now();
    let targets: Vec<Target> = match run.object.spec.wait {
        true => all_targets(run, applied),
        false => named_targets(run, applied),
    };
    run.step = Some(Step::HealthChecks);
    // As it was before this run writes anything.
    let before = reconcile_core::condition::get(&run.draft.stored().conditions, condition::HEALTHY).cloned();
    let was_healthy = before.as_ref().is_some_and(|healthy| healthy.status == condition::TRUE);
    let timeout = run.timeout;
    let waits = !is_settled(run, &targets);
    if waits {
        let progress = run.progress().unwrap_or_default();
        run.set_progressing();
        run.draft.set(condition::HEALTHY, condition::UNKNOWN, reason::PROGRESSING, &progress);
        run.draft.write().await?;
        match wait(run, targets, timeout, run.ctx.options.fail_fast).await {
            End::Ready => {}
            End::Cancelled => return Err(Fault::cancelled()),
            End::Failed(text) => {
                let took = api::Duration::from(started.elapsed());
                let message = format!("health check failed after {took}: {text}");
                return Err(Fault {
                    unhealthy: Some(text),
                    ..Fault::new(reason::HEALTH_CHECK_FAILED, message)
                });
            }
        }
    }
    let message = format!("Health check passed in {}", api::Duration::from(started.elapsed()));
    let new_revision = run.draft.stored().last_applied_revision.as_ref() != Some(&run.artifact.revision);
    if !was_healthy || (new_revision && super::prune::is_drift(&applied.changes)) {
        run.ctx.tell(&run.object, Some(&run.artifact), Severity::Info, reason::PROGRESSING, &message);
    }
    // Healthy as before without a wait: the old message stays, so that a run that changes nothing writes nothing here.
    let message = match before {
        Some(before) if was_healthy && !waits => before.message,
        _ => message,
    };
    run.draft.set(condition::HEALTHY, condition::TRUE, reason::SUCCEEDED, &message);
    Ok(())
}

/// All objects but skipped ones and this Kustomization itself (17).
fn all_targets(run: &Run<'_>, applied: &Applied) -> Vec<Target> {
    if applied.shallow {
        let desired = run.memory.managed();
        return desired
            .iter()
            .filter(|object| !is_self(run, &object.id()))
            .map(|object| Target {
                id: object.id(),
                version: object.gvk().version,
                object: None,
                labelled: true,
                may_vanish: kstatus::has_ttl(object.value()),
            })
            .collect();
    }
    let kept: Vec<Change> =
        applied.changes.iter().filter(|change| change.action != ::apply::Action::Skipped).cloned().collect();
    targets_of(run, &kept)
}

/// Targets from a change set.
pub(crate) fn targets_of(run: &Run<'_>, changes: &[Change]) -> Vec<Target> {
    changes
        .iter()
        .filter(|change| !is_self(run, &change.id))
        .map(|change| Target {
            id: change.id.clone(),
            version: change.version.clone(),
            may_vanish: change.object.as_ref().is_some_and(kstatus::has_ttl),
            object: change.object.clone(),
            labelled: true,
        })
        .collect()
}

/// The objects of `spec.healthChecks`; an empty namespace looks for a cluster-scoped object (2).
fn named_targets(run: &Run<'_>, applied: &Applied) -> Vec<Target> {
    let references = run.object.spec.health_checks.iter();
    references
        .map(|reference| {
            let gvk = Gvk::parse(
                reference.api_version.as_deref().filter(|v| !v.is_empty()).unwrap_or("apps/v1"),
                &reference.kind,
            );
            let id = ObjectId {
                namespace: reference.namespace.clone().unwrap_or_default(),
                name: reference.name.clone(),
                group: gvk.group,
                kind: gvk.kind,
            };
            let change = applied.changes.iter().find(|change| change.id == id);
            let object = change.and_then(|change| change.object.clone());
            Target {
                may_vanish: object.as_ref().is_some_and(kstatus::has_ttl),
                id,
                version: gvk.version,
                object,
                labelled: false,
            }
        })
        .filter(|target| !is_self(run, &target.id))
        .collect()
}

fn is_self(run: &Run<'_>, id: &ObjectId) -> bool {
    id.kind == "Kustomization"
        && id.group == api::KUSTOMIZE_GROUP
        && id.namespace == run.key.namespace
        && id.name == run.key.name
}

/// Whether every target is known to be Current without asking: by the object at hand, or because it was Current at the
/// resourceVersion it still has (decisions 4.7).
pub(crate) fn is_settled(run: &Run<'_>, targets: &[Target]) -> bool {
    targets.iter().all(|target| is_known_current(run, target))
}

fn is_known_current(run: &Run<'_>, target: &Target) -> bool {
    let (current_at, newest) = run.memory.verdict(&target.id);
    if let Some(object) = &target.object {
        let version = version_of(object);
        if version >= newest && judge(object).0 == Status::Current {
            run.memory.set_current(&target.id, version);
            return true;
        }
    }
    current_at != 0 && current_at == newest
}

fn version_of(object: &Value) -> u64 {
    baseline::version_number(object.pointer("/metadata/resourceVersion").and_then(Value::as_str))
}

/// Verdict and, where an object cannot be judged, why.
fn judge(object: &Value) -> (Status, Option<String>) {
    match kstatus::compute(object, jiff::Timestamp::now()) {
        Ok(verdict) => (verdict.status, None),
        Err(error) => (Status::Unknown, Some(error.to_string())),
    }
}

/// Waits for targets; ends early on failure, newer input or timeout.
pub(crate) async fn wait(run: &Run<'_>, targets: Vec<Target>, timeout: Duration, fail_fast: bool) -> End {
    let deadline = tokio::time::Instant::now() + timeout;
    let mut observed = Vec::with_capacity(targets.len());
    let mut open: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        let (status, error) = match &target.object {
            _ if is_known_current(run, target) => (Status::Current, None),
            Some(object) => judge(object),
            None => (Status::NotFound, None),
        };
        if status != Status::Current {
            open.insert(target.id.clone(), index);
        }
        observed.push(Observed { id: target.id.clone(), status, error });
    }
    if open.is_empty() {
        return End::Ready;
    }
    let client = match run.ctx.client_for(run.key, &run.object.spec) {
        Ok(client) => client,
        Err(error) => return End::Failed(error.to_string()),
    };
    let follower = Follower::new(run.ctx, client);
    let mut events = stream::select_all(
        follower.follow(run.key, open.values().filter_map(|index| targets.get(*index))).await,
    );
    let mut last: BTreeMap<usize, Value> = BTreeMap::new();
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    tick.reset();
    loop {
        match wait::decide(&observed, fail_fast) {
            Outcome::Ready => return End::Ready,
            Outcome::Failed(text) => return End::Failed(text),
            Outcome::Waiting => {}
        }
        let changed = tokio::select! {
            () = run.ctl.cancelled() => return End::Cancelled,
            () = tokio::time::sleep_until(deadline) => return End::Failed(wait::timed_out(&observed)),
            Some(event) = events.next() => take(event, &targets, &open, &mut observed, &mut last),
            // Verdicts that change by time alone, and Pods below a workload (17.1).
            _ = tick.tick() => last.keys().copied().collect(),
        };
        for index in changed {
            let (Some(target), Some(slot)) = (targets.get(index), observed.get_mut(index)) else { continue };
            let Some(object) = last.get(&index) else { continue };
            let (status, error) = judge(object);
            slot.status = follower.escalate(target, object, status).await;
            slot.error = error;
            if slot.status == Status::Current {
                run.memory.set_current(&target.id, version_of(object));
            }
        }
    }
}

/// Takes a watch event in; the targets to judge again.
fn take(
    event: Followed,
    targets: &[Target],
    open: &BTreeMap<ObjectId, usize>,
    observed: &mut [Observed],
    last: &mut BTreeMap<usize, Value>,
) -> Vec<usize> {
    match event {
        Followed::Object { id, object } => match open.get(&id) {
            Some(index) => {
                last.insert(*index, *object);
                vec![*index]
            }
            None => Vec::new(),
        },
        Followed::Absent { id } => {
            if let Some(index) = open.get(&id)
                && let Some(slot) = observed.get_mut(*index)
            {
                let vanished = targets.get(*index).is_some_and(|target| target.may_vanish);
                slot.status = if vanished { Status::Current } else { Status::NotFound };
                last.remove(index);
            }
            Vec::new()
        }
        Followed::Blind { ids, error } => {
            for id in ids {
                if let Some(slot) = open.get(&id).and_then(|index| observed.get_mut(*index)) {
                    slot.status = Status::Unknown;
                    slot.error = Some(error.clone());
                }
            }
            Vec::new()
        }
    }
}
