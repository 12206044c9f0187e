//! Whose events are shown: named objects, all of Flux's kinds where nobody is named, and what any of them made. Pure.

use std::collections::{BTreeSet, HashSet};

use api::FLYBALL_GROUP;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use manifest::{Gvk, ObjectId};

#[cfg(test)]
mod tests;

/// What the names of Flux's groups end with.
const FLUX: &str = ".toolkit.fluxcd.io";
/// Where events of objects without namespace are.
const DEFAULT: &str = "default";
/// Kinds that workloads make, those that are made first in front.
pub(super) const MADE: [(&str, &str, &str); 3] =
    [("apps", "v1", "ReplicaSet"), ("batch", "v1", "Job"), ("", "v1", "Pod")];
/// Kinds that make them.
const MAKERS: [&str; 6] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job"];

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Whom {
    objects: HashSet<ObjectId>,
    /// Objects of Flux's kinds and ours belong to it: those in these namespaces, or all.
    flux: Flux,
}

/// Which objects of Flux's kinds belong to it without being named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Flux {
    /// None.
    #[default]
    Named,
    /// Those in a namespace.
    In(String),
    /// All.
    All,
}

impl Whom {
    /// Nobody yet, but for these of Flux's kinds.
    pub(super) fn new(flux: Flux) -> Self {
        Self { objects: HashSet::new(), flux }
    }

    /// Also this object.
    pub(super) fn add(&mut self, id: ObjectId) {
        self.objects.insert(id);
    }

    /// Also this object, if one that belongs to it owns it.
    pub(super) fn add_owned(&mut self, id: ObjectId, owners: &[OwnerReference]) -> bool {
        let owned = owners.iter().any(|owner| {
            let Gvk { group, kind, .. } = Gvk::parse(&owner.api_version, &owner.kind);
            let namespace = id.namespace.clone();
            self.objects.contains(&ObjectId { namespace, name: owner.name.clone(), group, kind })
        });
        if owned {
            self.objects.insert(id);
        }
        owned
    }

    /// Whether events of an object are shown. An event may leave the group of its object out.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        let is_flux = id.group.ends_with(FLUX) || id.group == FLYBALL_GROUP;
        let by_kind = match &self.flux {
            Flux::Named => false,
            Flux::In(namespace) => is_flux && id.namespace == *namespace,
            Flux::All => is_flux,
        };
        by_kind
            || self.objects.contains(id)
            || id.group.is_empty()
                && self.objects.iter().any(|known| {
                    (&known.kind, &known.namespace, &known.name) == (&id.kind, &id.namespace, &id.name)
                })
    }

    /// Whether an object may have been made by one that belongs to it, which its owners tell.
    pub(super) fn may_own(&self, id: &ObjectId) -> bool {
        MADE.iter().any(|(group, _, kind)| id.kind == *kind && (id.group == *group || id.group.is_empty()))
            && self.workloads().contains(&id.namespace)
    }

    /// Namespaces with workloads.
    pub(super) fn workloads(&self) -> BTreeSet<String> {
        let makers = self.objects.iter().filter(|id| MAKERS.contains(&id.kind.as_str()));
        makers.map(|id| id.namespace.clone()).collect()
    }

    /// Namespaces in which events of it may be; none for all of them.
    pub(super) fn namespaces(&self) -> Option<BTreeSet<String>> {
        let mut namespaces: BTreeSet<String> = self
            .objects
            .iter()
            .map(|id| if id.namespace.is_empty() { DEFAULT.to_owned() } else { id.namespace.clone() })
            .collect();
        match &self.flux {
            Flux::All => return None,
            Flux::In(namespace) => drop(namespaces.insert(namespace.clone())),
            Flux::Named => {}
        }
        Some(namespaces)
    }
}
