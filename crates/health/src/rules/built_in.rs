//! The rows that are built in: Flux's verdicts (contracts/health-and-policy.md A.2), and what is told beside them.
//! The functions that they name stand in `kstatus` and `explain`.

use super::kind_rules::{KindRules, Pods, StatusRule, Subject};
use crate::explain::{claim, flux, pod, source, workload};
use crate::kstatus::{Verdict, batch, generic, pod as pod_status, resource, workload as workload_status};

/// All kinds without a row of their own.
const OTHERS: KindRules = KindRules {
    groups: &[],
    kinds: &[],
    status: StatusRule::AfterGeneric(|object, _| {
        Ok(generic::ready(object)?.unwrap_or_else(|| Verdict::current("Resource is current")))
    }),
    pods: Pods::None,
    ttl: None,
    explain: |_| None,
    notable: |_| "",
    keeps: &["status.phase", "status.state"],
};

/// Kinds whose Pods tell more than they do themselves.
const WORKLOAD: KindRules = KindRules {
    pods: Pods::Explain,
    explain: |subject| {
        let Subject { object, kind, verdict, pods, scene } = subject;
        Some(workload::explain(object, kind, verdict, pods, scene))
    },
    ..OTHERS
};

static OF_OTHERS: KindRules = OTHERS;

