//! Reads and writes one Kustomization's status (decisions 2): a merge patch of what changed, fenced by
//! resourceVersion, from the newest copy that is known.
//!
//! What the conditions say is the `recorder`'s; this file knows how they get to the API server.

use crate::memory::{Own, OwnStatus};
use crate::unreadable;
use api::kustomization::{Kustomization, KustomizationStatus};
use api::{condition, labels};
use futures::future::BoxFuture;
use futures::{FutureExt as _, TryFutureExt as _};
use kube::core::DynamicObject;
use kube::{Api, Client};
use reconcile_core::ObjectKey;
use reconcile_core::status::changes;
use serde_json::Value;

/// Why a status could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// Somebody else wrote what we own: start over from what is there now.
    #[error("another process changed the status in the meantime")]
    Overtaken,
    /// The object is gone.
    #[error("the object is gone")]
    Gone,
    /// The API server refused.
    #[error(transparent)]
    Api(#[from] cluster::Error),
}

/// The requests that a status needs of the API server. A trait, so that what is written and when can be proved without
/// one.
pub(crate) trait Requests: Send + Sync {
    /// Merges into the status of exactly this version.
    fn patch_status<'r>(&'r self, status: &'r Value, version: &'r str) -> Answer<'r, Kustomization>;
    /// Replaces the finalizers of exactly this version; `None` when the object is gone.
    fn patch_finalizers<'r>(
        &'r self,
        finalizers: &'r [String],
        version: &'r str,
    ) -> Answer<'r, Option<Kustomization>>;
    /// Reads the object; `None` when it is gone.
    fn read(&self) -> Answer<'_, Option<Kustomization>>;
}

/// What a request comes to.
pub(crate) type Answer<'r, T> = BoxFuture<'r, Result<T, cluster::Error>>;

/// One Kustomization at the API server.
pub(crate) struct Remote {
    api: Api<Kustomization>,
    name: String,
}

impl Remote {
    /// As the controller itself.
    pub(crate) fn new(client: &Client, key: &ObjectKey) -> Self {
        Self { api: Api::namespaced(client.clone(), &key.namespace), name: key.name.clone() }
    }
}

impl Requests for Remote {
    fn patch_status<'r>(&'r self, status: &'r Value, version: &'r str) -> Answer<'r, Kustomization> {
        let manager = labels::KUSTOMIZE_STATUS_MANAGER;
        reconcile_core::status::patch(&self.api, &self.name, manager, status, Some(version)).boxed()
    }

    fn patch_finalizers<'r>(
        &'r self,
        finalizers: &'r [String],
        version: &'r str,
    ) -> Answer<'r, Option<Kustomization>> {
        let manager = labels::KUSTOMIZE_STATUS_MANAGER;
        reconcile_core::status::patch_finalizers(&self.api, &self.name, manager, finalizers, version).boxed()
    }

    fn read(&self) -> Answer<'_, Option<Kustomization>> {
        async { self.api.get_opt(&self.name).await.map_err(cluster::Error::from) }.boxed()
    }
}

/// One Kustomization that cannot be read as one.
pub(crate) struct Plain {
    api: Api<DynamicObject>,
    name: String,
}

impl Plain {
    /// As the controller itself.
    pub(crate) fn new(client: &Client, key: &ObjectKey) -> Self {
        Self { api: unreadable::plain(client.clone(), &key.namespace), name: key.name.clone() }
    }
}

impl Requests for Plain {
    fn patch_status<'r>(&'r self, status: &'r Value, version: &'r str) -> Answer<'r, Kustomization> {
        let manager = labels::KUSTOMIZE_STATUS_MANAGER;
        reconcile_core::status::patch(&self.api, &self.name, manager, status, Some(version))
            .map_ok(|object| unreadable::salvage_object(&object).object)
            .boxed()
    }

    fn patch_finalizers<'r>(
        &'r self,
        finalizers: &'r [String],
        version: &'r str,
    ) -> Answer<'r, Option<Kustomization>> {
        let manager = labels::KUSTOMIZE_STATUS_MANAGER;
        reconcile_core::status::patch_finalizers(&self.api, &self.name, manager, finalizers, version)
            .map_ok(|object| object.map(|object| unreadable::salvage_object(&object).object))
            .boxed()
    }

    fn read(&self) -> Answer<'_, Option<Kustomization>> {
        async {
            let object = self.api.get_opt(&self.name).await.map_err(cluster::Error::from)?;
            Ok(object.map(|object| unreadable::salvage_object(&object).object))
        }
        .boxed()
    }
}

/// A status under way: what is stored, and what it shall become.
pub(crate) struct Draft<'a> {
    requests: Box<dyn Requests>,
    own: &'a OwnStatus,
    uid: Option<String>,
    version: u64,
    stored: KustomizationStatus,
    /// What the next write stores.
    pub(crate) status: KustomizationStatus,
    /// `metadata.generation`, stamped on conditions.
    pub(crate) generation: i64,
}

