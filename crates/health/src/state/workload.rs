//! Deployments, ReplicaSets, StatefulSets, DaemonSets and Pods.

use std::time::Duration;

use super::case::Case;
use super::condition::find;
use super::judgement::{Judgement, State};
use super::mapped::{self, RELAPSE_AFTER};
use crate::kstatus::pod::UNSCHEDULABLE;
use crate::kstatus::{Status, Verdict, int};

/// What still runs in part may be short of a Pod for as long as it takes to move one.
const SHORT_OF_PODS: Duration = Duration::from_secs(300);
/// Pods of a DaemonSet come with nodes, whose number changes at no change of the DaemonSet. A new node pulls images and
/// sets up its network first.
const NEW_NODE: Duration = Duration::from_secs(600);

pub(super) fn deployment(case: &Case<'_>) -> Judgement {
    if case.is_set("/spec/paused") {
        let message = "spec.paused keeps its changes from being rolled out";
        return Judgement::new(State::Suspended, "Paused", message)
            .hinting("set spec.paused to false, or remove it, to roll the changes out");
    }
    replicas(case, if is_available(case) { SHORT_OF_PODS } else { RELAPSE_AFTER })
}

fn is_available(case: &Case<'_>) -> bool {
    find(case.object, "Available").is_some_and(|condition| condition.is_true())
}

pub(super) fn replica_set(case: &Case<'_>) -> Judgement {
    replicas(case, RELAPSE_AFTER)
}

pub(super) fn stateful_set(case: &Case<'_>) -> Judgement {
    // A Pod that moves to another node takes its volume along.
    let runs = int(case.object, &["status", "readyReplicas"]).unwrap_or(0) > 0;
    let relapse = if runs { SHORT_OF_PODS } else { RELAPSE_AFTER };
    // kstatus takes it for Current at once, whatever its Pods do.
    if case.text(&["spec", "updateStrategy", "type"]) != "OnDelete" {
        return replicas(case, relapse);
    }
    let verdict = case.verdict();
    if verdict.status != Status::Current {
        return replicas(case, relapse);
    }
    let number = |path: &[&str]| int(case.object, path);
    let wanted = number(&["spec", "replicas"]).unwrap_or(1);
    let ready = number(&["status", "readyReplicas"]).unwrap_or(0);
    if ready < wanted {
        let open = Verdict::in_progress("LessReady", format!("Ready: {ready}/{wanted}"));
        return mapped::of(case, &case.escalated(open)).relapsing(relapse);
    }
    let updated = number(&["status", "updatedReplicas"]).unwrap_or(0);
    let revisions =
        [&["status", "currentRevision"], &["status", "updateRevision"]].map(|path| case.text(path));
    let is_old = updated < wanted
        && revisions.iter().all(|revision| !revision.is_empty())
        && revisions[0] != revisions[1];
    if is_old { on_delete(updated, wanted) } else { Judgement::healthy() }
}

pub(super) fn daemon_set(case: &Case<'_>) -> Judgement {
    let judgement = replicas(case, NEW_NODE);
    if case.text(&["spec", "updateStrategy", "type"]) != "OnDelete" || judgement.state != State::Progressing {
        return judgement;
    }
    let number = |field: &str| int(case.object, &["status", field]).unwrap_or(0);
    let wanted = number("desiredNumberScheduled");
    let updated = number("updatedNumberScheduled");
    let runs = ["currentNumberScheduled", "numberAvailable", "numberReady"]
        .iter()
        .all(|field| number(field) >= wanted);
    let is_seen = judgement.reason != "LatestGenerationNotObserved";
    if is_seen && runs && wanted > 0 && updated < wanted { on_delete(updated, wanted) } else { judgement }
}

/// Pods of an older revision run until somebody deletes them: that is what the update strategy asks for.
fn on_delete(updated: i64, wanted: i64) -> Judgement {
    let message =
        format!("{updated} of {wanted} Pods are of its newest revision, and the others wait to be deleted");
    Judgement::new(State::Suspended, "OnDelete", message)
        .hinting("delete the older Pods, or set spec.updateStrategy.type to RollingUpdate")
}

pub(super) fn pod(case: &Case<'_>) -> Judgement {
    // kstatus takes it for Current: it has ended.
    if case.text(&["status", "phase"]) == "Failed" {
        let verdict = Verdict::failed("PodFailed", "Pod has completed, but not successfully");
        return mapped::of(case, &verdict);
    }
    let verdict = case.verdict();
    // kstatus gives up after seconds, and nodes take minutes to come: what explains it knows when it has waited too long.
    if verdict.reason == UNSCHEDULABLE {
        return mapped::of(case, &Verdict::in_progress(UNSCHEDULABLE, verdict.message))
            .relapsing(RELAPSE_AFTER);
    }
    replicas(case, RELAPSE_AFTER)
}

/// By the numbers and the Pods: on its way, until it has been well and is not any more.
fn replicas(case: &Case<'_>, relapse: Duration) -> Judgement {
    let judgement = mapped::mapped(case);
    let is_rollout = judgement.reason == "LatestGenerationNotObserved";
    if judgement.state == State::Progressing && !is_rollout {
        judgement.relapsing(relapse)
    } else {
        judgement
    }
}
