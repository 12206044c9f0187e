//! Merge keys of the kinds of Kubernetes 1.21.2, from its published OpenAPI document (`x-kubernetes-patch-strategy`,
//! `x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys`). Types that hold no merge list are left out, equal ones shared.

use super::{Type, list, merge, object};

/// Stands for elements without merge lists of their own.
const NONE: u16 = u16::MAX;

/// `apiVersion`, kind and index into [`TYPES`], sorted.
pub(super) const KINDS: &[(&str, &str, u16)] = &[
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", 0),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", 0),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", 0),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration", 0),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", 1),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 1),
    ("apiregistration.k8s.io/v1", "APIService", 15),
    ("apiregistration.k8s.io/v1beta1", "APIService", 15),
    ("apps/v1", "ControllerRevision", 1),
    ("apps/v1", "DaemonSet", 2),
    ("apps/v1", "Deployment", 2),
    ("apps/v1", "ReplicaSet", 2),
    ("apps/v1", "StatefulSet", 6),
    ("authentication.k8s.io/v1", "TokenRequest", 1),
    ("authentication.k8s.io/v1", "TokenReview", 1),
    ("authentication.k8s.io/v1beta1", "TokenReview", 1),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview", 1),
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview", 1),
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview", 1),
    ("authorization.k8s.io/v1", "SubjectAccessReview", 1),
    ("authorization.k8s.io/v1beta1", "LocalSubjectAccessReview", 1),
    ("authorization.k8s.io/v1beta1", "SelfSubjectAccessReview", 1),
    ("authorization.k8s.io/v1beta1", "SelfSubjectRulesReview", 1),
    ("authorization.k8s.io/v1beta1", "SubjectAccessReview", 1),
    ("autoscaling/v1", "HorizontalPodAutoscaler", 1),
    ("autoscaling/v1", "Scale", 1),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 1),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 1),
    ("batch/v1", "CronJob", 8),
    ("batch/v1", "Job", 2),
    ("batch/v1beta1", "CronJob", 8),
    ("certificates.k8s.io/v1", "CertificateSigningRequest", 1),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 1),
    ("coordination.k8s.io/v1", "Lease", 1),
    ("coordination.k8s.io/v1beta1", "Lease", 1),
    ("discovery.k8s.io/v1", "EndpointSlice", 1),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", 1),
    ("events.k8s.io/v1", "Event", 1),
    ("events.k8s.io/v1beta1", "Event", 1),
    ("extensions/v1beta1", "Ingress", 1),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 1),
    ("flowcontrol.apiserver.k8s.io/v1beta1", "PriorityLevelConfiguration", 1),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization", 5),
    ("networking.k8s.io/v1", "Ingress", 1),
    ("networking.k8s.io/v1", "IngressClass", 1),
    ("networking.k8s.io/v1", "NetworkPolicy", 1),
    ("networking.k8s.io/v1beta1", "Ingress", 1),
    ("networking.k8s.io/v1beta1", "IngressClass", 1),
    ("node.k8s.io/v1", "RuntimeClass", 1),
    ("node.k8s.io/v1beta1", "RuntimeClass", 1),
    ("policy/v1", "PodDisruptionBudget", 15),
    ("policy/v1beta1", "Eviction", 1),
    ("policy/v1beta1", "PodDisruptionBudget", 15),
    ("policy/v1beta1", "PodSecurityPolicy", 1),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", 1),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", 1),
    ("rbac.authorization.k8s.io/v1", "Role", 1),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", 1),
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRole", 1),
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", 1),
    ("rbac.authorization.k8s.io/v1beta1", "Role", 1),
    ("rbac.authorization.k8s.io/v1beta1", "RoleBinding", 1),
    ("scheduling.k8s.io/v1", "PriorityClass", 1),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", 1),
    ("storage.k8s.io/v1", "CSIDriver", 1),
    ("storage.k8s.io/v1", "CSINode", 28),
    ("storage.k8s.io/v1", "StorageClass", 1),
    ("storage.k8s.io/v1", "VolumeAttachment", 1),
    ("storage.k8s.io/v1beta1", "CSIDriver", 1),
    ("storage.k8s.io/v1beta1", "CSINode", 28),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", 1),
    ("storage.k8s.io/v1beta1", "StorageClass", 1),
    ("storage.k8s.io/v1beta1", "VolumeAttachment", 1),
    ("v1", "Binding", 1),
    ("v1", "ComponentStatus", 11),
    ("v1", "ConfigMap", 1),
    ("v1", "Endpoints", 1),
    ("v1", "Event", 1),
    ("v1", "LimitRange", 1),
    ("v1", "Namespace", 15),
    ("v1", "Node", 16),
    ("v1", "PersistentVolume", 1),
    ("v1", "PersistentVolumeClaim", 15),
    ("v1", "Pod", 19),
    ("v1", "PodTemplate", 22),
    ("v1", "ReplicationController", 2),
    ("v1", "ResourceQuota", 1),
    ("v1", "Secret", 1),
    ("v1", "Service", 24),
    ("v1", "ServiceAccount", 25),
];

