//! Containers that end when they should not: with what exit code, what that means, and where to look.
//!
//! Termination messages are not read: an application writes them, with what it likes in them.

use std::time::Duration;

use serde_json::Value;

use super::fault::{Fault, Severity};
use super::statuses::{self, log_command};
use crate::explain::event::Warning;
use crate::explain::scene::Scene;
use crate::kstatus::{int, text};

/// What has run for so many seconds since its last crash has got over what made it crash: the fault is another one.
const RECOVERED: i64 = 120;
/// So many restarts may pass while what it needs comes up.
const EARLY: i64 = 3;

/// How many seconds a container runs already; `None` for one that does not run.
fn runs(container: &Value, scene: &Scene<'_>) -> Option<i64> {
    text(container, &["state", "running", "startedAt"]).and_then(|since| scene.seconds_since(since))
}

/// Whether a container that has crashed and runs may only be between two crashes.
pub(super) fn may_crash_again(container: &Value, scene: &Scene<'_>) -> bool {
    runs(container, scene).is_none_or(|seconds| seconds < RECOVERED)
}

/// The fault of a container that crashes.
pub(super) fn fault(container: &Value, warnings: &[Warning], scene: &Scene<'_>, pod: &str) -> Fault {
    let crashing = crashing(container, warnings, scene, pod);
    let fault = if int(container, &["restartCount"]).unwrap_or(0) < EARLY {
        Fault { severity: Severity::Waiting, ..crashing }
    } else {
        crashing.certainly()
    };
    match runs(container, scene).map(|seconds| RECOVERED.saturating_sub(seconds)) {
        Some(left) if left > 0 => {
            Fault { changes_in: u64::try_from(left).ok().map(Duration::from_secs), ..fault }
        }
        _ => fault,
    }
}

/// The fault of a container that keeps crashing.
fn crashing(container: &Value, warnings: &[Warning], scene: &Scene<'_>, pod: &str) -> Fault {
    let name = text(container, &["name"]).unwrap_or_default();
    let state = if int(container, &["lastState", "terminated", "exitCode"]).is_some() {
        "lastState"
    } else {
        "state"
    };
    let Some(how) = termination(container, state) else {
        return Fault::stuck("CrashLoopBackOff", format!("cannot stay up: container {name} keeps crashing"))
            .evidence(format!("container {name} waits: CrashLoopBackOff"))
            .hint(log_of(scene, pod, name));
    };
    let killed = matches!(int(container, &[state, "terminated", "exitCode"]), Some(137 | 143));
    let by_probe = killed
        && warnings.iter().any(|warning| {
            warning.reason == "Unhealthy"
                && warning.is_of_container(name)
                && (warning.message.starts_with("Liveness") || warning.message.starts_with("Startup"))
        });
    let clause = format!("cannot stay up: container {name} keeps crashing, most recently with {how}");
    let fault = Fault::stuck(
        "CrashLoopBackOff",
        if by_probe { format!("{clause}, killed because its probe fails") } else { clause },
    )
    .evidence(format!("container {name} waits: CrashLoopBackOff; last termination: {how}"));
    if by_probe {
        return fault.hint(format!(
            "correct the livenessProbe or startupProbe of container {name}, or why it fails: {}",
            log_command(scene, pod, name, true)
        ));
    }
    fault.hint(hint(container, state, scene, pod))
}

/// What to do about a termination.
fn hint(container: &Value, state: &str, scene: &Scene<'_>, pod: &str) -> String {
    let name = text(container, &["name"]).unwrap_or_default();
    let reason = text(container, &[state, "terminated", "reason"]).unwrap_or_default();
    match (reason, int(container, &[state, "terminated", "exitCode"])) {
        ("OOMKilled", _) => format!(
            "it needs more memory than its limit: raise resources.limits.memory of container {name}, or have it use less"
        ),
        ("StartError" | "ContainerCannotRun", _) | (_, Some(126..=128)) => format!(
            "correct command and args of container {name}: the image has no such program, or it cannot be run there; {}",
            log_command(scene, pod, name, true)
        ),
        _ => log_of(scene, pod, name),
    }
}

fn log_of(scene: &Scene<'_>, pod: &str, container: &str) -> String {
    format!("read the log of the run before: {}", log_command(scene, pod, container, true))
}

/// `exit code 3 (Error)`, with what is known of the code.
fn termination(container: &Value, state: &str) -> Option<String> {
    let code = int(container, &[state, "terminated", "exitCode"])?;
    let reason = text(container, &[state, "terminated", "reason"]).filter(|reason| !reason.is_empty());
    let how = match reason {
        Some(reason) => format!("exit code {code} ({reason})"),
        None => format!("exit code {code}"),
    };
    let means = match (code, reason) {
        (_, Some("OOMKilled")) => return Some(how),
        (126, _) => "its command cannot be executed",
        (127, _) => "its command was not found",
        (134, _) => "it aborted",
        (137, _) => "it was killed",
        (139, _) => "a segmentation fault",
        (143, _) => "it was told to end",
        _ => return Some(how),
    };
    Some(format!("{how}: {means}"))
}

/// A Pod that ended badly.
pub(super) fn ended(pod: &Value, scene: &Scene<'_>) -> Fault {
    ending(pod, scene).certainly()
}

fn ending(pod: &Value, scene: &Scene<'_>) -> Fault {
    let pod_name = text(pod, &["metadata", "name"]).unwrap_or_default();
    let ended = statuses::all(pod)
        .filter(|container| {
            int(container, &["state", "terminated", "exitCode"]).is_some_and(|code| code != 0)
        })
        .find_map(|container| {
            Some((
                container,
                text(container, &["name"]).unwrap_or_default(),
                termination(container, "state")?,
            ))
        });
    match (text(pod, &["status", "reason"]).filter(|reason| !reason.is_empty()), ended) {
        (Some("Evicted"), _) => Fault::stuck("Evicted", "could not stay on the node (Evicted)").hint(format!(
            "its node ran short of a resource: set requests and limits that fit; {} describe pod {pod_name} says which",
            scene.kubectl()
        )),
        (Some("DeadlineExceeded"), _) => Fault::stuck("PodFailed", "ended: DeadlineExceeded").hint(
            "it ran longer than activeDeadlineSeconds allows: raise that, or find what takes so long".to_owned(),
        ),
        (Some(reason), _) => Fault::stuck("PodFailed", format!("ended: {reason}"))
            .hint(format!("{} describe pod {pod_name} says what the node did", scene.kubectl())),
        (None, Some((container, name, how))) => {
            let fault = Fault::stuck("PodFailed", format!("ended: container {name} with {how}"));
            let oom = text(container, &["state", "terminated", "reason"]) == Some("OOMKilled");
            if oom {
                return fault.hint(hint(container, "state", scene, pod_name));
            }
            fault.hint(format!("read the container's log: {}", log_command(scene, pod_name, name, false)))
        }
        (None, None) => Fault::stuck("PodFailed", "ended without success")
            .hint(format!("{} describe pod {pod_name}", scene.kubectl())),
    }
}
