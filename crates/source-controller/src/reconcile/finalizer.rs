//! The finalizer: which objects get one, and the lists with and without it. Pure but for the patch.

use std::sync::Arc;

use api::labels;
use kube::Api;
use kube::core::ObjectMeta;
use reconcile_core::{ObjectKey, Store, status as write};

use crate::kind::Kind;

#[cfg(test)]
mod tests;

/// The object's finalizers with ours; `None` when nothing is to be added.
fn with_ours(object: &impl Kind) -> Option<Vec<String>> {
    let mut finalizers = object.meta().finalizers.clone().unwrap_or_default();
    // An object that only gets to know that it is not supported needs none.
    if object.unsupported().is_some() || finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER) {
        return None;
    }
    finalizers.push(labels::FINALIZER.to_owned());
    Some(finalizers)
}

/// The object's finalizers without ours; `None` when it has not got it.
pub(crate) fn without_ours(metadata: &ObjectMeta) -> Option<Vec<String>> {
    let finalizers = metadata.finalizers.as_deref().unwrap_or_default();
    let rest: Vec<String> =
        finalizers.iter().filter(|finalizer| *finalizer != labels::FINALIZER).cloned().collect();
    (rest.len() != finalizers.len()).then_some(rest)
}

/// Whether the object waits for us before it goes.
pub(super) fn is_held(object: &impl Kind) -> bool {
    without_ours(object.meta()).is_some()
}

/// Adds the finalizer where it is missing. Gives the object as it is then; `None` when it is gone meanwhile.
pub(super) async fn add<K: Kind>(
    objects: &Store<K>,
    api: &Api<K>,
    key: &ObjectKey,
    object: Arc<K>,
) -> Result<Option<Arc<K>>, cluster::Error> {
    let Some(finalizers) = with_ours(object.as_ref()) else { return Ok(Some(object)) };
    let version = object.meta().resource_version.clone().unwrap_or_default();
    let patched =
        write::patch_finalizers(api, &key.name, labels::SOURCE_MANAGER, &finalizers, &version).await?;
    Ok(patched.map(|object| {
        let object = Arc::new(object);
        objects.update(Arc::clone(&object));
        object
    }))
}

/// Removes the finalizer.
pub(super) async fn remove<K: Kind>(api: &Api<K>, key: &ObjectKey, object: &K) -> Result<(), cluster::Error> {
    let Some(finalizers) = without_ours(object.meta()) else { return Ok(()) };
    let version = object.meta().resource_version.clone().unwrap_or_default();
    write::patch_finalizers(api, &key.name, labels::SOURCE_MANAGER, &finalizers, &version).await.map(drop)
}
