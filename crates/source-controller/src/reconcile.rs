//! One run of one source, for all kinds: finalizer, suspension, storage, the kind's own steps, status and events
//! (contracts/source-controller.md 4.2 and 4.3).
//!
//! Flux's intermediate status writes are made only when upstream takes its time: a run that ends at once writes its
//! status once, one that changes nothing writes nothing.

use std::sync::Arc;

use api::condition::{FETCH_FAILED, RECONCILING, STALLED, STORAGE_OPERATION_FAILED, reason};
use api::labels;
use kube::Api;
use reconcile_core::events::Severity;
use reconcile_core::{Control, ObjectKey, Store, jitter, status as write};

use crate::context::Context;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::status::Status;
use crate::step::Next;

pub(crate) mod cleanup;
mod git_repository;
mod produce;
mod run;
mod storage;

pub(crate) use produce::Produce;
use produce::Produced;
use run::Run;

/// Runs once.
pub(crate) async fn reconcile<K: Produce>(
    ctx: &Arc<Context>,
    objects: &Store<K>,
    key: &ObjectKey,
    control: &Control,
) -> Next {
    let Some(object) = objects.get(key) else { return Next::Wait };
    let api: Api<K> = Api::namespaced(ctx.client.clone(), &key.namespace);
    if object.meta().deletion_timestamp.is_some() {
        return cleanup::finalise(ctx, &api, key, &object).await;
    }
    let unsupported = object.unsupported().is_some();
    let object = match with_finalizer(objects, &api, key, object, unsupported).await {
        Ok(Some(object)) => object,
        Ok(None) => return Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the finalizer could not be added");
            return Next::Retry;
        }
    };
    let mut run = Run::new(Arc::clone(ctx), objects.clone(), api, key.clone(), object);
    carry_out(&mut run, control).await
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

async fn carry_out<K: Produce>(run: &mut Run<K>, control: &Control) -> Next {
    if run.object.is_suspended() {
        return suspended(run).await;
    }
    if run.object.unsupported().is_some() {
        let fault = run.unsupported();
        run.status.remove(FETCH_FAILED);
        run.status.remove(STORAGE_OPERATION_FAILED);
        return failed(run, fault).await;
    }
    let observed = run.stored.observed_generation;
    if run.generation == observed {
        run.status.progress(false, "reconciliation in progress", run.generation);
    } else {
        let message = format!("processing object: new generation {observed} -> {}", run.generation);
        run.status.progress(false, &message, run.generation);
    }
    run.status.remove(STORAGE_OPERATION_FAILED);
    let outcome = match storage::verify(run).await {
        Ok(()) => K::produce(run, control).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Err(fault) if fault.cancelled => Next::Cancelled,
        Err(fault) => failed(run, fault).await,
        Ok(produced) => succeeded(run, produced).await,
    }
}

async fn suspended<K: Kind>(run: &mut Run<K>) -> Next {
    tracing::info!("reconciliation is suspended for this object");
    run.status.remove(STALLED);
    if !run.status.conditions.is_empty() {
        run.status.observed_generation = run.generation;
    }
    run.status.summarise(run.generation);
    run.acknowledge();
    if run.flush().await { Next::Wait } else { Next::Retry }
}

async fn succeeded<K: Kind>(run: &mut Run<K>, produced: Produced) -> Next {
    run.status.remove(RECONCILING);
    run.status.remove(STALLED);
    run.status.summarise(run.generation);
    run.status.observed_generation = run.generation;
    run.acknowledge();
    let told = run.asked() || run.status != run.before;
    if !run.flush().await {
        return Next::Retry;
    }
    match produced {
        Produced::Stored { message } => {
            tracing::info!("{message}");
            let digest = |status: &Status| status.artifact.as_ref().map(|artifact| artifact.digest.clone());
            if digest(&run.before) != digest(&run.status) {
                run.event(Severity::Info, reason::NEW_ARTIFACT, message);
            } else if run.recovered() {
                run.event(Severity::Info, reason::SUCCEEDED, message);
            }
        }
        Produced::Unchanged { reason, message, recovered } => {
            tracing::debug!("{message}");
            match recovered.filter(|_| run.recovered()) {
                Some(recovered) => run.event(Severity::Info, reason::SUCCEEDED, recovered),
                // Quiet polls stay quiet: no request at all.
                None if told => run.event(Severity::Trace, reason, message),
                None => {}
            }
        }
    }
    Next::After(jitter(run.object.interval(), run.ctx.jitter))
}

async fn failed<K: Kind>(run: &mut Run<K>, fault: Fault) -> Next {
    tracing::error!(error = %fault.message, reason = fault.reason, "Reconciler error");
    if let Some(condition) = fault.condition {
        run.status.mark(condition, fault.reason, &fault.message, run.generation);
    }
    if fault.stalling {
        run.status.mark(STALLED, fault.reason, &fault.message, run.generation);
        run.status.observed_generation = run.generation;
    } else {
        run.status.retrying(run.generation);
    }
    run.status.summarise(run.generation);
    run.acknowledge();
    let told = !fault.stalling || run.status != run.before;
    let written = run.flush().await;
    if told {
        run.event(Severity::Error, fault.reason, fault.message);
    }
    if fault.stalling && written { Next::Wait } else { Next::Retry }
}
