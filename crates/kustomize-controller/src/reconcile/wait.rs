//! Waits until objects are well (contracts/kustomize-controller.md 17). No worker is held and nothing is polled but the
//! Pods below a workload; a newer input cancels at once (architecture D5).
//!
//! Verdicts are `health`'s, the set's verdict is `apply::wait`'s, and watching is `object_follow`'s. Which objects are
//! awaited, and what is said of it, is the caller's.

use super::scope::Scope;
use crate::object_follow::{Followed, Follower, Target};
use ::apply::wait::{self, Observed, Outcome};
use ::apply::{Change, baseline};
use futures::{StreamExt as _, stream};
use health::Rules;
use health::kstatus::{self, Status};
use manifest::ObjectId;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

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

/// Targets from a change set.
pub(crate) fn targets_of(changes: &[Change]) -> Vec<Target> {
    changes
        .iter()
        .map(|change| Target {
            id: change.id.clone(),
            version: change.version.clone(),
            may_vanish: change.object.as_ref().is_some_and(|object| Rules::built_in().has_ttl(object)),
            object: change.object.clone(),
            labelled: true,
        })
        .collect()
}

pub(crate) fn is_self(scope: &Scope<'_>, id: &ObjectId) -> bool {
    id.kind == "Kustomization"
        && id.group == api::KUSTOMIZE_GROUP
        && id.namespace == scope.key.namespace
        && id.name == scope.key.name
}

/// Whether every target is known to be Current without asking: by the object at hand, or because it was Current at the
/// resourceVersion it still has (decisions 4.7).
pub(crate) fn is_settled(scope: &Scope<'_>, targets: &[Target]) -> bool {
    targets.iter().all(|target| is_known_current(scope, target))
}

/// The same for one.
pub(crate) fn is_known_current(scope: &Scope<'_>, target: &Target) -> bool {
    if target.object.as_ref().is_some_and(|object| is_seen_current(scope, target, object)) {
        return true;
    }
    let (current_at, newest) = scope.memory.objects.verdict(&target.id);
    current_at != 0 && current_at == newest
}

/// Whether an object that is at hand is Current, and nothing newer is known of it.
pub(crate) fn is_seen_current(scope: &Scope<'_>, target: &Target, object: &Value) -> bool {
    let (version, (_, newest)) = (version_of(object), scope.memory.objects.verdict(&target.id));
    let is_current = version >= newest && judge(scope, object).0 == Status::Current;
    if is_current {
        scope.memory.objects.set_current(&target.id, version);
    }
    is_current
}

fn version_of(object: &Value) -> u64 {
    baseline::version_number(object.pointer("/metadata/resourceVersion").and_then(Value::as_str))
}

/// Verdict and, where an object cannot be judged, why.
fn judge(scope: &Scope<'_>, object: &Value) -> (Status, Option<String>) {
    if let Some(verdict) = scope.health.judge(object) {
        return verdict;
    }
    match kstatus::compute(object, Rules::built_in(), jiff::Timestamp::now()) {
        Ok(verdict) => (verdict.status, None),
        Err(error) => (Status::Unknown, Some(error.to_string())),
    }
}

/// Waits for targets; ends early on failure, newer input or timeout.
pub(crate) async fn wait(scope: &Scope<'_>, targets: Vec<Target>, timeout: Duration, fail_fast: bool) -> End {
    let deadline = tokio::time::Instant::now() + timeout;
    let mut observed = Vec::with_capacity(targets.len());
    let mut open: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        let (status, error) = match &target.object {
            _ if is_known_current(scope, target) => (Status::Current, None),
            Some(object) => judge(scope, object),
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
    let client = match scope.client() {
        Ok(client) => client,
        Err(error) => return End::Failed(error.to_string()),
    };
    let follower = Follower::new(scope.target.mapper(), client);
    let mut events = stream::select_all(
        follower.follow(scope.key, open.values().filter_map(|index| targets.get(*index))).await,
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
            () = scope.control.cancelled() => return End::Cancelled,
            () = tokio::time::sleep_until(deadline) => return End::Failed(wait::timed_out(&observed)),
            Some(event) = events.next() => take(event, &targets, &open, &mut observed, &mut last),
            // Verdicts that change by time alone, and Pods below a workload (contract 17.1).
            _ = tick.tick() => last.keys().copied().collect(),
        };
        for index in changed {
            let (Some(target), Some(slot)) = (targets.get(index), observed.get_mut(index)) else { continue };
            let Some(object) = last.get(&index) else { continue };
            let (status, error) = judge(scope, object);
            slot.status = match scope.health.covers(&target.id) {
                true => status,
                false => follower.escalate(target, object, status).await,
            };
            slot.error = error;
            if slot.status == Status::Current {
                scope.memory.objects.set_current(&target.id, version_of(object));
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

#[cfg(test)]
mod tests;
