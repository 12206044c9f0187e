//! Writes a Convergence: the object when it is absent or belongs to an earlier Kustomization of the name, its status
//! when it differs. Nothing when nothing changed.

use std::sync::Arc;

use api::convergence::{Convergence, ConvergenceStatus};
use api::kustomization::Kustomization;
use api::labels::HEALTH_MANAGER;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use reconcile_core::{ObjectKey, Store, status};
use serde_json::{Value, json};

/// Publishes; true when something was written.
///
/// # Errors
/// Whatever the API server refuses; a conflict means that somebody else has written, so assess again.
pub(crate) async fn publish(
    client: &Client,
    store: &Store<Convergence>,
    owner: &Kustomization,
    new: &ConvergenceStatus,
) -> Result<bool, cluster::Error> {
    let key = ObjectKey::of(&owner.metadata);
    let api: Api<Convergence> = Api::namespaced(client.clone(), &key.namespace);
    let known = store.get(&key).filter(|known| is_owned(known, owner));
    let (current, created) = match known {
        Some(known) => ((*known).clone(), false),
        None => {
            let params = PatchParams::apply(HEALTH_MANAGER).force();
            let made: Convergence = api.patch(&key.name, &params, &Patch::Apply(object(owner, &key))).await?;
            store.insert(Arc::new(made.clone()));
            (made, true)
        }
    };
    if current.status.as_ref() == Some(new) {
        return Ok(created);
    }
    let old = to_json(current.status.as_ref());
    let change = status::difference(&old, &to_json(Some(new)));
    let version = current.resource_version();
    match status::patch(&api, &key.name, HEALTH_MANAGER, &change, version.as_deref()).await {
        Ok(written) => {
            store.update(Arc::new(written));
            Ok(true)
        }
        Err(error) => {
            if error.classify() == cluster::Class::NotFound {
                // The watch may have told of its deletion before the answer to its creation was put in above; it will
                // not tell again.
                store.remove(&key, current.metadata.uid.as_deref().unwrap_or_default());
            }
            Err(error)
        }
    }
}

fn is_owned(known: &Convergence, owner: &Kustomization) -> bool {
    known.owner_references().iter().any(|reference| {
        reference.kind == "Kustomization" && Some(&reference.uid) == owner.metadata.uid.as_ref()
    })
}

/// The object without status: deleted by the garbage collector with its Kustomization.
fn object(owner: &Kustomization, key: &ObjectKey) -> Value {
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

fn to_json(status: Option<&ConvergenceStatus>) -> Value {
    status.and_then(|status| serde_json::to_value(status).ok()).unwrap_or_else(|| json!({}))
}
