//! Deletion of a Kustomization: its objects first, as its policy says, then the finalizer
//! (contracts/kustomize-controller.md 16).

use super::finish::{after_write_error, handled};
use super::handover::{self, Asker, Looked};
use super::report;
use crate::context::Context;
use crate::fault::timeout_of;
use crate::memory::Memory;
use crate::status::{Draft, WriteError};
use crate::step::{Next, RunReport};
use ::apply::delete::{Owner, deletion_order};
use ::apply::inventory::Ids;
use ::apply::{Action, Applier, Change};
use api::condition::{self, reason};
use api::kustomization::{DeletionPolicy, Kustomization};
use api::labels;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::events::Severity;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Finalises.
pub(crate) async fn cleanup(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    memory: &Arc<Memory>,
    mut draft: Draft<'_>,
    failures: u32,
) -> RunReport {
    memory.close();
    let ids = Ids::of(draft.stored().inventory.as_ref());
    if object.spec.kube_config.is_some() && deletes(object) && !ids.is_empty() {
        let message = "spec.kubeConfig is not supported yet: the objects of the remote cluster cannot be deleted; \
                       remove the finalizer to leave them there";
        draft.set(condition::READY, condition::FALSE, reason::UNSUPPORTED_FIELD, message);
        draft.set(condition::STALLED, condition::TRUE, reason::UNSUPPORTED_FIELD, message);
        return match draft.write().await {
            Ok(()) => report(Next::OnChange),
            Err(error) => after_write_error(ctx, &error, failures),
        };
    }
    if deletes(object) && !ids.is_empty() {
        match account_is_missing(ctx, key, object).await {
            Ok(true) => {
                let list: Vec<String> = ids.parsed().iter().map(|(id, _)| id.to_string()).collect();
                let message = format!("unable to prune objects: \n{}", list.join("\n"));
                tell(ctx, object, &draft, Severity::Error, &message);
            }
            Ok(false) => {
                let deleted = delete_all(ctx, key, object, memory, &mut draft, &ids, failures).await;
                if let Err(report) = deleted {
                    return report;
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "the ServiceAccount could not be read");
                return RunReport { transient: true, ..report(Next::After(ctx.backoff(failures))) };
            }
        }
    }
    draft.status.last_handled_reconcile_at = handled(object, &draft);
    if let Err(error) = draft.write().await {
        return after_write_error(ctx, &error, failures);
    }
    let mut finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != labels::FINALIZER);
    match draft.write_finalizers(&finalizers).await {
        Ok(()) => {
            ctx.forget(key, memory);
            report(Next::Never)
        }
        Err(error) => after_write_error(ctx, &error, failures),
    }
}

/// Whether the policy asks for the objects to go.
fn deletes(object: &Kustomization) -> bool {
    let by_policy = match object.spec.deletion_policy() {
        DeletionPolicy::Orphan | DeletionPolicy::Unrecognised => false,
        DeletionPolicy::MirrorPrune => object.spec.prune,
        DeletionPolicy::Delete | DeletionPolicy::WaitForTermination => true,
    };
    by_policy && !object.spec.suspend
}

async fn account_is_missing(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
) -> Result<bool, cluster::Error> {
    let Some(account) = ctx.account(&object.spec) else { return Ok(false) };
    let api: Api<ServiceAccount> = Api::namespaced(ctx.client.clone(), &key.namespace);
    Ok(api.get_opt(&account).await.map_err(cluster::Error::from)?.is_none())
}

