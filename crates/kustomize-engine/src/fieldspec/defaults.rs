//! The built-in field specs. Source: contracts/kustomize-engine.md 3.1 and 4.1.

use std::borrow::Cow;

use super::config::{Config, Reference};
use super::{FieldSpec, GvkFilter};

/// Kind (`g:` marks a group, `v:` a version in front of it), path, create.
type Row = (&'static str, &'static str, bool);

/// Kind as in [`Row`] and path.
type Place = (&'static str, &'static str);

/// The built-in configuration.
pub(crate) fn builtin() -> Config {
    let mut config = Config {
        name_prefix: specs(&[("", "metadata/name", false)]),
        name_suffix: specs(&[("", "metadata/name", false)]),
        namespace: specs(NAMESPACE),
        common_labels: specs(SELECTORS),
        labels: Vec::new(),
        template_labels: specs(TEMPLATE_LABELS),
        common_annotations: specs(ANNOTATIONS),
        name_reference: references(),
        var_reference: var_references(),
        images: specs(IMAGES),
        replicas: specs(REPLICAS),
    };
    for (kind, prefix) in
        [("g:apps Deployment", "spec/template/spec"), ("g:apps StatefulSet", "spec/template/spec")]
    {
        for path in POD_SELECTORS {
            config.common_labels.push(FieldSpec::new(gvk(kind), joined(prefix, path), false));
        }
    }
    config.common_labels.extend(specs(TEMPLATE_LABELS));
    config.sort();
    config
}

fn gvk(text: &'static str) -> GvkFilter {
    let mut filter = GvkFilter::default();
    for part in text.split(' ') {
        if let Some(group) = part.strip_prefix("g:") {
            filter.group = group.into();
        } else if let Some(version) = part.strip_prefix("v:") {
            filter.version = version.into();
        } else {
            filter.kind = part.into();
        }
    }
    filter
}

/// Made for every build, hence without the formatting machinery.
fn joined(root: &str, field: &str) -> String {
    let mut path = String::with_capacity(root.len() + 1 + field.len());
    path.push_str(root);
    path.push('/');
    path.push_str(field);
    path
}

fn specs(rows: &[Row]) -> Vec<FieldSpec> {
    rows.iter().map(|(kind, path, create)| FieldSpec::new(gvk(kind), *path, *create)).collect()
}

const NAMESPACE: &[Row] = &[
    ("Namespace", "metadata/name", true),
    ("g:apiregistration.k8s.io APIService", "spec/service/namespace", true),
    (
        "g:apiextensions.k8s.io CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
        false,
    ),
];

