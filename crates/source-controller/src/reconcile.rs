//! One run of one source, for all kinds: finalizer, suspension, storage, the kind's own steps, status and events
//! (contracts/source-controller.md 4.2 and 4.3).
//!
//! Flux's intermediate status writes are made only when upstream takes its time: a run that ends at once writes its
//! status once, one that changes nothing writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::condition::{
    ARTIFACT_IN_STORAGE, FETCH_FAILED, RECONCILING, STALLED, STORAGE_OPERATION_FAILED, reason,
};
use api::labels;
use kube::Api;
use reconcile_core::events::{self, Event as Published, Severity};
use reconcile_core::{Control, ObjectKey, Store, jitter, status as write};

use crate::context::Context;
use crate::kind::Kind;
use crate::machine::Sources;
use crate::status::Status;
use crate::step::Next;

pub(crate) mod cleanup;
pub(crate) mod git_repository;
mod storage;

/// How often a status write that met a conflict is planned anew.
const CONFLICTS: u32 = 5;

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The condition that says so, besides Ready.
    pub(crate) condition: Option<&'static str>,
    /// Its reason.
    pub(crate) reason: &'static str,
    /// Its message.
    pub(crate) message: String,
    /// Nothing will change until somebody changes something.
    pub(crate) stalling: bool,
    /// The run was cancelled: nothing is written.
    pub(crate) cancelled: bool,
}

impl Fault {
    /// A failure that is tried again.
    pub(crate) fn retry(condition: &'static str, reason: &'static str, message: String) -> Self {
        Self { condition: Some(condition), reason, message, stalling: false, cancelled: false }
    }

    /// A failure that only a change can end.
    pub(crate) fn stalling(condition: Option<&'static str>, reason: &'static str, message: String) -> Self {
        Self { condition, reason, message, stalling: true, cancelled: false }
    }

    /// The run was asked to end.
    pub(crate) fn cancelled() -> Self {
        let (reason, message) = (reason::FAILED, String::new());
        Self { condition: None, reason, message, stalling: false, cancelled: true }
    }
}

/// How the kind's own steps ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Produced {
    /// Upstream still has what is stored.
    Unchanged {
        /// Of the event in Kubernetes.
        reason: &'static str,
        /// Of the event in Kubernetes.
        message: String,
        /// What to say when this ends a failure; none when Flux says nothing.
        recovered: Option<String>,
    },
    /// A new artifact is stored.
    Stored {
        /// What to tell people.
        message: String,
    },
}

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
    stored: Status,
    /// What was stored when the run began.
    before: Status,
    objects: Store<K>,
    api: Api<K>,
    version: Option<String>,
}

/// Runs once.
pub(crate) async fn reconcile<K: Kind>(
    sources: &Arc<Sources<K>>,
    key: &ObjectKey,
    control: &Control<Sources<K>>,
) -> Next {
    let Some(object) = sources.objects.get(key) else { return Next::Wait };
    let api: Api<K> = Api::namespaced(sources.ctx.client.clone(), &key.namespace);
    if object.meta().deletion_timestamp.is_some() {
        return cleanup::finalise(&sources.ctx, &api, key, &object).await;
    }
    let unsupported = object.unsupported().is_some();
    let object = match with_finalizer(&sources.objects, &api, key, object, unsupported).await {
        Ok(Some(object)) => object,
        Ok(None) => return Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the finalizer could not be added");
            return Next::Retry;
        }
    };
    let status = object.status();
    let mut run = Run {
        ctx: Arc::clone(&sources.ctx),
        key: key.clone(),
        generation: object.meta().generation.unwrap_or_default(),
        version: object.meta().resource_version.clone(),
        stored: status.clone(),
        before: status.clone(),
        status,
        objects: sources.objects.clone(),
        api,
        object,
    };
    run.carry_out(control).await
}

/// Adds the finalizer; an object that only gets told that it is not supported needs none.
async fn with_finalizer<K: Kind>(
    objects: &Store<K>,
    api: &Api<K>,
    key: &ObjectKey,
    object: Arc<K>,
    unsupported: bool,
) -> Result<Option<Arc<K>>, cluster::Error> {
    let mut finalizers = object.meta().finalizers.clone().unwrap_or_default();
    if unsupported || finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER) {
        return Ok(Some(object));
    }
    finalizers.push(labels::FINALIZER.to_owned());
    let version = object.meta().resource_version.clone().unwrap_or_default();
    let patched =
        write::patch_finalizers(api, &key.name, labels::SOURCE_MANAGER, &finalizers, &version).await?;
    Ok(patched.map(|object| {
        let object = Arc::new(object);
        objects.update(Arc::clone(&object));
        object
    }))
}

impl<K: Kind> Run<K> {
    async fn carry_out(&mut self, control: &Control<Sources<K>>) -> Next {
        if self.object.is_suspended() {
            return self.suspended().await;
        }
        if self.object.unsupported().is_some() {
            let fault = self.unsupported();
            self.status.remove(FETCH_FAILED);
            self.status.remove(STORAGE_OPERATION_FAILED);
            return self.failed(fault).await;
        }
        let observed = self.stored.observed_generation;
        if self.generation == observed {
            self.status.progress(false, "reconciliation in progress", self.generation);
        } else {
            let message = format!("processing object: new generation {observed} -> {}", self.generation);
            self.status.progress(false, &message, self.generation);
        }
        self.status.remove(STORAGE_OPERATION_FAILED);
        let outcome = match storage::verify(self).await {
            Ok(()) => K::produce(self, control).await,
            Err(fault) => Err(fault),
        };
        match outcome {
            Err(fault) if fault.cancelled => Next::Cancelled,
            Err(fault) => self.failed(fault).await,
            Ok(produced) => self.succeeded(produced).await,
        }
    }

