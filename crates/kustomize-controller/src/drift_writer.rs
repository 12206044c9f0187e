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
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client};
use reconcile_core::{Backoff, status};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Writes at a time.
const WRITES: usize = 8;
/// Reports in one answer of a list.
const PAGE: u32 = 100;
/// Between two tries to list.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Without word, it is looked at the clock this often.
const LONGEST_LOOK: Duration = Duration::from_secs(3600);

/// Until it is dropped. `namespace` is the only one that is looked after, if it is only one.
pub(crate) async fn write(ctx: Arc<Context>, namespace: Option<String>) {
    let mut complains = true;
    restore(&ctx, namespace.as_deref(), &mut complains).await;
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
            Some(ended) = writes.join_next() => {
                let Ok((job, written)) = ended else { continue };
                let written = match written {
                    Ok(written) => {
                        complains = true;
                        written
                    }
                    Err(error) => judged(&error, &mut complains),
                };
                ctx.drift.written(&job, written, Instant::now(), renewals);
            }
        }
    }
}

/// Reads what was written before; a server that does not know reports has none.
async fn restore(ctx: &Context, namespace: Option<&str>, complains: &mut bool) {
    let api: Api<DriftReport> = match namespace {
        Some(namespace) => Api::namespaced(ctx.client.clone(), namespace),
        None => Api::all(ctx.client.clone()),
    };
    for tries in 0.. {
        let error = match list(&api).await {
            Ok(reports) => {
                ctx.drift.restore(reports, Timestamp::now());
                return;
            }
            Err(error) => error,
        };
        if judged(&error, complains) != Written::Refused(Refusal::Passing) {
            ctx.drift.restore(Vec::new(), Timestamp::now());
            return;
        }
        tokio::time::sleep(Backoff::delay(PAUSES.0, PAUSES.1, tries)).await;
    }
}

async fn list(api: &Api<DriftReport>) -> Result<Vec<DriftReport>, Error> {
    let mut reports = Vec::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let found = api.list(&page).await?;
        reports.extend(found.items);
        match found.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(reports),
        }
    }
}

/// Brings one report to what it shall be.
async fn publish(client: &Client, job: &Job) -> Result<Written, Error> {
    let api: Api<DriftReport> = Api::namespaced(client.clone(), &job.key.namespace);
    let name = &job.key.name;
    let Some(wanted) = &job.wanted else {
        return match api.delete(name, &DeleteParams::default()).await.map_err(Error::from) {
            Ok(_) => Ok(Written::Done),
            Err(error) if error.is_absence() => Ok(Written::Done),
            Err(error) => Err(error),
        };
    };
    if job.stored.is_none() {
        let params = PatchParams::apply(APPLY_MANAGER).force();
        api.patch(name, &params, &Patch::Apply(object(job))).await?;
    }
    let change = change(job.stored.as_ref(), wanted);
    match status::patch(&api, name, APPLY_MANAGER, &change, None).await {
        Ok(_) => Ok(Written::Done),
        Err(error) if error.is_absence() && job.stored.is_some() => Ok(Written::Missing),
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
fn judged(error: &Error, complains: &mut bool) -> Written {
    let is_leaving = error.causes().iter().any(|cause| cause.reason == "NamespaceTerminating");
    match error.classify() {
        // Nobody leads but another process, or the namespace is not there any more.
        Class::Fenced => Written::Leaving,
        Class::NotFound if error.is_absence() => Written::Leaving,
        Class::Forbidden if is_leaving => Written::Leaving,
        Class::NotFound | Class::Forbidden | Class::Invalid | Class::BadRequest => {
            if std::mem::take(complains) {
                tracing::warn!(error = %error, "DriftReports cannot be written: what drifts is healed, and not reported");
            }
            Written::Refused(Refusal::Standing)
        }
        _ => Written::Refused(Refusal::Passing),
    }
}

#[cfg(test)]
mod tests;
