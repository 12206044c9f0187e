//! Pods on a node of which no container has started: volumes that cannot be mounted, networks that cannot be set up. The
//! kubelet tells of these by events only.

use serde_json::Value;

use super::config;
use super::fault::Fault;
use super::statuses;
use crate::explain::event::Warning;
use crate::explain::explanation::condition_text;
use crate::explain::scene::Scene;
use crate::kstatus::text;
use crate::wording;

/// So many seconds a Pod may lack an object that is mounted; it is often made at the same time.
const PATIENCE: i64 = 60;
/// So many seconds volumes and networks may take: drivers start on a new node, and Kubernetes takes a volume from a node
/// that does not answer after six minutes.
const NODE_PATIENCE: i64 = 420;

/// The fault of a Pod that hangs before its first container.
pub(super) fn fault(pod: &Value, warnings: &[Warning], scene: &Scene<'_>) -> Option<Fault> {
    let waits = |container: &Value| {
        matches!(
            text(container, &["state", "waiting", "reason"]),
            Some("ContainerCreating" | "PodInitializing")
        )
    };
    // Its volumes are mounted and its network is set up, whatever was said before.
    if condition_text(pod, "PodReadyToStartContainers", "True").is_some() {
        return None;
    }
    let mut containers = statuses::all(pod).peekable();
    if containers.peek().is_some() && !containers.any(waits) {
        return None;
    }
    let waits_for = text(pod, &["metadata", "creationTimestamp"]).and_then(|time| scene.seconds_since(time));
    let worst = warnings.iter().filter_map(|warning| Some((rank(warning)?, warning))).min();
    let (rank, warning) = worst?;
    let patience = if rank == 0 { PATIENCE } else { NODE_PATIENCE };
    let fault = of(warning, scene, text(pod, &["metadata", "name"]).unwrap_or_default());
    Some(fault.evidence(warning.shown()).stuck_after(waits_for, patience))
}

/// What tells most first; `None` for what tells nothing of this.
fn rank(warning: &Warning) -> Option<u8> {
    match warning.reason.as_str() {
        "FailedMount" if config::missing(&warning.message).is_some() => Some(0),
        "FailedAttachVolume" => Some(1),
        "FailedMount" if !warning.message.contains("timed out waiting") => Some(2),
        "FailedCreatePodSandBox" | "NetworkNotReady" | "FailedCreatePodContainer" => Some(3),
        // Says that something failed before, no more.
        "FailedMount" => Some(4),
        _ => None,
    }
}

fn of(warning: &Warning, scene: &Scene<'_>, pod: &str) -> Fault {
    let describe = format!("{} describe pod {pod}", scene.kubectl());
    match warning.reason.as_str() {
        "FailedAttachVolume" => {
            let shared = warning.message.contains("Multi-Attach");
            let why = if shared { ": another node uses it" } else { "" };
            let hint = if shared {
                format!(
                    "a ReadWriteOnce volume moves only when the Pod that uses it is gone: end that one, or set the Deployment's strategy to Recreate; {describe}"
                )
            } else {
                format!("see what the CSI driver says: {describe}")
            };
            Fault::waiting("FailedAttachVolume", format!("cannot start: a volume cannot be attached{why}"))
                .hint(hint)
        }
        "FailedMount" => {
            let volume = volume(&warning.message);
            let what = match volume {
                Some(name) => wording::word(&format!("volume {name}")),
                None => "a volume".to_owned(),
            };
            match config::missing(&warning.message) {
                Some(missing) => Fault::waiting(
                    "FailedMount",
                    format!("cannot start: {what} cannot be mounted: {}", missing.sentence()),
                )
                .hint(missing.hint(scene.namespace, &what)),
                None => Fault::waiting("FailedMount", format!("cannot start: {what} cannot be mounted"))
                    .hint(format!("see whether its claim, class or server is there: {describe}")),
            }
        }
        _ => Fault::waiting(
            "FailedCreatePodSandBox",
            "cannot start: their network cannot be set up on the node",
        )
        .hint(format!("see whether the network plug-in (CNI) runs on the node: {describe}")),
    }
}

/// The volume of `MountVolume.SetUp failed for volume "cfg" : …`.
fn volume(message: &str) -> Option<&str> {
    message.split_once("for volume \"")?.1.split('"').next()
}
