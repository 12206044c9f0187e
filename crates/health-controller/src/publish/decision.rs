//! What has to be written of a Convergence: the object, its status, or nothing. The requests are `publish`'s.

use api::convergence::{Convergence, ConvergenceStatus};
use api::kustomization::Kustomization;
use kube::ResourceExt as _;
use reconcile_core::{ObjectKey, status};
use serde_json::{Value, json};

/// Whether a Convergence is this Kustomization's and not that of an earlier one of the name.
pub(super) fn is_owned(known: &Convergence, owner: &Kustomization) -> bool {
    known.owner_references().iter().any(|reference| {
        reference.kind == "Kustomization" && Some(&reference.uid) == owner.metadata.uid.as_ref()
    })
}

/// The object without status: deleted by the garbage collector with its Kustomization.
pub(super) fn object(owner: &Kustomization) -> Value {
    let key = ObjectKey::of(&owner.metadata);
    json!({
        "apiVersion": format!("{}/{}", api::FLYBALL_GROUP, api::FLYBALL_VERSION),
        "kind": "Convergence",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "ownerReferences": [{
                "apiVersion": format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION),
                "kind": "Kustomization",
                "name": key.name,
                "uid": owner.metadata.uid,
                "controller": true,
                "blockOwnerDeletion": false,
            }],
        },
    })
}

/// The merge patch of the status; `None` when it is there already.
pub(super) fn change(known: Option<&ConvergenceStatus>, new: &ConvergenceStatus) -> Option<Value> {
    if known == Some(new) {
        return None;
    }
    Some(status::difference(&to_json(known), &to_json(Some(new))))
}

fn to_json(status: Option<&ConvergenceStatus>) -> Value {
    status.and_then(|status| serde_json::to_value(status).ok()).unwrap_or_else(|| json!({}))
}

#[cfg(test)]
mod tests;
