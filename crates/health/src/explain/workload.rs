//! Deployments, StatefulSets, DaemonSets, ReplicaSets and Jobs, by their conditions and by the Pods of their newest
//! revision.

mod creation;
mod job;
mod newest;

use serde_json::Value;

use super::explanation::{Explanation, MAX_EVIDENCE, condition_text, plain};
use super::pod::{Fault, Severity, fault};
use super::scene::Scene;
use crate::kstatus::workload::deadline;
use crate::kstatus::{Status, Verdict, text};

pub(crate) fn explain(
    object: &Value,
    kind: &str,
    verdict: &Verdict,
    pods: &[&Value],
    scene: &Scene<'_>,
) -> Explanation {
    let (revision, newest) = newest::newest(object, kind, pods);
    if let Some(told) = creation::explain(object, kind, newest.len(), scene) {
        return told;
    }
    let faults = faults(&newest, scene);
    let mut told = match worst(&faults) {
        Some(worst) => by_pods(kind, revision.as_deref(), worst, &faults),
        None => by_numbers(object, kind, verdict, scene),
    };
    if verdict.reason == "ProgressDeadlineExceeded" {
        told.evidence.push("condition Progressing: ProgressDeadlineExceeded".to_owned());
    }
    if kind == "Job" {
        // It tries again until its own limit is reached, and has no readiness to wait for.
        told.stuck &=
            !["PodFailed", "Evicted", "CrashLoopBackOff", "NotReady"].contains(&told.reason.as_str());
        told = job::failed(object, told, !faults.is_empty(), scene);
    }
    if told.reason == "NotReady" && kind == "Deployment" && has_time_left(object) {
        told.stuck = false;
        told.changes_in = None;
    }
    // Another Pod is made in place of one that ended.
    told.certain &= !["PodFailed", "Evicted"].contains(&told.reason.as_str());
    told.stuck |= verdict.status == Status::Failed;
    told.evidence.truncate(MAX_EVIDENCE);
    told
}

/// Whether a Deployment is being rolled out and will say itself when that takes too long.
fn has_time_left(object: &Value) -> bool {
    let rolls = condition_text(object, "Progressing", "True")
        .is_some_and(|(reason, _)| reason != "NewReplicaSetAvailable");
    rolls && deadline(object).is_some()
}

fn by_pods(kind: &str, revision: Option<&str>, worst: &Fault, faults: &[(&str, Fault)]) -> Explanation {
    let whose = match (kind, revision) {
        ("Deployment", Some(set)) => format!("pods of its newest ReplicaSet {set}"),
        ("Deployment", None) => "pods of its newest ReplicaSet".to_owned(),
        _ => "its pods".to_owned(),
    };
    let evidence = faults
        .iter()
        .filter(|(_, fault)| fault.reason == worst.reason)
        .take(MAX_EVIDENCE)
        .map(|(name, fault)| match &fault.evidence {
            Some(seen) => format!("Pod {name}: {seen}"),
            None => format!("Pod {name}: {}", fault.reason),
        })
        .collect();
    let state = if kind == "Job" { "not complete" } else { "not available" };
    Explanation {
        reason: worst.reason.to_owned(),
        message: format!("{kind} is {state}: {whose} {}", worst.clause),
        evidence,
        hint: worst.hint.clone(),
        stuck: worst.severity == Severity::Stuck,
        certain: worst.certain,
        changes_in: faults.iter().filter_map(|(_, fault)| fault.changes_in).min(),
    }
}

fn by_numbers(object: &Value, kind: &str, verdict: &Verdict, scene: &Scene<'_>) -> Explanation {
    let paused = object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true);
    let told = plain(verdict);
    if paused {
        return Explanation {
            reason: "Paused".to_owned(),
            message: format!("{kind} is paused and not rolled out ({})", told.message),
            hint: Some(
                "spec.paused keeps the change from being rolled out: set it to false in the manifests"
                    .to_owned(),
            ),
            stuck: true,
            ..told
        };
    }
    let name = text(object, &["metadata", "name"]).unwrap_or("NAME");
    let hint = if kind == "Job" {
        format!("{} describe job {name}", scene.kubectl())
    } else {
        format!("see what its Pods do: {} get pods, and {}", scene.kubectl(), scene.describe(object))
    };
    Explanation { message: format!("{kind} is not ready yet: {}", told.message), hint: Some(hint), ..told }
}

/// Faults by severity, then by the Pod's name, so that the text is the same each time.
fn faults<'a>(pods: &[&'a Value], scene: &Scene<'_>) -> Vec<(&'a str, Fault)> {
    let mut faults: Vec<(&str, Fault)> = pods
        .iter()
        .filter_map(|pod| Some((text(pod, &["metadata", "name"]).unwrap_or_default(), fault(pod, scene)?)))
        .collect();
    faults.sort_by(|(a, x), (b, y)| x.severity.cmp(&y.severity).then_with(|| a.cmp(b)));
    faults
}

/// The fault that speaks for all. Of one kind it is that of a Pod that knows why: the kubelet tells it from time to time
/// only.
fn worst<'f>(faults: &'f [(&str, Fault)]) -> Option<&'f Fault> {
    let (_, first) = faults.first()?;
    let alike = || faults.iter().map(|(_, fault)| fault).filter(|fault| fault.reason == first.reason);
    alike().find(|fault| fault.clause.contains(": ")).or(Some(first))
}
