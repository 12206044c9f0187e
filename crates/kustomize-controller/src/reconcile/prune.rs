//! Deletes what the inventory names and the build no longer gives (contracts/kustomize-controller.md 15, decisions 3.3).

use super::Run;
use super::apply_stages::Applied;
use super::handover::{self, Asker, Looked};
use crate::fault::Fault;
use ::apply::delete::{Owner, deletion_order};
use ::apply::inventory::Ids;
use ::apply::{Action, Applier, Change, ObjectError};
use api::condition::{self, reason};
use manifest::ObjectId;
use reconcile_core::events::Severity;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Prunes; the draft's inventory then is what is there and ours.
pub(crate) async fn prune(run: &mut Run<'_>, applied: Applied) -> Result<Applied, Fault> {
    if applied.shallow {
        return Ok(applied);
    }
    let before = Ids::of(run.draft.status.inventory.as_ref());
    let mut stale = deletion_order(before.minus(&applied.ids));
    let mut inventory = applied.ids.clone();
    inventory.keep_unreadable(&before);
    let mut lines = Vec::new();
    let mut errors: Vec<ObjectError> = Vec::new();
    let mut kept = BTreeSet::new();
    if run.object.spec.prune && !stale.is_empty() {
        let applier = run.ctx.applier(run.key, &run.object.spec)?;
        // None of them is ours to heal any more; whoever takes one over would be fought.
        for (id, _) in &stale {
            run.memory.strike(id);
        }
        for (id, version) in hand_over(run, &applier, &stale).await? {
            inventory.insert(&id, &version);
            kept.insert(id);
        }
        stale.retain(|(id, _)| !kept.contains(id));
        let owner = Owner { namespace: run.key.namespace.clone(), name: run.key.name.clone() };
        for (id, version) in &stale {
            let held = run.memory.hold(id).await;
            match applier.delete(id, version, &owner).await {
                Ok(change) => lines.push(change.line()),
                Err(error) => {
                    inventory.insert(id, version);
                    errors.push(error);
                }
            }
            drop(held);
        }
    }
    run.memory.set_handing_over(kept);
    if !lines.is_empty() {
        run.ctx.tell(
            &run.object,
            Some(&run.artifact),
            Severity::Info,
            reason::PROGRESSING,
            &lines.join("\n"),
        );
    }
    run.draft.status.inventory = Some(inventory.to_inventory());
    // Not only what was stale: a run that failed may have settled objects that no inventory ever named.
    let gone = run.memory.ids().into_iter().filter(|id| !inventory.contains(id));
    run.ctx.registry.release(run.key, run.memory, gone);
    let kinds: BTreeSet<(String, String)> =
        inventory.kinds().into_iter().map(|(group, _, kind)| (group, kind)).collect();
    run.ctx.kinds.keep_only(run.key, |group, kind| kinds.contains(&(group.to_owned(), kind.to_owned())));
    if !errors.is_empty() {
        let list: String = errors.iter().fold(String::new(), |list, error| list + &error.text + ";");
        return Err(Fault::new(reason::PRUNE_FAILED, format!("delete failed, errors: {list}")));
    }
    run.applied_everything();
    Ok(applied)
}

/// The stale objects that another Kustomization declares and has not taken over yet: they are kept for it.
async fn hand_over(
    run: &mut Run<'_>,
    applier: &Applier,
    stale: &[(ObjectId, String)],
) -> Result<Vec<(ObjectId, String)>, Fault> {
    let ids: Vec<ObjectId> = stale.iter().map(|(id, _)| id.clone()).collect();
    let object = Arc::clone(&run.object);
    let asker = Asker { ctx: run.ctx, key: run.key, object: &object };
    let ctl = run.ctl;
    let mut looked = asker.hear_now(&ids).await;
    if matches!(looked, Looked::Unheard(_)) {
        // Others need workers to tell what they declare.
        run.permit = None;
        looked = asker.hear_runs(&ids, ctl.cancelled()).await;
    }
    if let Looked::Unheard(takers) = &looked {
        let whom: Vec<String> = takers.unknown.iter().take(3).map(ToString::to_string).collect();
        let message =
            format!("Waiting to learn what Kustomization {} declares before pruning", whom.join(", "));
        say(run, &message).await?;
        looked = asker.hear_all(&ids, ctl.cancelled()).await;
    }
    let takers = match looked {
        Looked::Heard(takers) | Looked::Unheard(takers) => takers,
        Looked::Cancelled => return Err(Fault::cancelled()),
    };
    let wanted = stale.iter().filter(|(id, _)| takers.declared.contains_key(id)).cloned().collect::<Vec<_>>();
    let mut ours = asker.still_ours(applier, &wanted).await;
    if asker.is_awaited(&ours, &takers) {
        let message = format!("Waiting for the new owner to take over: {}", handover::list(&ours, &takers));
        say(run, &message).await?;
        run.permit = None;
        ours = match asker.await_taking_over(applier, ours, &takers, ctl.cancelled()).await {
            Some(ours) => ours,
            None => return Err(Fault::cancelled()),
        };
    }
    ours.retain(|(id, _)| takers.declared.get(id).is_some_and(|taker| asker.is_kept_for(taker)));
    if !ours.is_empty() {
        let message =
            format!("pruning postponed until the new owner takes over: {}", handover::list(&ours, &takers));
        tracing::info!("{message}");
        if run.memory.is_news_of_handover(&message) {
            run.ctx.tell(&run.object, Some(&run.artifact), Severity::Info, reason::PROGRESSING, &message);
        }
    }
    if run.permit.is_none() {
        run.work().await?;
    }
    Ok(ours)
}

/// Says in Reconciling what the run waits for.
async fn say(run: &mut Run<'_>, message: &str) -> Result<(), Fault> {
    run.set_progressing();
    run.draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, message);
    run.draft.write().await?;
    Ok(())
}

/// Whether anything was written or deleted in a change set.
pub(crate) fn is_drift(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change.action, Action::Created | Action::Configured))
}
