//! The end of an object: its artifacts and clones go, then its finalizer (contracts/source-controller.md 4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use api::condition::reason;
use api::labels;
use artifact::StoreError;
use artifact::store::Place;
use kube::Api;
use reconcile_core::events::{self, Event, Severity};
use reconcile_core::{ObjectKey, status as write};

use crate::context::Context;
use crate::kind::Kind;
use crate::step::Next;

/// Removes everything of an object that is being deleted, then the finalizer.
pub(super) async fn finalise<K: Kind>(ctx: &Arc<Context>, api: &Api<K>, key: &ObjectKey, object: &K) -> Next {
    let finalizers = object.meta().finalizers.clone().unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER) {
        return Next::Wait;
    }
    let uid = object.meta().uid.clone().unwrap_or_default();
    let tell = |severity, reason: &str, message: String| {
        let mut metadata = BTreeMap::new();
        events::merge_annotations(&mut metadata, object.meta().annotations.as_ref());
        let involved = events::reference(object, &());
        ctx.recorder.publish(Event { involved, severity, reason: reason.to_owned(), message, metadata });
    };
    match remove::<K>(ctx, key, &uid).await {
        Ok(0) => {}
        Ok(_) => {
            let message = "garbage collected artifacts for deleted resource".to_owned();
            tell(Severity::Trace, reason::GARBAGE_COLLECTION_SUCCEEDED, message);
        }
        Err(error) => {
            let message = format!("garbage collection for deleted resource failed: {error}");
            tracing::error!(error = %error, "garbage collection for deleted resource failed");
            tell(Severity::Error, reason::GARBAGE_COLLECTION_FAILED, message);
            return Next::Retry;
        }
    }
    let rest: Vec<String> =
        finalizers.into_iter().filter(|finalizer| finalizer != labels::FINALIZER).collect();
    let version = object.meta().resource_version.clone().unwrap_or_default();
    match write::patch_finalizers(api, &key.name, labels::SOURCE_MANAGER, &rest, &version).await {
        Ok(_) => Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the finalizer could not be removed");
            Next::Retry
        }
    }
}

/// Removes what is left of an object that is gone; false when that has to be tried again.
pub(crate) async fn clean<K: Kind>(ctx: &Arc<Context>, key: &ObjectKey, uid: &str) -> bool {
    ctx.metrics.forget(K::KIND, key);
    match remove::<K>(ctx, key, uid).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(error = %error, "what is left of a deleted object could not be removed");
            false
        }
    }
}

async fn remove<K: Kind>(ctx: &Arc<Context>, key: &ObjectKey, uid: &str) -> Result<usize, StoreError> {
    let place = Place::new(K::CONTROLLER, &key.namespace, &key.name)?;
    let prefix = format!("{}/{}/{}", K::CONTROLLER, key.namespace, key.name);
    let (ctx, uid) = (Arc::clone(ctx), uid.to_owned());
    let removed = tokio::task::spawn_blocking(move || {
        ctx.published.forget(&prefix, None);
        if !uid.is_empty() {
            ctx.git.forget(&uid);
        }
        ctx.storage.remove_all(&place)
    });
    removed.await.unwrap_or(Ok(0))
}