async fn delete_all(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    memory: &Memory,
    draft: &mut Draft<'_>,
    ids: &Ids,
    failures: u32,
) -> Result<(), RunReport> {
    let applier = match ctx.applier(key, &object.spec) {
        Ok(applier) => applier,
        Err(error) => {
            tracing::error!(error = %error, "no client for the Kustomization's objects");
            return Err(RunReport { transient: true, ..report(Next::After(ctx.backoff(failures))) });
        }
    };
    let owner = Owner { namespace: key.namespace.clone(), name: key.name.clone() };
    let mut all = deletion_order(ids.parsed());
    for (id, _) in &all {
        memory.strike(id);
    }
    let asker = Asker { ctx, key, object };
    let left =
        hand_over(asker, &applier, draft, &all).await.map_err(|e| after_write_error(ctx, &e, failures))?;
    all.retain(|(id, _)| !left.contains(id));
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for (id, version) in all {
        // A heal of it may be under way: it ends first.
        let held = memory.hold(&id).await;
        match applier.delete(&id, &version, &owner).await {
            Ok(change) => changes.push(change),
            Err(error) => errors.push(error),
        }
        drop(held);
    }
    if !errors.is_empty() {
        tracing::error!(error = %::apply::join(errors), "pruning for deleted resource failed");
        tell(ctx, object, draft, Severity::Error, "pruning for deleted resource failed");
        return Err(RunReport { transient: true, ..report(Next::After(ctx.backoff(failures))) });
    }
    let lines: Vec<String> = changes.iter().map(Change::line).collect();
    tell(ctx, object, draft, Severity::Info, &lines.join("\n"));
    if object.spec.deletion_policy() == DeletionPolicy::WaitForTermination {
        let timeout = timeout_of(object.spec.timeout.map(Into::into), object.spec.interval.into());
        if !await_termination(&applier, &changes, timeout).await {
            tell(ctx, object, draft, Severity::Error, "failed to wait for resources termination");
        }
    }
    Ok(())
}

/// Objects that another Kustomization declares go to it; those that it has not taken over in time are left to it, and
/// said. The finalizer does not wait for what somebody else has to repair.
async fn hand_over(
    asker: Asker<'_>,
    applier: &Applier,
    draft: &mut Draft<'_>,
    all: &[(ObjectId, String)],
) -> Result<BTreeSet<ObjectId>, WriteError> {
    let ids: Vec<ObjectId> = all.iter().map(|(id, _)| id.clone()).collect();
    let never = std::future::pending::<()>;
    let mut looked = asker.hear_runs(&ids, never()).await;
    if let Looked::Unheard(takers) = &looked {
        let whom: Vec<String> = takers.unknown.iter().take(3).map(ToString::to_string).collect();
        let message =
            format!("Waiting to learn what Kustomization {} declares before deletion", whom.join(", "));
        draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, &message);
        draft.write().await?;
        looked = asker.hear_all(&ids, never()).await;
    }
    let takers = match looked {
        Looked::Heard(takers) | Looked::Unheard(takers) => takers,
        Looked::Cancelled => return Ok(BTreeSet::new()),
    };
    let wanted = all.iter().filter(|(id, _)| takers.declared.contains_key(id)).cloned().collect::<Vec<_>>();
    let mut ours = asker.still_ours(applier, &wanted).await;
    if asker.is_awaited(&ours, &takers) {
        let message = format!("Waiting for the new owner to take over: {}", handover::list(&ours, &takers));
        draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, &message);
        draft.write().await?;
        ours = asker.await_taking_over(applier, ours, &takers, never()).await.unwrap_or_default();
    }
    ours.retain(|(id, _)| takers.declared.get(id).is_some_and(|taker| asker.is_kept_for(taker)));
    if !ours.is_empty() {
        let message = format!("not deleted, left to the new owner: {}", handover::list(&ours, &takers));
        tell(asker.ctx, asker.object, draft, Severity::Error, &message);
    }
    Ok(ours.into_iter().map(|(id, _)| id).collect())
}

/// Polls until every deleted object is gone; false when time is up.
async fn await_termination(applier: &Applier, changes: &[Change], timeout: Duration) -> bool {
    let deadline = tokio::time::Instant::now() + timeout;
    for change in changes.iter().filter(|change| change.action == Action::Deleted) {
        let uid = change.object.as_ref().and_then(|live| live.pointer("/metadata/uid").cloned());
        loop {
            match applier.live(&change.id, &change.version).await {
                Ok(None) => break,
                Ok(Some(live)) if live.pointer("/metadata/uid") != uid.as_ref() => break,
                _ => {}
            }
            if tokio::time::Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_secs(2).min(deadline - tokio::time::Instant::now())).await;
        }
    }
    true
}

/// Deletion events carry the reason of the Ready condition still standing (contract 16).
fn tell(ctx: &Context, object: &Kustomization, draft: &Draft<'_>, severity: Severity, message: &str) {
    let reason = draft.ready_reason().unwrap_or(match severity {
        Severity::Error => "error",
        _ => "info",
    });
    ctx.tell(object, None, severity, reason, message);
}
