//! Deletion of a Kustomization: its objects first, as its policy says, then the finalizer
//! (contracts/kustomize-controller.md 16).

use super::dependents;
use super::ending::Ending;
use super::handover::{self, Asker, Looked};
use super::recorder::Recorder;
use super::scope::Scope;
use crate::fault::timeout_of;
use crate::names;
use crate::status::WriteError;
use ::apply::delete::{Owner, deletion_order};
use ::apply::inventory::Ids;
use ::apply::{Action, Applier, Change};
use api::condition::reason;
use api::kustomization::{DeletionPolicy, Kustomization};
use api::labels;
use k8s_openapi::api::core::v1::{Event, ServiceAccount};
use kube::Api;
use kube::api::PostParams;
use manifest::ObjectId;
use manifest::foreign::without_controls;
use reconcile_core::events::Severity;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// What somebody can do who does not want to wait.
const WAY_OUT: &str = "set spec.deletionPolicy to Orphan to leave them";

/// Finalises.
pub(crate) async fn clean_up(scope: &Scope<'_>, recorder: &mut Recorder<'_>) -> Ending {
    scope.memory.objects.close();
    let object = &scope.object;
    let ids = Ids::of(recorder.stored().inventory.as_ref());
    let held = scope.ctx.unreadable.get(scope.key).and_then(|problems| problems.holds_deletion());
    if let Some(message) = held.filter(|_| !ids.is_empty()) {
        return hold_back(scope, recorder, reason::INVALID_SPEC, &message).await;
    }
    if deletes(object) && !ids.is_empty() {
        if let Some(trouble) = is_out_of_reach(scope).await {
            let message = format!(
                "{trouble}: {} objects in the cluster of spec.kubeConfig cannot be deleted; {WAY_OUT}",
                ids.len()
            );
            return postpone(scope, recorder, &message).await;
        }
        match account_is_missing(scope).await {
            Ok(true) if !namespace_ends(scope).await => return await_account(scope, recorder, &ids).await,
            // Neither account nor Kustomization will be back: as Flux does.
            Ok(true) => {
                let list: Vec<String> = ids.parsed().iter().map(|(id, _)| id.to_string()).collect();
                let message = format!("unable to prune objects: \n{}", list.join("\n"));
                tell(scope, recorder, Severity::Error, &message);
            }
            Ok(false) => {
                if let Err(error) = dependents::await_gone(scope, recorder).await {
                    return error.into();
                }
                if let Err(ending) = delete_all(scope, recorder, &ids).await {
                    return ending;
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "the ServiceAccount could not be read");
                return Ending::Unfinished;
            }
        }
    }
    recorder.handle(scope.token());
    if let Err(error) = recorder.write().await {
        return error.into();
    }
    let mut finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    finalizers.retain(|finalizer| finalizer != labels::FINALIZER);
    match recorder.write_finalizers(&finalizers).await {
        Ok(()) => Ending::Removed,
        Err(error) => error.into(),
    }
}

/// Nothing goes on before somebody changes something.
async fn hold_back(scope: &Scope<'_>, recorder: &mut Recorder<'_>, reason: &str, message: &str) -> Ending {
    recorder.hold_back(reason, message);
    recorder.handle(scope.token());
    match recorder.write().await {
        Ok(()) => Ending::HeldBack,
        Err(error) => error.into(),
    }
}

/// Objects can only be deleted as the account that is gone: the finalizer stays until it is back. Flux leaves them, and
/// nobody knows of them any more.
async fn await_account(scope: &Scope<'_>, recorder: &mut Recorder<'_>, ids: &Ids) -> Ending {
    let account = scope.ctx.options.account(&scope.object.spec).unwrap_or_default();
    let message = format!(
        "ServiceAccount \"{account}\" does not exist in namespace {}: {} objects cannot be deleted as it; create it \
         again with its rights, or {WAY_OUT}",
        scope.key.namespace,
        ids.len(),
    );
    postpone(scope, recorder, &message).await
}

/// Ready says why, and the deletion is tried again.
async fn postpone(scope: &Scope<'_>, recorder: &mut Recorder<'_>, message: &str) -> Ending {
    let message = without_controls(message);
    recorder.postpone(reason::PRUNE_FAILED, &message);
    recorder.handle(scope.token());
    let changed = recorder.is_changed();
    if let Err(error) = recorder.write().await {
        return error.into();
    }
    if changed {
        tell(scope, recorder, Severity::Error, &message);
    }
    Ending::Postponed
}

/// Why nothing can be deleted in the cluster of `spec.kubeConfig`, if that is so.
async fn is_out_of_reach(scope: &Scope<'_>) -> Option<String> {
    if let Some(lost) = &scope.lost {
        return Some(lost.text.clone());
    }
    if scope.target.id().is_local() || scope.target.cluster.reach().is_up() {
        return None;
    }
    let error = scope.target.cluster.probe().await.err()?;
    Some(error.message().to_owned())
}

