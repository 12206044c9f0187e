//! What keeps a Pod from running: scheduling, image, configuration, crashes, volumes, probes, in the order in which they
//! come in its life. Init containers first, because nothing else starts before them.

mod config;
mod crash;
mod fault;
mod image;
mod probes;
mod scheduling;
mod starting;
mod statuses;

use serde_json::Value;

use super::event::{self, Warning};
use super::explanation::Explanation;
use super::scene::Scene;
use crate::kstatus::{int, text};

pub(crate) use fault::{Fault, Severity};

/// A Pod that ended badly is Current, which does not mean that all is well.
pub(crate) fn notable(pod: &Value) -> &'static str {
    if text(pod, &["status", "phase"]) == Some("Failed") { "PodFailed" } else { "" }
}

/// Explains a Pod as an object of its own.
pub(crate) fn explain(pod: &Value, scene: &Scene<'_>) -> Option<Explanation> {
    let fault = fault(pod, scene)?;
    Some(Explanation {
        stuck: fault.severity == Severity::Stuck,
        hint: fault.hint,
        evidence: fault.evidence.into_iter().collect(),
        changes_in: fault.changes_in,
        certain: fault.certain,
        ..Explanation::new(fault.reason, format!("it {}", fault.clause))
    })
}

/// What is wrong with a Pod; `None` when nothing is, or when it is on its way without a hitch.
pub(super) fn fault(pod: &Value, scene: &Scene<'_>) -> Option<Fault> {
    match text(pod, &["status", "phase"]) {
        Some("Succeeded") => return None,
        Some("Failed") => return Some(crash::ended(pod, scene)),
        _ => {}
    }
    if let Some(fault) = scheduling::fault(pod, scene) {
        return Some(fault);
    }
    let warnings = event::about(pod, "Pod", scene);
    statuses::all(pod)
        .find_map(|container| container_fault(pod, container, &warnings, scene))
        .or_else(|| starting::fault(pod, &warnings, scene))
        .or_else(|| probes::fault(pod, &warnings, scene))
}

fn container_fault(pod: &Value, container: &Value, warnings: &[Warning], scene: &Scene<'_>) -> Option<Fault> {
    let name = text(pod, &["metadata", "name"]).unwrap_or_default();
    match text(container, &["state", "waiting", "reason"]) {
        Some("ImagePullBackOff" | "ErrImagePull" | "ImageInspectError" | "RegistryUnavailable") => {
            Some(image::fault(container, warnings, scene, name))
        }
        Some("InvalidImageName") => Some(config::image_name(container, "InvalidImageName")),
        Some("ErrImageNeverPull") => Some(config::image_name(container, "ErrImageNeverPull")),
        Some("CreateContainerConfigError") => Some(config::configuration(container, scene, name)),
        Some("CreateContainerError" | "RunContainerError" | "StartError" | "ContainerCannotRun") => {
            Some(config::start(container, scene, name))
        }
        Some("CrashLoopBackOff") => Some(crash::fault(container, warnings, scene, name)),
        // Between two crashes the container runs for a moment; it is the same fault.
        _ if int(container, &["restartCount"]).unwrap_or(0) >= 2
            && crash::may_crash_again(container, scene)
            && container.get("ready") != Some(&Value::Bool(true))
            && int(container, &["lastState", "terminated", "exitCode"]).is_some_and(|code| code != 0) =>
        {
            Some(crash::fault(container, warnings, scene, name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
