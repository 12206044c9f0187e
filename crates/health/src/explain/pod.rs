//! What keeps a Pod from running: image, configuration, crashes, scheduling, probes. Init containers first, because
//! nothing else starts before them.

use serde_json::Value;

use super::{Explanation, condition_text};
use crate::kstatus::{int, text};
use crate::wording;

/// A fault of a Pod, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// It cannot go on without help.
    Stuck,
    /// It may go on by itself.
    Waiting,
}

/// What is wrong with one Pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) severity: Severity,
    /// One word, the same for all names that the kubelet gives the fault.
    pub(super) reason: &'static str,
    /// Continues "pods …" and "it …", in words that fit one and many.
    pub(super) clause: String,
    /// What it was seen by.
    pub(super) evidence: Option<String>,
    pub(super) hint: Option<&'static str>,
}

impl Fault {
    fn stuck(reason: &'static str, clause: String) -> Self {
        Self { severity: Severity::Stuck, reason, clause, evidence: None, hint: None }
    }

    fn waiting(reason: &'static str, clause: String) -> Self {
        Self { severity: Severity::Waiting, ..Self::stuck(reason, clause) }
    }
}

/// A Pod that ended badly is Current, which does not mean that all is well.
pub(crate) fn notable(pod: &Value) -> &'static str {
    if text(pod, &["status", "phase"]) == Some("Failed") { "PodFailed" } else { "" }
}

/// Explains a Pod as an object of its own.
pub(crate) fn explain(pod: &Value) -> Option<Explanation> {
    let fault = fault(pod)?;
    Some(Explanation {
        stuck: fault.severity == Severity::Stuck,
        hint: fault.hint,
        evidence: fault.evidence.into_iter().collect(),
        ..Explanation::new(fault.reason, format!("it {}", fault.clause))
    })
}

/// What is wrong with a Pod; `None` when nothing is, or when it is on its way without a hitch.
pub(super) fn fault(pod: &Value) -> Option<Fault> {
    match text(pod, &["status", "phase"]) {
        Some("Succeeded") => return None,
        Some("Failed") => return Some(ended(pod)),
        _ => {}
    }
    if let Some((reason, message)) = condition_text(pod, "PodScheduled", "False") {
        let clause = format!("cannot be scheduled: {message}");
        return (reason == "Unschedulable").then(|| Fault {
            hint: Some(
                "no node takes it: compare requests, node selectors, affinity and taints with the nodes",
            ),
            ..Fault::stuck("Unschedulable", clause)
        });
    }
    let all =
        || ["initContainerStatuses", "containerStatuses"].into_iter().flat_map(|list| containers(pod, list));
    if let Some(fault) = all().find_map(container_fault) {
        return Some(fault);
    }
    let unready = containers(pod, "containerStatuses").find(|container| {
        container.get("ready") == Some(&Value::Bool(false)) && container.pointer("/state/running").is_some()
    })?;
    let name = text(unready, &["name"]).unwrap_or_default();
    Some(Fault {
        hint: Some("the container runs but its readiness probe does not succeed"),
        ..Fault::waiting("NotReady", format!("cannot take traffic: container {name} runs but is not ready"))
    })
}

fn containers<'a>(pod: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    pod.get("status").and_then(|status| status.get(list)).and_then(Value::as_array).into_iter().flatten()
}

