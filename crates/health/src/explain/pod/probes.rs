//! Containers that run and are not ready: which probe fails, and how.
//!
//! What a probe's command prints is the application's and is not told; what the kubelet says of HTTP and TCP probes is.

use api::network::{self, Network};
use serde_json::Value;

use super::fault::Fault;
use super::statuses::{self, log_command};
use crate::explain::event::Warning;
use crate::explain::explanation::condition_text;
use crate::explain::scene::Scene;
use crate::kstatus::text;

/// So many seconds a container may run without being ready, whether its probe is known to fail or not: what starts slowly
/// fails it as well. It is a Deployment's progress deadline where nobody sets one, for what has no deadline of its own.
const NOT_READY: i64 = 600;

/// The fault of a Pod of which a container runs and is not ready.
pub(super) fn fault(pod: &Value, warnings: &[Warning], scene: &Scene<'_>) -> Option<Fault> {
    let pod_name = text(pod, &["metadata", "name"]).unwrap_or_default();
    let unready = statuses::of(pod, "containerStatuses").find(|container| {
        container.get("ready") == Some(&Value::Bool(false)) && container.pointer("/state/running").is_some()
    });
    let Some(container) = unready else { return initialising(pod, scene).or_else(|| gate(pod)) };
    let name = text(container, &["name"]).unwrap_or_default();
    let since = text(container, &["state", "running", "startedAt"]);
    // Its startup probe takes as long as it takes: it ends by itself, well or with a restart.
    let starts = container.get("started") == Some(&Value::Bool(false));
    let runs = since.and_then(|since| scene.seconds_since(since)).filter(|_| !starts);
    let failing = warnings
        .iter()
        .filter(|warning| warning.reason == "Unhealthy" && warning.is_of_container(name))
        .find_map(|warning| probe(&warning.message));
    let log = log_command(scene, pod_name, name, false);
    Some(match failing {
        Some((probe, how)) => Fault::waiting(
            "NotReady",
            format!("cannot take traffic: the {probe} of container {name} fails: {how}"),
        )
        .stuck_after(runs, NOT_READY)
        .evidence(format!("event Unhealthy: {probe} failed: {how}"))
        .hint(format!("correct the {probe} of container {name} (path, port, delay), or why it fails: {log}")),
        None if starts => Fault::waiting(
            "NotReady",
            format!(
                "cannot take traffic yet: container {name} is starting, its startupProbe has not succeeded"
            ),
        )
        .hint(format!("see what container {name} does: {log}")),
        None => {
            Fault::waiting("NotReady", format!("cannot take traffic: container {name} runs but is not ready"))
                .stuck_after(runs, NOT_READY)
                .hint(format!(
                    "its readiness probe does not succeed: {log}; {} describe pod {pod_name}",
                    scene.kubectl()
                ))
        }
    })
}

/// An init container runs still, and nothing else starts before it has ended. That may be a migration, and takes as long
/// as it takes: only its failures count.
fn initialising(pod: &Value, scene: &Scene<'_>) -> Option<Fault> {
    let pod_name = text(pod, &["metadata", "name"]).unwrap_or_default();
    let container = statuses::of(pod, "initContainerStatuses").find(|container| {
        container.get("ready") == Some(&Value::Bool(false)) && container.pointer("/state/running").is_some()
    })?;
    let name = text(container, &["name"]).unwrap_or_default();
    let log = log_command(scene, pod_name, name, false);
    Some(
        Fault::waiting("Initializing", format!("cannot start yet: init container {name} is running"))
            .hint(format!("see what init container {name} does: {log}")),
    )
}

/// Everything is ready but a gate that somebody else opens.
fn gate(pod: &Value) -> Option<Fault> {
    let (reason, message) = condition_text(pod, "Ready", "False")?;
    (reason == "ReadinessGatesNotReady").then(|| {
        Fault::waiting("ReadinessGate", format!("cannot take traffic: {message}"))
            .hint("the controller that the readiness gate belongs to, often a load balancer's, has not opened it: see whether it runs")
    })
}

/// Which probe a message is about, and how it fails, in words that do not change from time to time.
fn probe(message: &str) -> Option<(&'static str, &'static str)> {
    let (kind, said) = [
        ("Readiness probe ", "readinessProbe"),
        ("Liveness probe ", "livenessProbe"),
        ("Startup probe ", "startupProbe"),
    ]
    .into_iter()
    .find_map(|(start, kind)| Some((kind, message.strip_prefix(start)?)))?;
    let how = if said.contains("statuscode: 404") {
        "HTTP status 404"
    } else if said.contains("statuscode: 401") || said.contains("statuscode: 403") {
        "HTTP status 401 or 403"
    } else if said.contains("statuscode: 5") {
        "an HTTP status from 500 up"
    } else if said.contains("statuscode: ") {
        "an HTTP status that is none of success"
    } else if said.contains("gave HTTP response to HTTPS client") {
        "the server speaks HTTP, not HTTPS"
    } else if said.contains("NOT_SERVING") {
        "the gRPC service does not serve"
    } else {
        match network::read(said) {
            Some(Network::Refused(_)) => "connection refused: nothing listens at its port",
            Some(Network::TimedOut) => "no answer in time",
            Some(Network::Closed) => "the connection was closed",
            Some(_) => "the container cannot be reached",
            None => "its command does not succeed",
        }
    };
    Some((kind, how))
}
