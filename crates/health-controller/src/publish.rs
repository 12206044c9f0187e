//! Writes a Convergence: the object when it is absent or belongs to an earlier Kustomization of the name, its status
//! when it differs. Nothing when nothing changed; what that is stands in `decision`.

mod decision;

use std::sync::Arc;

use api::convergence::{Convergence, ConvergenceStatus};
use api::kustomization::Kustomization;
use api::labels::HEALTH_MANAGER;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use reconcile_core::{ObjectKey, Store, status};

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
    let known = store.get(&key).filter(|known| decision::is_owned(known, owner));
    let (current, created) = match known {
        Some(known) => ((*known).clone(), false),
        None => {
            let params = PatchParams::apply(HEALTH_MANAGER).force();
            let object = Patch::Apply(decision::object(owner));
            let made: Convergence = api.patch(&key.name, &params, &object).await?;
            store.insert(Arc::new(made.clone()));
            (made, true)
        }
    };
    let Some(change) = decision::change(current.status.as_ref(), new) else { return Ok(created) };
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