/// Fields that are or lead to merge lists.
pub(super) const TYPES: &[Type] = &[
    // admissionregistration.v1.MutatingWebhookConfiguration
    &[merge("webhooks", &["name"], NONE), object("metadata", 30)],
    // apps.v1.ControllerRevision
    &[object("metadata", 30)],
    // apps.v1.DaemonSet
    &[object("metadata", 30), object("spec", 3), object("status", 4)],
    // apps.v1.DaemonSetSpec
    &[object("template", 23)],
    // apps.v1.DaemonSetStatus
    &[merge("conditions", &["type"], NONE)],
    // apps.v1.Kustomization
    &[merge("configMapGenerator", &["name"], NONE), merge("secretGenerator", &["name"], NONE)],
    // apps.v1.StatefulSet
    &[object("metadata", 30), object("spec", 7), object("status", 4)],
    // apps.v1.StatefulSetSpec
    &[list("volumeClaimTemplates", 15), object("template", 23)],
    // batch.v1.CronJob
    &[object("metadata", 30), object("spec", 9)],
    // batch.v1.CronJobSpec
    &[object("jobTemplate", 10)],
    // batch.v1.JobTemplateSpec
    &[object("metadata", 30), object("spec", 3)],
    // core.v1.ComponentStatus
    &[merge("conditions", &["type"], NONE), object("metadata", 30)],
    // core.v1.Container
    &[
        merge("env", &["name"], NONE),
        merge("ports", &["containerPort", "protocol"], NONE),
        merge("volumeDevices", &["devicePath"], NONE),
        merge("volumeMounts", &["mountPath"], NONE),
    ],
    // core.v1.EphemeralContainer
    &[
        merge("env", &["name"], NONE),
        merge("volumeDevices", &["devicePath"], NONE),
        merge("volumeMounts", &["mountPath"], NONE),
    ],
    // core.v1.EphemeralVolumeSource
    &[object("volumeClaimTemplate", 1)],
    // core.v1.Namespace
    &[object("metadata", 30), object("status", 4)],
    // core.v1.Node
    &[object("metadata", 30), object("spec", 17), object("status", 18)],
    // core.v1.NodeSpec
    &[merge("podCIDRs", &[], NONE)],
    // core.v1.NodeStatus
    &[merge("addresses", &["type"], NONE), merge("conditions", &["type"], NONE)],
    // core.v1.Pod
    &[object("metadata", 30), object("spec", 20), object("status", 21)],
    // core.v1.PodSpec
    &[
        merge("containers", &["name"], 12),
        merge("ephemeralContainers", &["name"], 13),
        merge("hostAliases", &["ip"], NONE),
        merge("imagePullSecrets", &["name"], NONE),
        merge("initContainers", &["name"], 12),
        merge("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"], NONE),
        merge("volumes", &["name"], 27),
    ],
    // core.v1.PodStatus
    &[merge("conditions", &["type"], NONE), merge("podIPs", &["ip"], NONE)],
    // core.v1.PodTemplate
    &[object("metadata", 30), object("template", 23)],
    // core.v1.PodTemplateSpec
    &[object("metadata", 30), object("spec", 20)],
    // core.v1.Service
    &[object("metadata", 30), object("spec", 26), object("status", 4)],
    // core.v1.ServiceAccount
    &[merge("secrets", &["name"], NONE), object("metadata", 30)],
    // core.v1.ServiceSpec
    &[merge("ports", &["port", "protocol"], NONE)],
    // core.v1.Volume
    &[object("ephemeral", 14)],
    // storage.v1.CSINode
    &[object("metadata", 30), object("spec", 29)],
    // storage.v1.CSINodeSpec
    &[merge("drivers", &["name"], NONE)],
    // meta.v1.ObjectMeta
    &[merge("finalizers", &[], NONE), merge("ownerReferences", &["uid"], NONE)],
];
