//! Whose objects Flux sends through Go types: the groups of client-go's scheme. Custom resources,
//! CustomResourceDefinitions and APIServices are not among them. What follows from it is decided elsewhere: `render`
//! changes what those types change, `apply` drops what they do not know.

const GROUPS: [&str; 22] = [
    "",
    "admissionregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether client-go's scheme has kinds of this group.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    GROUPS.binary_search(&group).is_ok()
}

#[cfg(test)]
mod tests;
