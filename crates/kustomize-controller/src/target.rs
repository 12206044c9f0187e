//! Objects of more than one cluster: where a spec says that a Kustomization's objects are, and the key of whatever is
//! remembered of an object beyond one Kustomization's memory. Pure.
//!
//! The same object in two clusters is two objects. What is kept within one target (a `LaneObjects`, a target's watches)
//! is keyed by id; what can meet several is keyed by [`TargetObject`]. A [`Place`] is what a spec says, a `TargetId` is
//! what that leads to: `clusters` finds out.

use crate::args::Options;
use crate::references::{Access, Reference, access_of};
use api::kustomization::KustomizationSpec;
use cluster::{TargetId, service_account_user};
use manifest::ObjectId;
use std::fmt;

/// An object, and the target that it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TargetObject {
    pub(crate) target: TargetId,
    pub(crate) id: ObjectId,
}

impl TargetObject {
    /// An object of a target.
    pub(crate) fn new(target: &TargetId, id: ObjectId) -> Self {
        Self { target: target.clone(), id }
    }

    /// Whether it is of this target and kind.
    pub(crate) fn is_of(&self, target: &TargetId, group: &str, kind: &str) -> bool {
        self.target == *target && self.id.group == group && self.id.kind == kind
    }
}

/// As messages name it; the own cluster goes without saying.
impl fmt::Display for TargetObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target {
            TargetId::Local => self.id.fmt(f),
            TargetId::Remote(_) => write!(f, "{} in {}", self.id, self.target),
        }
    }
}

/// Where a spec says that its objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the own cluster.
    Local,
    /// In another one.
    Remote {
        /// What leads there.
        access: Access,
        /// Who is impersonated there, if somebody is (contract 19).
        user: Option<String>,
    },
}

impl Place {
    /// Of a Kustomization in this namespace.
    pub(crate) fn of(options: &Options, namespace: &str, spec: &KustomizationSpec) -> Self {
        match access_of(namespace, spec) {
            None => Self::Local,
            Some(access) => {
                let user = options.account(spec).map(|account| service_account_user(namespace, account));
                Self::Remote { access, user }
            }
        }
    }
}

/// For digests of specs: different for different places. The own cluster adds nothing: digests that stand in histories were
/// made before there were others.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Remote { access, user } = self else { return Ok(()) };
        let Reference { kind, namespace, name } = &access.reference;
        write!(f, "\nremote\n{}\n{namespace}\n{name}\n", kind.as_str())?;
        write!(f, "{}\n{}", access.key.as_deref().unwrap_or_default(), user.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
