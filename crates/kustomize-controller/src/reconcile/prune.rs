//! Deletes what the inventory names and the build no longer gives (contracts/kustomize-controller.md 15, decisions 3.3),
//! unless another Kustomization declares it (`handover`).

use super::handover::{self, Asker, Looked};
use super::recorder::Recorder;
use super::scope::{Resolved, Scope};
use super::worker::{PIECE, Worker};
use crate::fault::{Fault, FaultKind};
use ::apply::delete::Owner;
use ::apply::inventory::Ids;
use ::apply::{Applier, ObjectError};
use api::condition::reason;
use manifest::ObjectId;
use reconcile_core::events::Severity;
use std::collections::BTreeSet;

/// Prunes; the inventory then is what is there and ours. `work` is what was applied, and what is stale.
pub(crate) async fn prune(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    worker: &mut Worker<'_>,
    resolved: &Resolved,
    applier: &Applier,
    (applied, mut stale): (&Ids, Vec<(ObjectId, String)>),
) -> Result<(), Fault> {
    let mut inventory = applied.clone();
    inventory.keep_unreadable(&recorder.inventory());
    let (mut lines, mut errors, mut kept) = (Vec::new(), Vec::new(), BTreeSet::new());
    if !stale.is_empty() {
        // None of them is ours to heal any more; whoever takes one over would be fought.
        for (id, _) in &stale {
            scope.memory.objects.strike(id);
        }
        for (id, version) in hand_over(scope, recorder, worker, resolved, applier, &stale).await? {
            inventory.insert(&id, &version);
            kept.insert(id);
        }
        stale.retain(|(id, _)| !kept.contains(id));
        (lines, errors) = delete(scope, worker, applier, &stale, &mut inventory).await?;
    }
    if kept.is_empty() {
        scope.memory.own.tells_handover(None);
    }
    scope.memory.objects.set_handing_over(kept);
    if !lines.is_empty() {
        let (artifact, text) = (Some(&resolved.artifact), lines.join("\n"));
        tracing::info!(revision = %resolved.artifact.revision, "garbage collection completed: {text}");
        scope.ctx.reporter.event(&scope.object, artifact, Severity::Info, reason::PROGRESSING, &text);
    }
    recorder.set_inventory(&inventory);
    // Not only what was stale: a run that failed may have settled objects that no inventory ever named.
    let gone = scope.memory.objects.ids().into_iter().filter(|id| !inventory.contains(id));
    scope.ctx.claims.release(scope.key, &scope.memory.objects, gone);
    let kinds: BTreeSet<(String, String)> =
        inventory.kinds().into_iter().map(|(group, _, kind)| (group, kind)).collect();
    scope
        .target
        .kind_watches
        .keep_only(scope.key, |group, kind| kinds.contains(&(group.to_owned(), kind.to_owned())));
    if errors.is_empty() {
        return Ok(());
    }
    let list: String = errors.iter().fold(String::new(), |list, error| list + &error.text + ";");
    Err(Fault::new(FaultKind::Prune, format!("delete failed, errors: {list}")))
}

/// Deletes one after the other; what could not be deleted stays in the inventory.
async fn delete(
    scope: &Scope<'_>,
    worker: &mut Worker<'_>,
    applier: &Applier,
    stale: &[(ObjectId, String)],
    inventory: &mut Ids,
) -> Result<(Vec<String>, Vec<ObjectError>), Fault> {
    let owner = Owner { namespace: scope.key.namespace.clone(), name: scope.key.name.clone() };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (done, (id, version)) in stale.iter().enumerate() {
        if done % PIECE == PIECE - 1 {
            worker.take_turns().await?;
        }
        let held = scope.memory.objects.hold(id).await;
        match applier.delete(id, version, &owner).await {
            Ok(change) => lines.push(change.line()),
            Err(error) => {
                inventory.insert(id, version);
                errors.push(error);
            }
        }
        drop(held);
    }
    Ok((lines, errors))
}

/// The stale objects that another Kustomization declares and has not taken over yet: they are kept for it.
async fn hand_over(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    worker: &mut Worker<'_>,
    resolved: &Resolved,
    applier: &Applier,
    stale: &[(ObjectId, String)],
) -> Result<Vec<(ObjectId, String)>, Fault> {
    let ids: Vec<ObjectId> = stale.iter().map(|(id, _)| id.clone()).collect();
    let asker = Asker::of(scope);
    let control = scope.control;
    let mut looked = asker.hear_now(&ids).await;
    if matches!(looked, Looked::Unheard(_)) {
        // Others need workers to say what they declare.
        worker.rest();
        looked = asker.hear_runs(&ids, control.cancelled()).await;
    }
    if let Looked::Unheard(takers) = &looked {
        let message = format!("{} before pruning", takers.question());
        recorder.wait_for(&message).await?;
        looked = asker.hear_all(&ids, control.cancelled()).await;
    }
    let takers = match looked {
        Looked::Heard(takers) | Looked::Unheard(takers) => takers,
        Looked::Cancelled => return Err(Fault::cancelled()),
    };
    let mut ours = asker.still_ours(applier, &takers.wanted(stale)).await;
    if asker.is_awaited(&ours, &takers) {
        let message = format!("Waiting for the new owner to take over: {}", handover::list(&ours, &takers));
        recorder.wait_for(&message).await?;
        worker.rest();
        let left = asker.await_taking_over(applier, ours, &takers, control.cancelled()).await;
        ours = left.ok_or_else(Fault::cancelled)?;
    }
    ours.retain(|(id, _)| takers.declared.get(id).is_some_and(|taker| asker.is_kept_for(taker)));
    if !ours.is_empty() {
        let list = handover::list(&ours, &takers);
        let message = format!("pruning postponed until the new owner takes over: {list}");
        tracing::info!("{message}");
        if scope.memory.own.tells_handover(Some(&message)) {
            let artifact = Some(&resolved.artifact);
            scope.ctx.reporter.event(&scope.object, artifact, Severity::Info, reason::PROGRESSING, &message);
        }
    }
    worker.work().await?;
    Ok(ours)
}

#[cfg(test)]
mod tests;
