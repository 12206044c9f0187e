//! When two Kustomizations whose inventories name the same object are rivals for it. Which inventories name what is the
//! caller's to know; what is said of it is `blockers`'. Pure.
//!
//! An object that moves from one Kustomization to another is in both inventories for a while: the new one's controller
//! records it before it writes it, and the old one's entry goes with the old one's next run. That is no quarrel, so an
//! entry counts only once its Kustomization stands by it: it has finished a run for its newest spec and for what its source
//! has now, and the entry has outlived that run.
//!
//! Of two that both keep the object in their manifests this always comes to hold. A run ends with Ready True or False and
//! for the present generation, whoever's controller it is, and every new revision and generation starts one. So each
//! stands by its entry one run after its source came to rest, without waiting for its interval; the entry that was there
//! first need not have been written again. It does not hold for one that is suspended or deleted: that one writes nothing,
//! and who writes nothing is nobody's rival.

use api::condition::{self, FALSE, READY, TRUE};
use api::kustomization::Kustomization;

use crate::observed::is_observed;

/// A Kustomization whose inventory names an object.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// The Kustomization.
    pub kustomization: &'a Kustomization,
    /// The revision that its source has; `None` where that is not known, and then the source is taken to be at rest.
    pub desired: Option<&'a str>,
}

impl Claimant<'_> {
    /// Whether what its inventory names is what it means to keep.
    #[must_use]
    pub fn stands(&self) -> bool {
        let Some(status) = &self.kustomization.status else { return false };
        let ended = condition::get(&status.conditions, READY)
            .is_some_and(|ready| matches!(ready.status.as_str(), TRUE | FALSE));
        let at_rest = self.desired.is_none_or(|desired| self.attempted() == Some(desired));
        self.writes() && is_observed(self.kustomization) && ended && at_rest
    }

    /// Whether it writes anything: one that is suspended or on its way out does not.
    #[must_use]
    pub fn writes(&self) -> bool {
        let (metadata, spec) = (&self.kustomization.metadata, &self.kustomization.spec);
        metadata.deletion_timestamp.is_none() && !spec.suspend
    }

    fn attempted(&self) -> Option<&str> {
        self.kustomization.status.as_ref()?.last_attempted_revision.as_deref()
    }

    /// Kind, namespace and name of the source.
    fn source(&self) -> (&str, &str, &str) {
        let reference = &self.kustomization.spec.source_ref;
        let own = self.kustomization.metadata.namespace.as_deref().unwrap_or_default();
        (reference.kind.as_str(), reference.namespace.as_deref().unwrap_or(own), &reference.name)
    }
}

/// Whether two that name the same object are rivals for it now. Of one source both must have come as far: the one that is
/// behind may be about to let go, and word of the source may be late.
#[must_use]
pub fn contend(one: &Claimant<'_>, other: &Claimant<'_>) -> bool {
    let level = one.source() != other.source() || one.attempted() == other.attempted();
    level
        && one.stands()
        && other.stands()
        && cluster_of(one.kustomization) == cluster_of(other.kustomization)
}

/// Names the cluster that a Kustomization applies to, as far as its spec tells: objects of equal names are the same object
/// only where these are equal. Empty for the cluster that it is in itself.
#[must_use]
pub fn cluster_of(kustomization: &Kustomization) -> String {
    let Some(reference) = &kustomization.spec.kube_config else { return String::new() };
    let namespace = kustomization.metadata.namespace.as_deref().unwrap_or_default();
    let of_secret = reference.secret_ref.as_ref().map(|secret| {
        let key = secret.key.as_deref().unwrap_or_default();
        format!("Secret/{namespace}/{}/{key}", secret.name)
    });
    let of_map = reference.config_map_ref.as_ref().map(|map| format!("ConfigMap/{namespace}/{}", map.name));
    of_secret.or(of_map).unwrap_or_else(|| format!("?/{namespace}"))
}

#[cfg(test)]
mod tests;