const TEMPLATE_LABELS: &[Row] = &[
    ("", "metadata/labels", true),
    ("v:v1 ReplicationController", "spec/template/metadata/labels", true),
    ("Deployment", "spec/template/metadata/labels", true),
    ("ReplicaSet", "spec/template/metadata/labels", true),
    ("DaemonSet", "spec/template/metadata/labels", true),
    ("g:apps StatefulSet", "spec/template/metadata/labels", true),
    ("g:apps StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true),
    ("g:batch Job", "spec/template/metadata/labels", true),
    ("g:batch CronJob", "spec/jobTemplate/metadata/labels", true),
    ("g:batch CronJob", "spec/jobTemplate/spec/template/metadata/labels", true),
];

const SELECTORS: &[Row] = &[
    ("v:v1 Service", "spec/selector", true),
    ("v:v1 ReplicationController", "spec/selector", true),
    ("Deployment", "spec/selector/matchLabels", true),
    ("ReplicaSet", "spec/selector/matchLabels", true),
    ("DaemonSet", "spec/selector/matchLabels", true),
    ("g:apps StatefulSet", "spec/selector/matchLabels", true),
    ("g:batch Job", "spec/selector/matchLabels", false),
    ("g:batch CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("g:policy PodDisruptionBudget", "spec/selector/matchLabels", false),
    ("g:networking.k8s.io NetworkPolicy", "spec/podSelector/matchLabels", false),
    ("g:networking.k8s.io NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    ("g:networking.k8s.io NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
];

/// Selectors inside the pod spec of Deployment and `StatefulSet`.
const POD_SELECTORS: &[&str] = &[
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

const ANNOTATIONS: &[Row] = &[
    ("", "metadata/annotations", true),
    ("v:v1 ReplicationController", "spec/template/metadata/annotations", true),
    ("Deployment", "spec/template/metadata/annotations", true),
    ("ReplicaSet", "spec/template/metadata/annotations", true),
    ("DaemonSet", "spec/template/metadata/annotations", true),
    ("StatefulSet", "spec/template/metadata/annotations", true),
    ("g:batch Job", "spec/template/metadata/annotations", true),
    ("g:batch CronJob", "spec/jobTemplate/metadata/annotations", true),
    ("g:batch CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

const IMAGES: &[Row] = &[
    ("", "spec/containers[]/image", true),
    ("", "spec/initContainers[]/image", true),
    ("", "spec/volumes[]/image/reference", true),
    ("", "spec/template/spec/containers[]/image", true),
    ("", "spec/template/spec/initContainers[]/image", true),
    ("", "spec/template/spec/volumes[]/image/reference", true),
];

const REPLICAS: &[Row] = &[
    ("Deployment", "spec/replicas", true),
    ("ReplicationController", "spec/replicas", true),
    ("ReplicaSet", "spec/replicas", true),
    ("StatefulSet", "spec/replicas", true),
];

/// Kinds with a pod spec, and where it is.
const PODS: &[Place] = &[
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// Kinds whose references to accounts, claims and priorities are followed.
const CLAIMING: &[Place] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

const CONFIG_MAP: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const SECRET: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

/// The named fields of every kind; pods only of the given version.
fn below(kinds: &[Place], fields: &[&str], pod_version: &'static str) -> Vec<FieldSpec> {
    let mut specs = Vec::new();
    for (kind, root) in kinds {
        for field in fields {
            let mut filter = gvk(kind);
            if *kind == "Pod" {
                filter.version = pod_version.into();
            }
            specs.push(FieldSpec::new(filter, joined(root, field), false));
        }
    }
    specs
}

fn rows(rows: &[Place]) -> Vec<FieldSpec> {
    rows.iter().map(|(kind, path)| FieldSpec::new(gvk(kind), *path, false)).collect()
}

const BINDING: &str = "g:rbac.authorization.k8s.io RoleBinding";
const CLUSTER_BINDING: &str = "g:rbac.authorization.k8s.io ClusterRoleBinding";

const CONFIG_MAP_ELSEWHERE: &[Place] = &[
    ("Node", "spec/configSource/configMap"),
    ("Role", "rules/resourceNames"),
    ("ClusterRole", "rules/resourceNames"),
    ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"),
];

const SECRET_ELSEWHERE: &[Place] = &[
    ("Ingress", "spec/tls/secretName"),
    ("Ingress", r"metadata/annotations/ingress.kubernetes.io\/auth-secret"),
    ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"),
    ("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"),
    ("ServiceAccount", "imagePullSecrets/name"),
    ("StorageClass", "parameters/secretName"),
    ("StorageClass", "parameters/adminSecretName"),
    ("StorageClass", "parameters/userSecretName"),
    ("StorageClass", "parameters/secretRef"),
    ("Role", "rules/resourceNames"),
    ("ClusterRole", "rules/resourceNames"),
    ("g:serving.knative.dev v:v1 Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"),
    ("PersistentVolume", "spec/azureFile/secretName"),
];

const SERVICE: &[Place] = &[
    ("g:apps StatefulSet", "spec/serviceName"),
    ("Ingress", "spec/rules/http/paths/backend/serviceName"),
    ("Ingress", "spec/backend/serviceName"),
    ("Ingress", "spec/rules/http/paths/backend/service/name"),
    ("Ingress", "spec/defaultBackend/service/name"),
    ("g:apiregistration.k8s.io APIService", "spec/service/name"),
    ("g:admissionregistration.k8s.io ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
    ("g:admissionregistration.k8s.io MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
];

const STORAGE_CLASS: &[Place] = &[
    ("PersistentVolume", "spec/storageClassName"),
    ("PersistentVolumeClaim", "spec/storageClassName"),
    ("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
];

fn references() -> Vec<Reference> {
    let mut list = Vec::new();
    let mut add = |target: &'static str, mut referrers: Vec<FieldSpec>, more: &[Place]| {
        referrers.extend(rows(more));
        list.push(Reference { target: gvk(target), referrers });
    };
    for kind in ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"] {
        add(kind, Vec::new(), &[("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")]);
    }
    add("v:v1 ConfigMap", below(PODS, CONFIG_MAP, "v1"), CONFIG_MAP_ELSEWHERE);
    add("v:v1 Secret", below(PODS, SECRET, "v1"), SECRET_ELSEWHERE);
    add("v:v1 Service", Vec::new(), SERVICE);
    add("g:rbac.authorization.k8s.io Role", Vec::new(), &[(BINDING, "roleRef/name")]);
    add(
        "g:rbac.authorization.k8s.io ClusterRole",
        Vec::new(),
        &[(BINDING, "roleRef/name"), (CLUSTER_BINDING, "roleRef/name")],
    );
    let mut account = rows(&[(BINDING, "subjects"), (CLUSTER_BINDING, "subjects")]);
    account.extend(below(CLAIMING, &["serviceAccountName"], ""));
    add("v:v1 ServiceAccount", account, &[]);
    add("v:v1 PersistentVolumeClaim", below(CLAIMING, &["volumes/persistentVolumeClaim/claimName"], ""), &[]);
    add(
        "v:v1 PersistentVolume",
        Vec::new(),
        &[("PersistentVolumeClaim", "spec/volumeName"), ("ClusterRole", "rules/resourceNames")],
    );
    add("g:storage.k8s.io v:v1 StorageClass", Vec::new(), STORAGE_CLASS);
    add("g:scheduling.k8s.io v:v1 PriorityClass", below(CLAIMING, &["priorityClassName"], ""), &[]);
    // The group is mistyped in the original and never matches.
    add("g:networking.k8s.io/v1 v:v1 IngressClass", Vec::new(), &[("Ingress", "spec/ingressClassName")]);
    add(
        "g:admissionregistration.k8s.io ValidatingAdmissionPolicy",
        Vec::new(),
        &[("g:admissionregistration.k8s.io ValidatingAdmissionPolicyBinding", "spec/policyName")],
    );
    list
}

fn var_references() -> Vec<FieldSpec> {
    const FIELDS: &[&str] = &[
        "containers/args",
        "containers/command",
        "containers/env/value",
        "containers/volumeMounts/mountPath",
        "initContainers/args",
        "initContainers/command",
        "initContainers/env/value",
        "initContainers/volumeMounts/mountPath",
    ];
    let pods: Vec<_> = PODS.iter().copied().filter(|(kind, _)| *kind != "PodTemplate").collect();
    let mut specs = below(&pods, FIELDS, "");
    for (kind, root) in pods {
        let path: Cow<'static, str> = match kind {
            "CronJob" => "spec/jobTemplate/spec/template/volumes/nfs/server".into(),
            "StatefulSet" => "spec/volumeClaimTemplates/spec/nfs/server".into(),
            _ => joined(root, "volumes/nfs/server").into(),
        };
        specs.push(FieldSpec::new(gvk(kind), path, false));
    }
    specs.extend(rows(&[
        ("Deployment", "spec/template/metadata/annotations"),
        ("Ingress", "spec/rules/host"),
        ("Ingress", "spec/tls/hosts"),
        ("Ingress", "spec/tls/secretName"),
        ("Service", "spec/ports/port"),
        ("Service", "spec/ports/targetPort"),
        ("PersistentVolume", "spec/nfs/server"),
        ("", "metadata/labels"),
        ("", "metadata/annotations"),
    ]));
    specs
}
