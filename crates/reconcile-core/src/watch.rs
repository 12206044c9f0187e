//! A resilient watch of one kind: every object decoded on its own, deletions noticed even when they happened while
//! the watch was down, streaming lists where the server has them.
//!
//! Only keys and uids are kept here; objects go to the sink, which a controller connects to a `Store` and its
//! runtime. Failures are reported and retried for ever; permission problems slowly.

use std::fmt::Debug;
use std::sync::Arc;

use kube::core::{DeserializeGuard, NamespaceResourceScope, ObjectMeta, PartialObjectMeta};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::key::ObjectKey;
use crate::metrics::{Metrics, WatchId, WatchState};

mod failures;
pub(crate) mod follow;
mod known;
#[cfg(test)]
mod tests;
use follow::{Raw, follow};
pub use follow::{Scope, Wake};
pub use known::Gone;

/// An object that may turn out to be unreadable.
pub type Guarded<K> = DeserializeGuard<K>;

/// An object that the kind's type cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// What the decoder said; may quote the object's content.
    pub error: String,
}

/// What a watch says.
#[derive(Clone, Debug)]
pub enum Change<K> {
    /// An object exists, in this form. Repeated after every restart of the watch.
    Applied(K),
    /// An object is gone; also for those that vanished while nobody watched.
    Deleted(Gone),
    /// An object exists and cannot be read. The rest of its kind is not affected.
    Undecodable(Bad),
    /// The list is complete; again after every restart. The first list is streamed and may be a moment behind: an object
    /// made just before may follow as an event. Later lists are consistent, so that what they lack is gone.
    Synced,
    /// The watch failed and will be tried again; reported once per class in a row. Its objects are listed again, so that
    /// [`Self::Deleted`] for those that vanished and then [`Self::Synced`] follow once it is complete again.
    Failed(cluster::Error),
}

/// The API of a namespaced type of ours, ready for [`objects`].
pub fn namespaced<K>(client: Client, namespace: Option<&str>) -> Api<Guarded<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    }
}

/// Watches the metadata of one object until `stop`, and says nothing after it: what is there, `Some(None)` when it is not
/// there, and `None` when the watch cannot tell any more. The object's content is not asked for. As [`objects`], but
/// nothing is counted: of such a watch there may be one for each object.
pub async fn one<K>(
    api: Api<PartialObjectMeta<K>>,
    name: &str,
    stop: CancellationToken,
    mut sink: impl FnMut(Option<Option<ObjectMeta>>) + Send,
) where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
{
    let scope = Scope { fields: Some(format!("metadata.name={name}")), ..Scope::default() };
    let wake = Wake::default();
    let mut seen = false;
    let watch = follow(api, &scope, &wake, |raw: Raw<PartialObjectMeta<K>>| {
        if stop.is_cancelled() {
            return;
        }
        match raw {
            Raw::Seen(object) => {
                seen = true;
                sink(Some(Some(object.metadata)));
            }
            Raw::Gone(_) => {
                seen = false;
                sink(Some(None));
            }
            Raw::Synced if seen => {}
            Raw::Synced => sink(Some(None)),
            Raw::Failed(_) => sink(None),
            Raw::Panicked(said) => {
                tracing::error!(panic = %said, "what the watch of one object says was not taken");
            }
        }
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch => {}
    }
}

/// Watches until `stop`. The sink is called in order, on the watch's own task, and must be quick.
pub async fn objects<K>(
    api: Api<Guarded<K>>,
    scope: Scope,
    metrics: Option<Arc<Metrics>>,
    stop: CancellationToken,
    mut sink: impl FnMut(Change<K>) + Send,
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let what = api.resource_url().to_owned();
    // One watch of a kind is enough for a process that takes this road.
    let id = WatchId { kind: what.clone(), pool: 0, number: 0 };
    let tell = |state| {
        if let Some(metrics) = &metrics {
            metrics.watch_is(&id, state);
        }
    };
    tell(WatchState::Starting);
    let wake = Wake::default();
    let watch = follow(api, &scope, &wake, |raw: Raw<Guarded<K>>| match raw {
        Raw::Seen(DeserializeGuard(Ok(object))) => sink(Change::Applied(object)),
        Raw::Seen(DeserializeGuard(Err(bad))) => {
            let key = ObjectKey::of(&bad.metadata);
            // What the decoder says may quote the object.
            tracing::error!(watch = %what, namespace = %key.namespace, name = %key.name, "an object cannot be read");
            sink(Change::Undecodable(Bad {
                key,
                uid: bad.metadata.uid.unwrap_or_default(),
                generation: bad.metadata.generation.unwrap_or_default(),
                error: bad.error,
            }));
        }
        Raw::Gone(gone) => sink(Change::Deleted(gone)),
        Raw::Synced => {
            tell(WatchState::Synced);
            sink(Change::Synced);
        }
        Raw::Failed(error) => {
            if let Some(metrics) = &metrics {
                metrics.watch_failed(&what, &format!("{:?}", error.classify()));
            }
            tell(WatchState::Failing);
            tracing::error!(watch = %what, error = %error, "the watch failed and is tried again");
            sink(Change::Failed(error));
        }
        Raw::Panicked(said) => {
            if let Some(metrics) = &metrics {
                metrics.panicked(follow::PANICS);
            }
            tell(WatchState::Failing);
            tracing::error!(watch = %what, panic = %said, "what a watch says was not taken: it lists again");
        }
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch => {}
    }
    if let Some(metrics) = &metrics {
        metrics.watch_ended(&id);
    }
}
