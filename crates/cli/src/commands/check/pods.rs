//! What the Pods of a controller say: why replicas are not ready, and how containers ended.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::installed::Controller;

#[cfg(test)]
mod tests;

/// An end within this many seconds is worth a warning.
const RECENT: i64 = 3600;

/// How a container of a controller last ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The Pod.
    pub(super) pod: String,
    /// For example `OOMKilled (exit code 137)`.
    pub(super) how: String,
    /// How often containers of this Pod were started again.
    pub(super) restarts: i32,
    /// For example `3m ago`.
    pub(super) when: String,
    /// Whether it is recent, or was for want of memory.
    pub(super) matters: bool,
}

/// The Pods that a controller's Deployment selects.
pub(super) fn of<'a>(controller: &Controller, pods: &'a [Pod]) -> Vec<&'a Pod> {
    let selected = |pod: &&Pod| {
        let labels = pod.metadata.labels.as_ref();
        let has = |(key, value): (&String, &String)| labels.and_then(|labels| labels.get(key)) == Some(value);
        pod.metadata.namespace.as_ref() == Some(&controller.namespace)
            && !controller.pod_labels.is_empty()
            && controller.pod_labels.iter().all(has)
    };
    pods.iter().filter(selected).collect()
}

/// Why a replica is not ready: what its containers wait for, or what the scheduler says.
pub(super) fn why_unready(pods: &[&Pod]) -> Option<String> {
    pods.iter().find_map(|pod| {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let waiting = statuses(pod).find_map(|status| {
            let waiting = status.state.as_ref()?.waiting.as_ref()?;
            let reason = waiting.reason.as_deref().filter(|reason| *reason != "ContainerCreating")?;
            let message = waiting.message.as_deref().map(|message| format!(": {message}"));
            Some(format!("{name}: {reason}{}", message.unwrap_or_default()))
        });
        waiting.or_else(|| {
            let conditions = pod.status.as_ref()?.conditions.as_ref()?;
            let unscheduled = conditions
                .iter()
                .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")?;
            Some(format!("{name} is not scheduled: {}", unscheduled.message.as_deref().unwrap_or_default()))
        })
    })
}

/// The latest end of a container, if any was started again.
pub(super) fn last_end(pods: &[&Pod], now: Timestamp) -> Option<End> {
    let ends = pods.iter().flat_map(|pod| statuses(pod).map(move |status| (pod, status)));
    let ends = ends.filter_map(|(pod, status)| {
        let ended = status.last_state.as_ref()?.terminated.as_ref()?;
        Some((pod, status.restart_count, ended, ended.finished_at.as_ref().map(|time| time.0)))
    });
    let (pod, restarts, ended, at) = ends.max_by_key(|(_, _, _, at)| *at)?;
    let reason = ended.reason.as_deref().unwrap_or("ended");
    let age = at.map(|at| now.as_second().saturating_sub(at.as_second()));
    Some(End {
        pod: pod.metadata.name.clone().unwrap_or_default(),
        how: format!("{reason} (exit code {})", ended.exit_code),
        restarts,
        when: age.map_or_else(
            || "at an unknown time".to_owned(),
            |age| format!("{} ago", super::report::span(age)),
        ),
        matters: reason == "OOMKilled" || age.is_none_or(|age| age < RECENT),
    })
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status.and_then(|status| status.init_container_statuses.as_ref());
    let usual = status.and_then(|status| status.container_statuses.as_ref());
    init.into_iter().chain(usual).flatten()
}