/// How often a write is tried again over changes that are not ours.
const MAX_CONFLICTS: usize = 6;

impl<'a> Draft<'a> {
    /// From the store's copy, or from our own last write where that is newer (decisions 1.5).
    pub(crate) fn new(requests: Box<dyn Requests>, object: &Kustomization, own: &'a OwnStatus) -> Self {
        let seen = apply::baseline::version_number(object.metadata.resource_version.as_deref());
        let (version, stored) = match own.own() {
            Some(own) if own.resource_version >= seen => (own.resource_version, own.status),
            _ => (seen, object.status.clone().unwrap_or_default()),
        };
        Self {
            requests,
            own,
            uid: object.metadata.uid.clone(),
            version,
            status: stored.clone(),
            stored,
            generation: object.metadata.generation.unwrap_or_default(),
        }
    }

    /// Sets a condition for this generation.
    pub(crate) fn set(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        reconcile_core::condition::set(
            &mut self.status.conditions,
            reconcile_core::condition::New {
                type_: kind,
                status,
                reason,
                message,
                generation: self.generation,
            },
        );
    }

    /// Removes a condition.
    pub(crate) fn unset(&mut self, kind: &str) {
        reconcile_core::condition::remove(&mut self.status.conditions, kind);
    }

    /// Whether Ready is True in the draft.
    pub(crate) fn is_ready(&self) -> bool {
        reconcile_core::condition::is_true(&self.status.conditions, condition::READY)
    }

    /// Reason of Ready in the draft; events carry it.
    pub(crate) fn ready_reason(&self) -> Option<&str> {
        reconcile_core::condition::get(&self.status.conditions, condition::READY).map(|c| c.reason.as_str())
    }

    /// What the API server has.
    pub(crate) const fn stored(&self) -> &KustomizationStatus {
        &self.stored
    }

    /// Writes what differs from the stored status; no request when nothing does.
    pub(crate) async fn write(&mut self) -> Result<(), WriteError> {
        for _ in 0..MAX_CONFLICTS {
            let Some(status) = changes(&self.stored, &self.status) else { return Ok(()) };
            let version = self.version.to_string();
            match self.requests.patch_status(&status, &version).await {
                Ok(written) => {
                    self.took(&written);
                    return Ok(());
                }
                Err(error) => match error.classify() {
                    cluster::Class::Conflict => self.rebase().await?,
                    cluster::Class::NotFound => return Err(WriteError::Gone),
                    _ => return Err(error.into()),
                },
            }
        }
        Err(WriteError::Overtaken)
    }

    /// Adds or removes our finalizer; the rest of the object stays as it is.
    pub(crate) async fn write_finalizers(&mut self, finalizers: &[String]) -> Result<(), WriteError> {
        let version = self.version.to_string();
        match self.requests.patch_finalizers(finalizers, &version).await {
            Ok(Some(written)) => {
                self.version = apply::baseline::version_number(written.metadata.resource_version.as_deref());
                Ok(())
            }
            Ok(None) => Err(WriteError::Gone),
            Err(error) if error.classify() == cluster::Class::Conflict => Err(WriteError::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    fn took(&mut self, written: &Kustomization) {
        self.version = apply::baseline::version_number(written.metadata.resource_version.as_deref());
        self.stored = written.status.clone().unwrap_or_default();
        // The server may have dropped or reordered nothing: what we meant is what is there, foreign conditions kept.
        self.status = self.stored.clone();
        self.own.set_own(Own { resource_version: self.version, status: self.stored.clone() });
    }

    /// After a conflict: reads the object. If only things changed that are not ours (spec, annotations, foreign
    /// conditions) the draft moves onto the new version; otherwise another process writes here (decisions 1.5).
    async fn rebase(&mut self) -> Result<(), WriteError> {
        let live = self.requests.read().await?.ok_or(WriteError::Gone)?;
        // Another object of that name: what we know is of its predecessor.
        if live.metadata.uid != self.uid {
            return Err(WriteError::Gone);
        }
        let theirs = live.status.clone().unwrap_or_default();
        if ours(&theirs) != ours(&self.stored) {
            return Err(WriteError::Overtaken);
        }
        self.status.conditions.retain(|c| is_owned(&c.type_));
        self.status.conditions.extend(theirs.conditions.iter().filter(|c| !is_owned(&c.type_)).cloned());
        self.version = apply::baseline::version_number(live.metadata.resource_version.as_deref());
        self.stored = theirs;
        Ok(())
    }
}

/// The conditions that the controller owns (contracts/kustomize-controller.md 5).
fn is_owned(kind: &str) -> bool {
    matches!(kind, condition::READY | condition::RECONCILING | condition::STALLED | condition::HEALTHY)
}

fn ours(status: &KustomizationStatus) -> KustomizationStatus {
    let mut status = status.clone();
    status.conditions.retain(|c| is_owned(&c.type_));
    status
}

#[cfg(test)]
mod tests;