fn container_fault(container: &Value) -> Option<Fault> {
    let name = text(container, &["name"]).unwrap_or_default();
    let image = text(container, &["image"]).unwrap_or_default();
    let said = text(container, &["state", "waiting", "message"]).filter(|text| !text.is_empty());
    let with_said =
        |fault: Fault| Fault { evidence: said.map(wording::quoted).or(fault.evidence.clone()), ..fault };
    match text(container, &["state", "waiting", "reason"]) {
        // The kubelet alternates between the two names; its words differ as well, so only the image is told.
        Some("ImagePullBackOff" | "ErrImagePull" | "ImageInspectError" | "RegistryUnavailable") => {
            Some(Fault {
                evidence: Some(format!("container {name} waits: ImagePullBackOff, image {image}")),
                hint: Some("check that the image's name and tag exist and that the pull secret may read it"),
                ..Fault::stuck("ImagePullBackOff", format!("cannot pull image {image}"))
            })
        }
        Some(reason @ ("InvalidImageName" | "ErrImageNeverPull")) => {
            let reason = if reason == "InvalidImageName" { "InvalidImageName" } else { "ErrImageNeverPull" };
            let clause = format!("cannot use image {image} ({reason})");
            Some(with_said(Fault {
                hint: Some("correct the image's name, or its pull policy"),
                ..Fault::stuck(reason, clause)
            }))
        }
        Some("CreateContainerConfigError") => Some(with_said(Fault {
            hint: Some("a ConfigMap, Secret or key that the container uses does not exist"),
            ..Fault::stuck("CreateContainerConfigError", format!("cannot configure container {name}"))
        })),
        Some("CreateContainerError" | "RunContainerError" | "StartError" | "ContainerCannotRun") => {
            Some(with_said(Fault {
                hint: Some("the container's command or mounts do not fit its image"),
                ..Fault::stuck("RunContainerError", format!("cannot start container {name}"))
            }))
        }
        Some("CrashLoopBackOff") => Some(crash(container, name)),
        // Between two crashes the container runs for a moment; it is the same fault.
        _ if int(container, &["restartCount"]).unwrap_or(0) >= 2
            && container.get("ready") != Some(&Value::Bool(true))
            && int(container, &["lastState", "terminated", "exitCode"]).is_some_and(|code| code != 0) =>
        {
            Some(crash(container, name))
        }
        _ => None,
    }
}

fn crash(container: &Value, name: &str) -> Fault {
    let last = termination(container, "lastState").or_else(|| termination(container, "state"));
    let clause = match &last {
        Some(how) => format!("cannot stay up: container {name} keeps crashing, most recently with {how}"),
        None => format!("cannot stay up: container {name} keeps crashing"),
    };
    let out_of_memory = last.as_deref().is_some_and(|how| how.contains("OOMKilled"));
    Fault {
        evidence: last
            .map(|how| format!("container {name} waits: CrashLoopBackOff; last termination: {how}")),
        hint: Some(if out_of_memory {
            "it needs more memory than its limit"
        } else {
            "read the log of the container's previous run"
        }),
        ..Fault::stuck("CrashLoopBackOff", clause)
    }
}

/// `exit code 3 (Error)`.
fn termination(container: &Value, state: &str) -> Option<String> {
    let code = int(container, &[state, "terminated", "exitCode"])?;
    Some(match text(container, &[state, "terminated", "reason"]).filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("exit code {code} ({reason})"),
        None => format!("exit code {code}"),
    })
}

/// A Pod that ended badly.
fn ended(pod: &Value) -> Fault {
    let ended = ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|list| containers(pod, list))
        .filter(|container| {
            int(container, &["state", "terminated", "exitCode"]).is_some_and(|code| code != 0)
        })
        .find_map(|container| {
            Some((text(container, &["name"]).unwrap_or_default(), termination(container, "state")?))
        });
    match (text(pod, &["status", "reason"]).filter(|reason| !reason.is_empty()), ended) {
        (Some("Evicted"), _) => Fault {
            hint: Some("its node ran short of a resource: set requests and limits that fit"),
            ..Fault::stuck("Evicted", "could not stay on the node (Evicted)".to_owned())
        },
        (Some(reason), _) => Fault::stuck("PodFailed", format!("ended: {reason}")),
        (None, Some((name, how))) => Fault {
            hint: Some("read the container's log"),
            ..Fault::stuck("PodFailed", format!("ended: container {name} with {how}"))
        },
        (None, None) => Fault::stuck("PodFailed", "ended without success".to_owned()),
    }
}
