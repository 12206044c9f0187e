//! A place that is watched for what is beside objects: a kin, and where. How it is watched, and what is kept of what is
//! there.

use std::sync::Arc;

use api::labels::OWNER_NAME;
use health::beside::Kin;
use reconcile_core::watch_pool::{Body, Options, WatchedKind};

use crate::rule_book::RuleBook;

#[cfg(test)]
mod tests;

/// Where something is beside objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// What is looked for.
    pub(crate) kin: Kin,
    /// The namespace that it is in; its name, of a Namespace; empty for all there are.
    pub(crate) name: String,
}

impl Place {
    /// Where a kin is found that is in `namespace`.
    pub(crate) fn of(kin: Kin, namespace: &str) -> Self {
        let name = match kin {
            Kin::Pod | Kin::ReplicaSet | Kin::Event | Kin::Namespace => namespace,
            // One watch for all namespaces: the endpoints of a Service carry its labels, so few are shown.
            Kin::EndpointSlice | Kin::StorageClass => "",
        };
        Self { kin, name: name.to_owned() }
    }

    /// The endpoints of all Services of a namespace, whoever has applied them.
    pub(crate) fn all_endpoints(namespace: &str) -> Self {
        Self { kin: Kin::EndpointSlice, name: namespace.to_owned() }
    }

    /// The part of it that is in one namespace; none: all of it.
    pub(crate) fn at(&self, namespace: Option<String>) -> Self {
        let is_part = self.kin == Kin::EndpointSlice && self.name.is_empty();
        let name = namespace.filter(|_| is_part).unwrap_or_else(|| self.name.clone());
        Self { kin: self.kin, name }
    }

    /// What is watched.
    pub(crate) fn kind(&self) -> WatchedKind {
        let (group, version, kind) = self.kin.kind();
        WatchedKind::gvk(group, version, kind)
    }

    /// How it is watched.
    pub(crate) fn options(&self, rules: &RuleBook) -> Options {
        let (kin, rules) = (self.kin, rules.clone());
        let namespace = match kin {
            Kin::Pod | Kin::ReplicaSet | Kin::Event | Kin::EndpointSlice => {
                Some(self.name.clone()).filter(|name| !name.is_empty())
            }
            Kin::StorageClass | Kin::Namespace => None,
        };
        let owned = kin == Kin::EndpointSlice && namespace.is_none();
        let fields = match kin {
            Kin::Namespace => Some(format!("metadata.name={}", self.name)),
            other => other.field_selector().map(str::to_owned),
        };
        Options {
            namespace,
            fields,
            labels: owned.then(|| OWNER_NAME.to_owned()),
            body: Body::Full(Arc::new(move |_, body| {
                *body = kin.pruned(std::mem::take(body), &rules.base());
            })),
            ..Options::default()
        }
    }
}