static ROWS: [KindRules; 16] = [
    KindRules {
        groups: &[""],
        kinds: &["Secret", "ConfigMap"],
        status: StatusRule::AfterGeneric(|_, _| Ok(Verdict::current("Resource is always ready"))),
        ..OTHERS
    },
    KindRules {
        groups: &["batch"],
        kinds: &["CronJob"],
        status: StatusRule::AfterGeneric(|_, _| Ok(Verdict::current("Resource is always ready"))),
        keeps: &["status.active[].name", "status.lastScheduleTime", "status.lastSuccessfulTime"],
        ..OTHERS
    },
    KindRules {
        groups: &[""],
        kinds: &["Service"],
        status: StatusRule::AfterGeneric(|object, _| Ok(resource::service(object))),
        keeps: &[
            "spec.clusterIP",
            "spec.loadBalancerClass",
            "spec.publishNotReadyAddresses",
            "spec.selector",
            "spec.type",
            "status.loadBalancer.ingress",
        ],
        ..OTHERS
    },
    KindRules {
        groups: &["networking.k8s.io", "extensions"],
        kinds: &["Ingress"],
        keeps: &["spec.ingressClassName", "status.loadBalancer.ingress"],
        ..OTHERS
    },
    KindRules {
        groups: &[""],
        kinds: &["PersistentVolume"],
        keeps: &["status.message", "status.phase"],
        ..OTHERS
    },
    KindRules {
        groups: &[""],
        kinds: &["PersistentVolumeClaim"],
        status: StatusRule::AfterGeneric(|object, _| Ok(resource::persistent_volume_claim(object))),
        explain: |subject| Some(claim::explain(subject.object, &subject.scene)),
        keeps: &[
            "metadata.annotations[\"volume.kubernetes.io/selected-node\"]",
            "spec.storageClassName",
            "spec.volumeName",
            "status.phase",
        ],
        ..OTHERS
    },
    KindRules {
        groups: &[""],
        kinds: &["Pod"],
        status: StatusRule::AfterGeneric(pod_status::pod),
        explain: |subject| pod::explain(subject.object, &subject.scene),
        notable: pod::notable,
        keeps: &[
            // By these a workload knows its own.
            "metadata.labels",
            "metadata.ownerReferences[].kind",
            "metadata.ownerReferences[].name",
            "metadata.ownerReferences[].uid",
            "status.phase",
            "status.reason",
            // Termination messages are not among these: an application writes them, with what it likes in them.
            "status.containerStatuses[].name",
            "status.containerStatuses[].image",
            "status.containerStatuses[].ready",
            "status.containerStatuses[].started",
            "status.containerStatuses[].restartCount",
            "status.containerStatuses[].state.running",
            "status.containerStatuses[].state.waiting.reason",
            "status.containerStatuses[].state.waiting.message",
            "status.containerStatuses[].state.terminated.exitCode",
            "status.containerStatuses[].state.terminated.reason",
            "status.containerStatuses[].lastState.terminated.exitCode",
            "status.containerStatuses[].lastState.terminated.reason",
            "status.initContainerStatuses[].name",
            "status.initContainerStatuses[].image",
            "status.initContainerStatuses[].ready",
            "status.initContainerStatuses[].restartCount",
            "status.initContainerStatuses[].state.running",
            "status.initContainerStatuses[].state.waiting.reason",
            "status.initContainerStatuses[].state.waiting.message",
            "status.initContainerStatuses[].state.terminated.exitCode",
            "status.initContainerStatuses[].state.terminated.reason",
            "status.initContainerStatuses[].lastState.terminated.exitCode",
            "status.initContainerStatuses[].lastState.terminated.reason",
        ],
        ..OTHERS
    },
    KindRules {
        groups: &["apps", "extensions"],
        kinds: &["Deployment"],
        status: StatusRule::AfterGeneric(|object, _| workload_status::deployment(object)),
        keeps: &[
            "spec.paused",
            "spec.progressDeadlineSeconds",
            "spec.replicas",
            "spec.selector",
            "spec.template.metadata.labels",
            "status.availableReplicas",
            "status.readyReplicas",
            "status.replicas",
            "status.updatedReplicas",
        ],
        ..WORKLOAD
    },
    KindRules {
        groups: &["apps", "extensions"],
        kinds: &["ReplicaSet"],
        status: StatusRule::AfterGeneric(|object, _| workload_status::replica_set(object)),
        pods: Pods::Count,
        keeps: &[
            "spec.paused",
            "spec.replicas",
            "spec.selector",
            "spec.template.metadata.labels",
            "status.availableReplicas",
            "status.fullyLabeledReplicas",
            "status.readyReplicas",
            "status.replicas",
        ],
        ..WORKLOAD
    },
    KindRules {
        groups: &["apps"],
        kinds: &["StatefulSet"],
        status: StatusRule::AfterGeneric(|object, _| Ok(workload_status::stateful_set(object))),
        pods: Pods::Count,
        keeps: &[
            "spec.paused",
            "spec.replicas",
            "spec.selector",
            "spec.template.metadata.labels",
            "spec.updateStrategy.rollingUpdate.partition",
            "spec.updateStrategy.type",
            "status.currentReplicas",
            "status.currentRevision",
            "status.readyReplicas",
            "status.replicas",
            "status.updateRevision",
            "status.updatedReplicas",
        ],
        ..WORKLOAD
    },
    KindRules {
        groups: &["apps", "extensions"],
        kinds: &["DaemonSet"],
        status: StatusRule::AfterGeneric(|object, _| workload_status::daemon_set(object)),
        keeps: &[
            "spec.paused",
            "spec.selector",
            "spec.updateStrategy.type",
            "status.currentNumberScheduled",
            "status.desiredNumberScheduled",
            "status.numberAvailable",
            "status.numberReady",
            "status.updatedNumberScheduled",
        ],
        ..WORKLOAD
    },
    KindRules {
        groups: &["batch"],
        kinds: &["Job"],
        // Flux's reader for Jobs stands in place of the whole computation: a Job that is being deleted is judged by its
        // conditions.
        status: StatusRule::InPlaceOfGeneric(|object, _| batch::job(object)),
        ttl: Some(&["spec", "ttlSecondsAfterFinished"]),
        keeps: &[
            "spec.completions",
            "spec.parallelism",
            "spec.paused",
            "spec.selector",
            "spec.ttlSecondsAfterFinished",
            "status.failed",
            "status.startTime",
            "status.succeeded",
        ],
        ..WORKLOAD
    },
    KindRules {
        groups: &["kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"],
        kinds: &["Kustomization", "HelmRelease"],
        explain: |subject| flux::explain(subject.object, subject.kind, &subject.scene),
        ..OTHERS
    },
    KindRules {
        groups: &["source.toolkit.fluxcd.io"],
        kinds: &[
            "Bucket",
            "ExternalArtifact",
            "GitRepository",
            "HelmChart",
            "HelmRepository",
            "OCIRepository",
        ],
        explain: |subject| source::explain(subject.object, &subject.scene),
        keeps: source::SPEC,
        ..OTHERS
    },
    KindRules {
        groups: &["policy"],
        kinds: &["PodDisruptionBudget"],
        status: StatusRule::AfterGeneric(|_, _| {
            Ok(Verdict::current("AllowedDisruptions has been computed."))
        }),
        ..OTHERS
    },
    KindRules {
        groups: &["apiextensions.k8s.io"],
        kinds: &["CustomResourceDefinition"],
        status: StatusRule::AfterGeneric(|object, _| resource::custom_resource_definition(object)),
        ..OTHERS
    },
];

/// The row of a kind.
pub(super) fn row(group: &str, kind: &str) -> &'static KindRules {
    ROWS.iter().find(|row| row.covers(group, kind)).unwrap_or(&OF_OTHERS)
}

#[cfg(test)]
mod tests;
