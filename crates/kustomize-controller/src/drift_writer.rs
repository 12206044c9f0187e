//! Writes DriftReports: one task for all of them. What is written and when is `drift_report`'s; here are the requests, and
//! what their answers mean. No run and no heal waits for any of it.
//!
//! Only the process that leads gets here, and its client sends no write that another leader could contradict.

use crate::context::Context;
use crate::drift_report::{Job, Refusal, Written};
use api::drift_report::{DriftReport, DriftReportStatus};
use api::labels::APPLY_MANAGER;
use cluster::{Class, Error};
use jiff::Timestamp;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, Client};
use reconcile_core::status;
use reconcile_core::watch::{self, Change, Scope};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Writes at a time.
const WRITES: usize = 8;
/// Without word, it is looked at the clock this often.
const LONGEST_LOOK: Duration = Duration::from_secs(3600);

/// Until it is dropped. `namespace` is the only one that is looked after, if it is only one.
pub(crate) async fn write(ctx: Arc<Context>, namespace: Option<String>) {
    let complains = AtomicBool::new(true);
    let watching = look(&ctx, namespace.as_deref(), &complains);
    tokio::pin!(watching);
    let places = Arc::new(Semaphore::new(WRITES));
    let mut writes: JoinSet<(Job, Result<Written, Error>)> = JoinSet::new();
    loop {
        let renewals = ctx.clusters.local().mapper().renewals();
        let (jobs, next) = ctx.drift.due(Timestamp::now(), Instant::now(), renewals);
        for job in jobs {
            let (client, places) = (ctx.client.clone(), Arc::clone(&places));
            writes.spawn(async move {
                let _place = places.acquire().await;
                let written = publish(&client, &job).await;
                (job, written)
            });
        }
        tokio::select! {
            () = ctx.drift.changed() => {}
            () = tokio::time::sleep(next.unwrap_or(LONGEST_LOOK)) => {}
            () = &mut watching => return,
            Some(ended) = writes.join_next() => {
                let Ok((job, written)) = ended else { continue };
                let written = match written {
                    Ok(written) => {
                        complains.store(true, Relaxed);
                        written
                    }
                    Err(error) => judged(&error, &complains),
                };
                ctx.drift.written(&job, written, Instant::now(), renewals);
            }
        }
    }
}

/// Watches reports: what earlier processes wrote is gone on with, and what others change or delete is put right. A server
/// that does not know reports, or does not let them be watched, has none. Never ends.
async fn look(ctx: &Context, namespace: Option<&str>, complains: &AtomicBool) {
    let api = watch::namespaced::<DriftReport>(ctx.client.clone(), namespace);
    let sink = |change: Change<DriftReport>| match change {
        Change::Applied(report) => ctx.drift.seen(report, Timestamp::now(), Instant::now()),
        Change::Deleted(gone) => ctx.drift.gone(&gone.key, Instant::now()),
        Change::Undecodable(bad) => ctx.drift.gone(&bad.key, Instant::now()),
        Change::Synced => ctx.drift.listed(),
        Change::Failed(error) => {
            if judged(&error, complains) == Written::Refused(Refusal::Standing) {
                ctx.drift.listed();
            }
        }
    };
    watch::objects(api, Scope::default(), None, CancellationToken::new(), sink).await;
}

/// Brings one report to what it shall be.
async fn publish(client: &Client, job: &Job) -> Result<Written, Error> {
    let api: Api<DriftReport> = Api::namespaced(client.clone(), &job.key.namespace);
    let name = &job.key.name;
    let Some(wanted) = &job.wanted else {
        return match api.delete(name, &DeleteParams::default()).await.map_err(Error::from) {
            Ok(_) => Ok(Written::Done(0)),
            Err(error) if error.is_absence() => Ok(Written::Done(0)),
            Err(error) => Err(error),
        };
    };
    if job.stored.is_none() {
        let params = PatchParams::apply(APPLY_MANAGER).force();
        api.patch(name, &params, &Patch::Apply(object(job))).await?;
    }
    let change = change(job.stored.as_ref(), wanted);
    match status::patch(&api, name, APPLY_MANAGER, &change, None).await {
        Ok(report) => {
            Ok(Written::Done(manifest::version_number(report.metadata.resource_version.as_deref())))
        }
        // Also where it was made a moment ago.
        Err(error) if error.is_absence() => Ok(Written::Missing),
        Err(error) => Err(error),
    }
}

/// The object without status: deleted by the garbage collector with its Kustomization.
fn object(job: &Job) -> Value {
    json!({
        "apiVersion": format!("{}/{}", api::FLYBALL_GROUP, api::FLYBALL_VERSION),
        "kind": "DriftReport",
        "metadata": {
            "name": job.key.name,
            "namespace": job.key.namespace,
            "ownerReferences": [{
                "apiVersion": format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION),
                "kind": "Kustomization",
                "name": job.key.name,
                "uid": job.owner,
                "controller": true,
                "blockOwnerDeletion": false,
            }],
        },
    })
}

/// The merge patch of the status. Of a report that was not read, whatever may be in it goes.
fn change(stored: Option<&DriftReportStatus>, wanted: &DriftReportStatus) -> Value {
    let json = |status: &DriftReportStatus| serde_json::to_value(status).unwrap_or_else(|_| json!({}));
    let fields = ["target", "mode", "counts", "objects", "omitted", "fights", "ignored"];
    let before =
        stored.map_or_else(|| fields.iter().map(|field| ((*field).to_owned(), Value::Null)).collect(), json);
    status::difference(&before, &json(wanted))
}

/// What an error means for the report; the first one that stands is logged, and then none until a write succeeds.
fn judged(error: &Error, complains: &AtomicBool) -> Written {
    let is_leaving = error.causes().iter().any(|cause| cause.reason == "NamespaceTerminating");
    match error.classify() {
        // Nobody leads but another process, or the namespace is not there any more.
        Class::Fenced => Written::Leaving,
        Class::NotFound if error.is_absence() => Written::Leaving,
        Class::Forbidden if is_leaving => Written::Leaving,
        Class::NotFound | Class::Forbidden | Class::Invalid | Class::BadRequest => {
            if complains.swap(false, Relaxed) {
                tracing::warn!(error = %error, "DriftReports cannot be read or written: what drifts is healed, and not reported");
            }
            Written::Refused(Refusal::Standing)
        }
        _ => Written::Refused(Refusal::Passing),
    }
}

#[cfg(test)]
mod tests;
