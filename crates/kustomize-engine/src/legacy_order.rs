//! Upstream's legacy order of kinds. Bringing objects into it is `transformers::sort`'s.

/// The kinds that come first.
pub(crate) const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The kinds that come last.
pub(crate) const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where a kind stands in the legacy order: below zero for those that come first, above for those that come last.
pub(crate) fn legacy_rank(kind: &str) -> isize {
    let place = |kinds: &[&str]| kinds.iter().position(|known| *known == kind);
    match (place(FIRST), place(LAST)) {
        (Some(place), _) => place.cast_signed() - FIRST.len().cast_signed(),
        (None, Some(place)) => place.cast_signed() + 1,
        (None, None) => 0,
    }
}