    /// The fault of a field that is not supported.
    pub(crate) fn unsupported(&self) -> Fault {
        let field = self.object.unsupported().unwrap_or_default();
        let message = format!("{field} is not supported by this source-controller");
        Fault::stalling(None, reason::UNSUPPORTED_FIELD, message)
    }

    async fn suspended(&mut self) -> Next {
        tracing::info!("reconciliation is suspended for this object");
        self.status.remove(STALLED);
        if !self.status.conditions.is_empty() {
            self.status.observed_generation = self.generation;
        }
        self.status.summarise(self.generation);
        self.acknowledge();
        if self.flush().await { Next::Wait } else { Next::Retry }
    }

    async fn succeeded(&mut self, produced: Produced) -> Next {
        self.status.remove(RECONCILING);
        self.status.remove(STALLED);
        self.status.summarise(self.generation);
        self.status.observed_generation = self.generation;
        self.acknowledge();
        let told = self.asked() || self.status != self.before;
        if !self.flush().await {
            return Next::Retry;
        }
        match produced {
            Produced::Stored { message } => {
                tracing::info!("{message}");
                let digest =
                    |status: &Status| status.artifact.as_ref().map(|artifact| artifact.digest.clone());
                if digest(&self.before) != digest(&self.status) {
                    self.event(Severity::Info, reason::NEW_ARTIFACT, message);
                } else if self.recovered() {
                    self.event(Severity::Info, reason::SUCCEEDED, message);
                }
            }
            Produced::Unchanged { reason, message, recovered } => {
                tracing::debug!("{message}");
                match recovered.filter(|_| self.recovered()) {
                    Some(recovered) => self.event(Severity::Info, reason::SUCCEEDED, recovered),
                    // Quiet polls stay quiet: no request at all.
                    None if told => self.event(Severity::Trace, reason, message),
                    None => {}
                }
            }
        }
        Next::After(jitter(self.object.interval(), self.ctx.jitter))
    }

    async fn failed(&mut self, fault: Fault) -> Next {
        tracing::error!(error = %fault.message, reason = fault.reason, "Reconciler error");
        if let Some(condition) = fault.condition {
            self.status.mark(condition, fault.reason, &fault.message, self.generation);
        }
        if fault.stalling {
            self.status.mark(STALLED, fault.reason, &fault.message, self.generation);
            self.status.observed_generation = self.generation;
        } else {
            self.status.retrying(self.generation);
        }
        self.status.summarise(self.generation);
        self.acknowledge();
        let told = !fault.stalling || self.status != self.before;
        let written = self.flush().await;
        if told {
            self.event(Severity::Error, fault.reason, fault.message);
        }
        if fault.stalling && written { Next::Wait } else { Next::Retry }
    }

    /// Whether somebody asked for this run.
    fn asked(&self) -> bool {
        self.generation != self.before.observed_generation
            || self.requested_at().is_some_and(|token| self.before.last_handled.as_deref() != Some(token))
    }

    fn requested_at(&self) -> Option<&str> {
        self.object.meta().annotations.as_ref()?.get(labels::REQUESTED_AT).map(String::as_str)
    }

    /// The token of the object as it was read before the run asked upstream: one that was set since then is answered by
    /// the run that follows.
    fn acknowledge(&mut self) {
        if let Some(token) = self.requested_at() {
            self.status.last_handled = Some(token.to_owned());
        }
    }

    /// Whether the run ended a failure.
    fn recovered(&self) -> bool {
        [FETCH_FAILED, STORAGE_OPERATION_FAILED]
            .iter()
            .any(|type_| self.before.is_true(type_) && !self.status.is_true(type_))
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

    /// Publishes an event; those about an artifact carry its revision and digest.
    pub(crate) fn event(&self, severity: Severity, reason: &str, message: String) {
        let mut metadata = BTreeMap::new();
        if severity == Severity::Info
            && let Some(artifact) = &self.status.artifact
        {
            metadata.insert(labels::SOURCE_REVISION.to_owned(), artifact.revision.clone());
            metadata.insert(labels::SOURCE_DIGEST.to_owned(), artifact.digest.clone());
        }
        events::merge_annotations(&mut metadata, self.object.meta().annotations.as_ref());
        self.ctx.recorder.publish(Published {
            involved: events::reference(self.object.as_ref(), &()),
            severity,
            reason: reason.to_owned(),
            message,
            metadata,
        });
    }

    /// Says that what is stored is what upstream has.
    pub(crate) fn in_storage(&mut self) {
        if let Some(artifact) = &self.status.artifact {
            let message = format!("stored artifact for revision '{}'", artifact.revision);
            self.status.mark(ARTIFACT_IN_STORAGE, reason::SUCCEEDED, &message, self.generation);
        }
    }
}
