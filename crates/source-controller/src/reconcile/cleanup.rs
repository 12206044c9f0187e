//! The end of an object: its artifacts and what its upstream keeps go, then its finalizer
//! (contracts/source-controller.md 4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use api::condition::reason;
use artifact::StoreError;
use artifact::store::Place;
use kube::Api;
use reconcile_core::ObjectKey;
use reconcile_core::events::{self, Event, Severity};

use super::finalizer;
use super::notice::Notice;
use super::source::Source;
use crate::context::Context;
use crate::step::Next;
use crate::upstream::Upstream as _;

#[cfg(test)]
mod tests;

/// Removes everything of an object that is being deleted, then the finalizer.
pub(super) async fn finalise<K: Source>(
    ctx: &Arc<Context>,
    api: &Api<K>,
    key: &ObjectKey,
    object: &K,
) -> Next {
    if !finalizer::is_held(object) {
        return Next::Wait;
    }
    if let (Some(second), Ok(place)) = (ctx.homes.second(), place::<K>(key)) {
        second.remove_all(&place).await;
    }
    let removed = remove::<K>(ctx, key, object.meta().uid.as_deref().unwrap_or_default()).await;
    if let Some(Notice { severity, reason, message }) = event(&removed) {
        let mut metadata = BTreeMap::new();
        events::merge_annotations(&mut metadata, object.meta().annotations.as_ref());
        let involved = events::reference(object, &());
        ctx.recorder.publish(Event { involved, severity, reason: reason.to_owned(), message, metadata });
    }
    if let Err(error) = removed {
        tracing::error!(error = %error, "garbage collection for deleted resource failed");
        return Next::Retry;
    }
    match finalizer::remove(api, key, object).await {
        Ok(()) => Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the finalizer could not be removed");
            Next::Retry
        }
    }
}

/// What is said of the removal: nothing when there was no artifact.
fn event(removed: &Result<usize, StoreError>) -> Option<Notice> {
    match removed {
        Ok(0) => None,
        Ok(_) => Some(Notice {
            severity: Severity::Trace,
            reason: reason::GARBAGE_COLLECTION_SUCCEEDED,
            message: "garbage collected artifacts for deleted resource".to_owned(),
        }),
        Err(error) => Some(Notice {
            severity: Severity::Error,
            reason: reason::GARBAGE_COLLECTION_FAILED,
            message: format!("garbage collection for deleted resource failed: {error}"),
        }),
    }
}

/// Removes what is left here of an object that is gone; false when that has to be tried again. It may be another shard's now,
/// which has its keys of the object store.
pub(crate) async fn clean<K: Source>(ctx: &Arc<Context>, key: &ObjectKey, uid: &str) -> bool {
    ctx.metrics.forget(K::KIND, key);
    match remove::<K>(ctx, key, uid).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(error = %error, "what is left of a deleted object could not be removed");
            false
        }
    }
}

fn place<K: Source>(key: &ObjectKey) -> Result<Place, StoreError> {
    Place::new(K::CONTROLLER, &key.namespace, &key.name)
}

async fn remove<K: Source>(ctx: &Arc<Context>, key: &ObjectKey, uid: &str) -> Result<usize, StoreError> {
    let place = place::<K>(key)?;
    let (ctx, uid) = (Arc::clone(ctx), uid.to_owned());
    ctx.suspects.forget(&uid);
    ctx.pieces.forget(&uid);
    if let Some(second) = ctx.homes.second() {
        second.forget(&place);
    }
    let removed = tokio::task::spawn_blocking(move || {
        ctx.published.forget(&place);
        if let Some(upstream) = K::upstream(&ctx).filter(|_| !uid.is_empty()) {
            upstream.forget(&uid);
        }
        ctx.storage.remove_all(&place)
    });
    removed.await.unwrap_or(Ok(0))
}