/// Whether the namespace of the Kustomization is being deleted, so that no account can be made there. The API server says
/// so to whoever would make something there; an event is what the controller may make anyway.
async fn namespace_ends(scope: &Scope<'_>) -> bool {
    let namespace = scope.key.namespace.as_str();
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"generateName": "namespace-", "namespace": namespace},
        "involvedObject": {"namespace": namespace}, "reason": "Probe", "type": "Normal",
    });
    let Ok(event) = serde_json::from_value(event) else { return false };
    let api: Api<Event> = Api::namespaced(scope.ctx.client.clone(), namespace);
    let params = PostParams { dry_run: true, ..PostParams::default() };
    match api.create(&params, &event).await.map_err(cluster::Error::from) {
        Ok(_) => false,
        Err(error) => {
            error.is_absence() || error.causes().iter().any(|cause| cause.reason == "NamespaceTerminating")
        }
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

/// Whether the account that is impersonated in the own cluster is gone. In another one it need not be anywhere: that one
/// says what it may do.
async fn account_is_missing(scope: &Scope<'_>) -> Result<bool, cluster::Error> {
    if !scope.target.id().is_local() {
        return Ok(false);
    }
    let Some(account) = scope.ctx.options.account(&scope.object.spec) else { return Ok(false) };
    if !names::is_segment(account) {
        return Ok(true);
    }
    let api: Api<ServiceAccount> = Api::namespaced(scope.ctx.client.clone(), &scope.key.namespace);
    Ok(api.get_opt(account).await.map_err(cluster::Error::from)?.is_none())
}

async fn delete_all(scope: &Scope<'_>, recorder: &mut Recorder<'_>, ids: &Ids) -> Result<(), Ending> {
    let spec = &scope.object.spec;
    let applier = match scope.applier() {
        Ok(applier) => applier,
        Err(error) => {
            tracing::error!(error = %error, "no client for the Kustomization's objects");
            return Err(Ending::Unfinished);
        }
    };
    let owner = Owner { namespace: scope.key.namespace.clone(), name: scope.key.name.clone() };
    let mut all = deletion_order(ids.parsed());
    for (id, _) in &all {
        scope.memory.objects.strike(id);
    }
    let left = hand_over(scope, recorder, &applier, &all).await?;
    all.retain(|(id, _)| !left.contains(id));
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for (id, version) in all {
        // A heal of it may be under way: it ends first.
        let held = scope.memory.objects.hold(&id).await;
        match applier.delete(&id, &version, &owner).await {
            Ok(change) => changes.push(change),
            Err(error) => errors.push(error),
        }
        drop(held);
    }
    if !errors.is_empty() {
        let text = ::apply::join(errors);
        tracing::error!(error = %text, "pruning for deleted resource failed");
        tell(scope, recorder, Severity::Error, "pruning for deleted resource failed");
        // Flux says so in the event and the log only; as long as it stays so, Ready says why.
        recorder.postpone(reason::PRUNE_FAILED, &without_controls(&format!("{text}; {WAY_OUT}")));
        recorder.handle(scope.token());
        return Err(recorder.write().await.map_or_else(Ending::from, |()| Ending::Unfinished));
    }
    let lines: Vec<String> = changes.iter().map(Change::line).collect();
    if !lines.is_empty() {
        tell(scope, recorder, Severity::Info, &lines.join("\n"));
    }
    if spec.deletion_policy() == DeletionPolicy::WaitForTermination {
        let timeout = timeout_of(spec.timeout.map(Into::into), spec.interval.into());
        if !await_termination(&applier, &changes, timeout).await {
            tell(scope, recorder, Severity::Error, "failed to wait for resources termination");
        }
    }
    Ok(())
}

/// Objects that another Kustomization declares go to it; those that it has not taken over in time are left to it, and
/// said. The finalizer does not wait for what somebody else has to repair.
async fn hand_over(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    applier: &Applier,
    all: &[(ObjectId, String)],
) -> Result<BTreeSet<ObjectId>, WriteError> {
    let ids: Vec<ObjectId> = all.iter().map(|(id, _)| id.clone()).collect();
    let asker = Asker::of(scope);
    let never = std::future::pending::<()>;
    let mut looked = asker.hear_runs(&ids, never()).await;
    if let Looked::Unheard(takers) = &looked {
        recorder.wait_for(&format!("{} before deletion", takers.question())).await?;
        looked = asker.hear_all(&ids, never()).await;
    }
    let takers = match looked {
        Looked::Heard(takers) | Looked::Unheard(takers) => takers,
        Looked::Cancelled => return Ok(BTreeSet::new()),
    };
    let mut ours = asker.still_ours(applier, &takers.wanted(all)).await;
    if asker.is_awaited(&ours, &takers) {
        let message = format!("Waiting for the new owner to take over: {}", handover::list(&ours, &takers));
        recorder.wait_for(&message).await?;
        ours = asker.await_taking_over(applier, ours, &takers, never()).await.unwrap_or_default();
    }
    ours.retain(|(id, _)| takers.declared.get(id).is_some_and(|taker| asker.is_kept_for(taker)));
    if !ours.is_empty() {
        let message = format!("not deleted, left to the new owner: {}", handover::list(&ours, &takers));
        tell(scope, recorder, Severity::Error, &message);
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
fn tell(scope: &Scope<'_>, recorder: &Recorder<'_>, severity: Severity, message: &str) {
    let reason = recorder.ready_reason().unwrap_or(match severity {
        Severity::Error => "error",
        _ => "info",
    });
    scope.ctx.reporter.event_at_applied(&scope.object, severity, reason, message);
}

#[cfg(test)]
mod tests;
