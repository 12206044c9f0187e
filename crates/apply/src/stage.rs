//! Which objects go before which (contracts/kustomize-controller.md 12.1). Pure.
//!
//! Sorting inside a stage is `manifest::order`; waiting between stages is the controller's.

use manifest::{Gvk, Manifest, order};

/// A group of objects that is applied before the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Definitions: CustomResourceDefinition, Namespace, ClusterRole. Awaited.
    Definitions,
    /// Kinds whose name ends in `Class`. Awaited.
    Classes,
    /// Kinds named by `--custom-apply-stage-kinds`.
    Custom,
    /// Everything else.
    Rest,
}

impl Stage {
    /// Whether all members must be Current before the next stage begins.
    #[must_use]
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Definitions | Self::Classes)
    }
}

/// The stage of one kind. `custom` holds `Kind` or `group/Kind` entries.
#[must_use]
pub fn stage_of(gvk: &Gvk, custom: &[String]) -> Stage {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition")
        | ("", "Namespace")
        | ("rbac.authorization.k8s.io", "ClusterRole") => Stage::Definitions,
        (_, kind) if kind.ends_with("Class") => Stage::Classes,
        (group, kind) => {
            let named = |entry: &String| match entry.split_once('/') {
                Some((entry_group, entry_kind)) => entry_group == group && entry_kind == kind,
                None => group.is_empty() && entry == kind,
            };
            if custom.iter().any(named) { Stage::Custom } else { Stage::Rest }
        }
    }
}

/// What of one stage is applied before the rest of it. Objects of one rank are applied side by side: the API server looks
/// at none of them while it admits another, and controllers that look at several do so again when the missing one comes.
///
/// Flux applies one after the other in `manifest::order`, in which the results are told here as well. These are the pairs
/// of one stage whose order somebody can see:
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Quotas and limits, which count and complete what is made after them; ServiceAccounts, without which no Pod is
    /// admitted and a Secret with a token of theirs is deleted as soon as it is made.
    First,
    /// Roles: whoever may not bind every role is refused a binding to one that does not exist. Settings and Services,
    /// which containers get when they start.
    Needed,
    /// Bindings, so that what runs has its rights when it starts.
    Bindings,
    /// Workloads and all else.
    Rest,
    /// What judges and changes requests: webhooks that something of the same set serves, and policies. Objects of the set
    /// are not held up by what the set itself brings.
    Admission,
}

/// The rank of one kind within its stage. Definitions and classes do not look at each other: a stage of them has one rank.
#[must_use]
pub fn rank_of(gvk: &Gvk) -> Rank {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "ResourceQuota" | "LimitRange" | "ServiceAccount") => Rank::First,
        ("", "ConfigMap" | "Secret" | "Service") | ("rbac.authorization.k8s.io", "Role") => Rank::Needed,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => Rank::Bindings,
        ("admissionregistration.k8s.io", _) => Rank::Admission,
        _ => Rank::Rest,
    }
}

/// Objects by stage, each stage in apply order; empty stages are left out.
#[must_use]
pub fn stages(objects: Vec<Manifest>, custom: &[String]) -> Vec<(Stage, Vec<Manifest>)> {
    let mut keyed: Vec<(Stage, manifest::ObjectId, Manifest)> =
        objects.into_iter().map(|object| (stage_of(&object.gvk(), custom), object.id(), object)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| order::apply_order(&a.1, &b.1)));
    let mut stages: Vec<(Stage, Vec<Manifest>)> = Vec::new();
    for (stage, _, object) in keyed {
        match stages.last_mut() {
            Some((last, members)) if *last == stage => members.push(object),
            _ => stages.push((stage, vec![object])),
        }
    }
    stages
}

#[cfg(test)]
mod tests;
