//! Kinds that the API server does not serve: which product brings them, which version has taken the place of one that was
//! removed, which kind may have been meant.

use api::blocker::BlockerCode;
use api::refusal::Said;

use super::subject::Refused;
use crate::blockers::draft::Draft;

/// Groups, and what brings them. The longest that fits counts.
const PRODUCTS: &[(&str, &str)] = &[
    ("acme.cert-manager.io", "cert-manager"),
    ("apps.kruise.io", "OpenKruise"),
    ("argoproj.io", "Argo (CD, Rollouts, Workflows or Events)"),
    ("cert-manager.io", "cert-manager"),
    ("cilium.io", "Cilium"),
    ("cluster.x-k8s.io", "Cluster API"),
    ("crd.projectcalico.org", "Calico"),
    ("crossplane.io", "Crossplane or one of its providers"),
    ("elasticsearch.k8s.elastic.co", "Elastic Cloud on Kubernetes"),
    ("external-secrets.io", "External Secrets"),
    ("flagger.app", "Flagger"),
    ("gateway.networking.k8s.io", "the Gateway API"),
    ("helm.toolkit.fluxcd.io", "Flux's helm-controller"),
    ("image.toolkit.fluxcd.io", "Flux's image controllers"),
    ("istio.io", "Istio"),
    ("jaegertracing.io", "the Jaeger operator"),
    ("kafka.strimzi.io", "Strimzi"),
    ("karpenter.sh", "Karpenter"),
    ("keda.sh", "KEDA"),
    ("knative.dev", "Knative"),
    ("kustomize.toolkit.fluxcd.io", "Flux or Flyball"),
    ("kyverno.io", "Kyverno"),
    ("linkerd.io", "Linkerd"),
    ("longhorn.io", "Longhorn"),
    ("metallb.io", "MetalLB"),
    ("monitoring.coreos.com", "the Prometheus operator"),
    ("notification.toolkit.fluxcd.io", "Flux's notification-controller"),
    ("opentelemetry.io", "the OpenTelemetry operator"),
    ("policies.kyverno.io", "Kyverno"),
    ("postgresql.cnpg.io", "CloudNativePG"),
    ("projectcontour.io", "Contour"),
    ("rabbitmq.com", "the RabbitMQ operators"),
    ("rook.io", "Rook"),
    ("secrets-store.csi.x-k8s.io", "the Secrets Store CSI driver"),
    ("snapshot.storage.k8s.io", "the CSI snapshot controller"),
    ("source.toolkit.fluxcd.io", "Flux or Flyball"),
    ("tekton.dev", "Tekton"),
    ("templates.gatekeeper.sh", "Gatekeeper"),
    ("constraints.gatekeeper.sh", "a ConstraintTemplate of Gatekeeper"),
    ("traefik.io", "Traefik"),
    ("upbound.io", "a provider of Crossplane"),
    ("velero.io", "Velero"),
    ("zalando.org", "the Postgres operator"),
];

/// Kinds of Kubernetes itself, with the version that is served.
const BUILT_IN: &[(&str, &str)] = &[
    ("ConfigMap", "v1"),
    ("CronJob", "batch/v1"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    ("DaemonSet", "apps/v1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
    ("Deployment", "apps/v1"),
    ("EndpointSlice", "discovery.k8s.io/v1"),
    ("Endpoints", "v1"),
    ("HorizontalPodAutoscaler", "autoscaling/v2"),
    ("Ingress", "networking.k8s.io/v1"),
    ("IngressClass", "networking.k8s.io/v1"),
    ("Job", "batch/v1"),
    ("LimitRange", "v1"),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    ("Namespace", "v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
    ("PersistentVolume", "v1"),
    ("PersistentVolumeClaim", "v1"),
    ("Pod", "v1"),
    ("PodDisruptionBudget", "policy/v1"),
    ("PriorityClass", "scheduling.k8s.io/v1"),
    ("ReplicaSet", "apps/v1"),
    ("ResourceQuota", "v1"),
    ("Role", "rbac.authorization.k8s.io/v1"),
    ("RoleBinding", "rbac.authorization.k8s.io/v1"),
    ("Secret", "v1"),
    ("Service", "v1"),
    ("ServiceAccount", "v1"),
    ("StatefulSet", "apps/v1"),
    ("StorageClass", "storage.k8s.io/v1"),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
];

pub(super) fn read(refused: &Refused<'_>, said: &Said<'_>) -> Option<Draft> {
    match said {
        Said::KindUnknown { kind, version } => {
            let kind = if kind.is_empty() { refused.kind() } else { kind };
            let of = if version.is_empty() { String::new() } else { format!(" in {version}") };
            Some(refused.told(
                BlockerCode::KindUnknown,
                format!("the API server knows no kind {kind}{of}"),
                way_in(kind, version, refused),
            ))
        }
        Said::KindUnavailable { kind, why } => Some(refused.told(
            BlockerCode::KindUnknown,
            format!("kind {kind} cannot be asked for at present: {why}"),
            unavailable_hint(why),
        )),
        _ => None,
    }
}

/// What to do about a kind that is not served.
pub(crate) fn hint(kind: &str, version: &str) -> String {
    let group =
        version.split_once('/').map_or(if version.contains('.') { version } else { "" }, |(group, _)| group);
    if let Some((name, served)) = BUILT_IN.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)) {
        if *name != kind {
            return format!("correct kind: {name}, not {kind} (apiVersion: {served})");
        }
        if *served != version && !version.is_empty() {
            return format!("correct apiVersion: {name} is {served}; {version} is not served (any more)");
        }
    }
    let product =
        PRODUCTS.iter().filter(|(domain, _)| is_of(group, domain)).max_by_key(|(domain, _)| domain.len());
    let by = product.map_or_else(String::new, |(_, product)| format!(", which {product} brings,"));
    let of = if group.is_empty() { String::new() } else { format!(" ({version})") };
    format!(
        "install the CustomResourceDefinition of {kind}{of}{by} first, for example by a Kustomization in spec.dependsOn, or correct apiVersion and kind; what is served: kubectl api-resources"
    )
}

fn is_of(group: &str, domain: &str) -> bool {
    group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn way_in(kind: &str, version: &str, refused: &Refused<'_>) -> String {
    let hint = hint(kind, version);
    if hint.starts_with("correct") { format!("{hint} in {}", refused.named()) } else { hint }
}

fn unavailable_hint(why: &str) -> String {
    if let Some((_, rest)) = why.split_once("APIService ") {
        let name = rest.split([':', ' ']).next().unwrap_or_default();
        return format!(
            "see why the aggregated API does not answer: kubectl describe apiservice {name}, and the Pods of its Service"
        );
    }
    if let Some((_, rest)) = why.split_once("CustomResourceDefinition ") {
        let name = rest.split([':', ' ']).next().unwrap_or_default();
        return format!(
            "serve the version in CustomResourceDefinition {name} (spec.versions), or see its conditions: kubectl describe crd {name}"
        );
    }
    "see why the kind is not served: kubectl get apiservices, kubectl get crds".to_owned()
}
