//! Which kind of Kubernetes is judged by what.

use super::case::Case;
use super::judgement::Judgement;
use super::{batch, cluster_scope, mapped, scaling, silent, storage, traffic, workload};

/// Says how one object is.
pub(super) type StateFn = fn(&Case<'_>) -> Judgement;

/// What is built in for a kind, if anything is.
pub(super) fn of(group: &str, kind: &str) -> Option<StateFn> {
    Some(match (group, kind) {
        ("apps" | "extensions", "Deployment") => workload::deployment,
        ("apps" | "extensions", "ReplicaSet") => workload::replica_set,
        ("apps", "StatefulSet") => workload::stateful_set,
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set,
        ("", "Pod") => workload::pod,
        ("batch", "Job") => batch::job,
        ("batch", "CronJob") => batch::cron_job,
        ("", "PersistentVolumeClaim") => storage::claim,
        ("", "PersistentVolume") => storage::volume,
        ("", "Service") => traffic::service,
        ("networking.k8s.io" | "extensions", "Ingress") => traffic::ingress,
        ("autoscaling", "HorizontalPodAutoscaler") => scaling::autoscaler,
        ("policy", "PodDisruptionBudget") => scaling::disruption_budget,
        ("apiregistration.k8s.io", "APIService") => cluster_scope::api_service,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => cluster_scope::definition,
        ("", "Namespace") => cluster_scope::namespace,
        _ if silent::has_no_status(group, kind) => mapped::mapped,
        _ => return None,
    })
}
