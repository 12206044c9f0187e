//! What whoever installs must be allowed to do, and what the API server says to that. Asking is `gather`'s.

use crate::finding::Finding;

#[cfg(test)]
mod tests;

/// One right, in the words of RBAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) verb: &'static str,
    pub(super) group: &'static str,
    pub(super) resource: &'static str,
    /// Whether it is one without a namespace.
    pub(super) in_cluster: bool,
}

impl Right {
    /// To do something with objects of a namespace.
    pub(super) const fn of(verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Self { verb, group, resource, in_cluster: false }
    }

    /// To do something with objects of the cluster.
    pub(super) const fn in_cluster(verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        Self { verb, group, resource, in_cluster: true }
    }

    /// As kubectl takes it: `deployments.apps`.
    pub(super) fn resource_name(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }
}

/// All rights that there are: who has them needs not be asked for single ones.
pub(super) const EVERYTHING: Right = Right::in_cluster("*", "*", "*");
/// Needed where the namespace is yet to be made.
pub(super) const NAMESPACES: Right = Right::in_cluster("create", "", "namespaces");

const RBAC: &str = "rbac.authorization.k8s.io";

/// What the chart's objects need. Who gives rights must have them, or be allowed to escalate and bind.
pub(super) const NEEDED: [Right; 14] = [
    Right::in_cluster("create", "apiextensions.k8s.io", "customresourcedefinitions"),
    Right::in_cluster("create", RBAC, "clusterroles"),
    Right::in_cluster("escalate", RBAC, "clusterroles"),
    Right::in_cluster("create", RBAC, "clusterrolebindings"),
    Right::in_cluster("bind", RBAC, "clusterroles"),
    Right::of("create", RBAC, "roles"),
    Right::of("create", RBAC, "rolebindings"),
    Right::of("create", "apps", "deployments"),
    Right::of("patch", "apps", "deployments"),
    Right::of("create", "", "services"),
    Right::of("create", "", "serviceaccounts"),
    Right::of("create", "", "configmaps"),
    // Helm keeps its releases there.
    Right::of("create", "", "secrets"),
    Right::of("create", "networking.k8s.io", "networkpolicies"),
];

/// The API server's answer about one right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) right: Right,
    pub(super) allowed: bool,
}

/// One finding if nothing is missing, else one for each right that is.
pub(super) fn findings(answers: &[Answer], namespace: &str) -> Vec<Finding> {
    let missing: Vec<Finding> = answers
        .iter()
        .filter(|answer| !answer.allowed)
        .map(|answer| {
            let place = if answer.right.in_cluster { String::new() } else { format!(" in {namespace}") };
            let message = format!("you may not {}{place}, which an installation needs", answer.right.verb);
            Finding::problem(answer.right.resource_name(), message).hint(
                "let somebody with the ClusterRole cluster-admin install, or be bound to it for that time",
            )
        })
        .collect();
    if missing.is_empty() {
        return vec![Finding::fine("rights", "you may do all that an installation needs")];
    }
    missing
}
