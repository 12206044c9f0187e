//! What was read of a cluster, and what could not be. Reading is `gather`'s, judging the other modules'.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::rights::Right;
use crate::finding::Finding;

#[cfg(test)]
mod tests;

/// Objects of one kind, and what of them could not be read.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) found: Vec<T>,
    pub(super) refused: Vec<Refused>,
}

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self { found: Vec::new(), refused: Vec::new() }
    }
}

/// A right that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// What was not allowed.
    pub(super) right: Right,
    /// The namespace; none for all.
    pub(super) namespace: Option<String>,
    /// What is not known without it.
    pub(super) unknown: &'static str,
}

/// One of our CRDs, and what the cluster has of it.
#[derive(Debug)]
pub(super) struct Definition {
    /// As this version of Flyball has it.
    pub(super) ours: CustomResourceDefinition,
    /// As the cluster has it.
    pub(super) theirs: Theirs,
}

/// What is known of a CRD of the cluster.
#[derive(Debug)]
pub(super) enum Theirs {
    /// There is none.
    Absent,
    /// All of it.
    Whole(Box<CustomResourceDefinition>),
    /// It may not be read; the versions that the API server serves.
    Served(Vec<String>),
}

/// A cluster as it is.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) deployments: Read<Deployment>,
    pub(super) pods: Read<Pod>,
    pub(super) leases: Read<Lease>,
    pub(super) definitions: Read<Definition>,
}

/// The namespace of an installation to come.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The namespace, or why it is not known.
    pub(super) namespace: Read<Namespace>,
    pub(super) policies: Read<NetworkPolicy>,
    pub(super) services: Read<Service>,
}

impl Place {
    /// Whether the namespace is yet to be made.
    pub(super) fn is_absent(&self) -> bool {
        self.namespace.found.is_empty() && self.namespace.refused.is_empty()
    }

    /// A finding for everything that could not be read.
    pub(super) fn refused(&self) -> Vec<Finding> {
        let refused = [&self.namespace.refused, &self.policies.refused, &self.services.refused];
        refused.into_iter().flatten().map(Refused::finding).collect()
    }
}

impl Seen {
    /// A finding for everything that could not be read.
    pub(super) fn refused(&self) -> Vec<Finding> {
        let refused =
            [&self.deployments.refused, &self.pods.refused, &self.leases.refused, &self.definitions.refused];
        refused.into_iter().flatten().map(Refused::finding).collect()
    }
}

impl Refused {
    fn finding(&self) -> Finding {
        let (right, unknown) = (&self.right, self.unknown);
        let (place, flag) = match &self.namespace {
            None => ("in all namespaces".to_owned(), "--all-namespaces".to_owned()),
            Some(namespace) => (format!("in {namespace}"), format!("-n {namespace}")),
        };
        let (place, flag) = if right.in_cluster {
            (String::new(), String::new())
        } else {
            (format!(" {place}"), format!(" {flag}"))
        };
        Finding::unseen(
            right.resource_name(),
            format!("you may not {}{place}: {unknown} is not known", right.verb),
        )
        .hint(format!(
            "ask for the right; `kubectl auth can-i {} {}{flag}` says when you have it",
            right.verb,
            right.resource_name()
        ))
    }
}
