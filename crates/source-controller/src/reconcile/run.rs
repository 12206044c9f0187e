//! One run in hand: the object, the status that is being made of it, and how that reaches the API server.
//!
//! What happens in a run, and in which order, is in `reconcile`.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{Artifact, labels};
use kube::Api;
use reconcile_core::events::{self, Event, Severity};
use reconcile_core::{ObjectKey, Store, status as write};

use super::notice::Notice;
use crate::context::Context;
use crate::kind::Kind;
use crate::status::Status;

#[cfg(test)]
mod tests;

/// How often a status write that met a conflict is planned again.
const CONFLICTS: u32 = 5;

/// What a second look at the object gave.
enum Reread {
    /// It has changed.
    Newer,
    /// It is gone, and another has its name.
    Replaced,
    /// Nothing.
    Failed,
}

/// One run in hand.
pub(crate) struct Run<K: Kind> {
    pub(crate) ctx: Arc<Context>,
    pub(crate) key: ObjectKey,
    pub(crate) object: Arc<K>,
    pub(crate) generation: i64,
    /// What is being made.
    pub(crate) status: Status,
    /// What is stored.
    pub(super) stored: Status,
    /// What was stored when the run began.
    pub(super) before: Status,
    objects: Store<K>,
    api: Api<K>,
    version: Option<String>,
}

impl<K: Kind> Run<K> {
    /// Begins with the status as it is stored.
    pub(super) fn new(
        ctx: Arc<Context>,
        objects: Store<K>,
        api: Api<K>,
        key: ObjectKey,
        object: Arc<K>,
    ) -> Self {
        let status = object.status();
        Self {
            ctx,
            key,
            generation: object.meta().generation.unwrap_or_default(),
            version: object.meta().resource_version.clone(),
            stored: status.clone(),
            before: status.clone(),
            status,
            objects,
            api,
            object,
        }
    }

    /// The object's uid.
    pub(super) fn uid(&self) -> String {
        self.object.meta().uid.clone().unwrap_or_default()
    }

    /// Writes the status if it differs from what is stored; false when it could not be written.
    pub(crate) async fn flush(&mut self) -> bool {
        for _ in 0..CONFLICTS {
            let Some(patch) = self.status.patch(&self.stored) else { return true };
            // Always with the version, or an object that took the name meanwhile would get this one's status.
            let version = self.version.as_deref();
            let written =
                write::patch(&self.api, &self.key.name, labels::SOURCE_MANAGER, &patch, version).await;
            match written {
                Ok(object) => {
                    self.take(object);
                    return true;
                }
                Err(error) if error.classify() == cluster::Class::Conflict => match self.read_again().await {
                    Reread::Newer => {}
                    // Deleted and made again: the watch tells the rest.
                    Reread::Replaced => return true,
                    Reread::Failed => return false,
                },
                // Deleted meanwhile: the watch tells the rest.
                Err(error) if error.classify() == cluster::Class::NotFound => return true,
                Err(error) => {
                    tracing::error!(error = %error, "the status could not be written");
                    return false;
                }
            }
        }
        tracing::error!("the status could not be written: it kept changing");
        false
    }

    fn take(&mut self, object: K) {
        self.version = object.meta().resource_version.clone();
        self.stored = object.status();
        self.objects.update(Arc::new(object));
    }

    async fn read_again(&mut self) -> Reread {
        match self.api.get(&self.key.name).await.map_err(cluster::Error::from) {
            Ok(object) if object.meta().uid != self.object.meta().uid => Reread::Replaced,
            Ok(object) => {
                self.take(object);
                self.status.adopt_foreign(&self.stored);
                Reread::Newer
            }
            Err(error) => {
                tracing::error!(error = %error, "the object could not be read again");
                Reread::Failed
            }
        }
    }

    /// Publishes an event that is for people who look at the object in Kubernetes only.
    pub(super) fn trace_event(&self, reason: &'static str, message: String) {
        self.event(Notice { severity: Severity::Trace, reason, message });
    }

    /// Publishes an event.
    pub(super) fn event(&self, notice: Notice) {
        let Notice { severity, reason, message } = notice;
        let mut metadata = about(severity, self.status.artifact.as_ref());
        events::merge_annotations(&mut metadata, self.object.meta().annotations.as_ref());
        self.ctx.recorder.publish(Event {
            involved: events::reference(self.object.as_ref(), &()),
            severity,
            reason: reason.to_owned(),
            message,
            metadata,
        });
    }
}

/// What an event says of the artifact: news carry its revision and digest.
fn about(severity: Severity, artifact: Option<&Artifact>) -> BTreeMap<String, String> {
    artifact
        .filter(|_| severity == Severity::Info)
        .map(|artifact| {
            BTreeMap::from([
                (labels::SOURCE_REVISION.to_owned(), artifact.revision.clone()),
                (labels::SOURCE_DIGEST.to_owned(), artifact.digest.clone()),
            ])
        })
        .unwrap_or_default()
}
