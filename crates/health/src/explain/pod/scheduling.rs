//! Pods that no node takes, in the scheduler's own words and counts.

use serde_json::Value;

use super::fault::Fault;
use crate::explain::explanation::condition_text;
use crate::explain::scene::Scene;
use crate::kstatus::text;

/// So many seconds a Pod may wait for a node. Where nodes come by themselves they take minutes: an autoscaler decides, a
/// machine starts and joins. Whether one comes stands in no Warning and in no field of the Pod, and what the scheduler counts
/// does not tell: most of it a new node could mend.
const NODE_PATIENCE: i64 = 300;

/// The fault of a Pod that is not scheduled; `None` for one that is, or that nobody has tried to schedule.
pub(super) fn fault(pod: &Value, scene: &Scene<'_>) -> Option<Fault> {
    let (reason, message) = condition_text(pod, "PodScheduled", "False")?;
    let name = text(pod, &["metadata", "name"]).unwrap_or_default();
    match reason.as_str() {
        "Unschedulable" => Some(
            Fault::waiting("Unschedulable", format!("cannot be scheduled: {message}"))
                .hint(hint(&message, scene, name))
                .stuck_after(waits_for(pod, scene), NODE_PATIENCE),
        ),
        "SchedulingGated" => Some(
            Fault::waiting("SchedulingGated", "cannot be scheduled yet: a scheduling gate is closed")
                .hint("whoever set spec.schedulingGates has to take them away: see the queue or quota that admits the Pods"),
        ),
        _ => None,
    }
}

/// For how many seconds no node has taken it.
fn waits_for(pod: &Value, scene: &Scene<'_>) -> Option<i64> {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let scheduled = conditions.into_iter().flatten().find(|c| text(c, &["type"]) == Some("PodScheduled"));
    let since = scheduled.and_then(|condition| text(condition, &["lastTransitionTime"]));
    scene.seconds_since(since.or_else(|| text(pod, &["metadata", "creationTimestamp"]))?)
}

/// What can be done, by what the scheduler counts.
fn hint(said: &str, scene: &Scene<'_>, pod: &str) -> String {
    let says = |words: &str| said.contains(words);
    let claims = format!("{} get persistentvolumeclaims", scene.kubectl());
    let mut ways: Vec<String> = Vec::new();
    let short = |resource: &str| said.contains(&format!("Insufficient {resource}"));
    if short("cpu") || short("memory") || says("Insufficient ") {
        let what = match (short("cpu"), short("memory")) {
            (true, true) => "cpu and memory",
            (true, false) => "cpu",
            (false, true) => "memory",
            (false, false) => "the resource that is short",
        };
        ways.push(format!("lower the requests for {what}, or add nodes"));
    }
    if says("untolerated taint") || says("had taint") {
        ways.push("give the Pods a toleration for the taint, or take the taint off a node".to_owned());
    }
    if says("node affinity/selector")
        || says("node selector")
        || says("node(s) didn't match Pod's node affinity")
    {
        ways.push("correct nodeSelector and affinity, or label a node to fit".to_owned());
    }
    if says("pod affinity") || says("anti-affinity") || says("topology spread") {
        ways.push("relax the Pods' affinity or topologySpreadConstraints, or add nodes".to_owned());
    }
    if says("unbound immediate PersistentVolumeClaims") {
        ways.push(format!("see why the claim has no volume: {claims}"));
    }
    if says("persistentvolumeclaim \"") {
        ways.push(format!("create the PersistentVolumeClaim, or correct its name: {claims}"));
    }
    if says("volume node affinity conflict") {
        ways.push(
            "its volume is bound to a node or zone that the Pod may not use: move one of the two".to_owned(),
        );
    }
    if says("Too many pods") {
        ways.push("the nodes hold as many Pods as they may: add nodes".to_owned());
    }
    if says("node(s) were unschedulable") {
        ways.push("nodes are cordoned: kubectl uncordon NODE".to_owned());
    }
    if says("no nodes available") || says("0/0 nodes") {
        ways.push("the cluster has no node: add one".to_owned());
    }
    if ways.is_empty() {
        return format!(
            "compare requests, node selectors, affinity and taints with the nodes: {} describe pod {pod}",
            scene.kubectl()
        );
    }
    ways.join("; ")
}
