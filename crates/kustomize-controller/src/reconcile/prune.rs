//! Deletes what the inventory names and the build no longer gives (contracts/kustomize-controller.md 15, decisions 3.3).

use super::Run;
use super::apply_stages::Applied;
use crate::fault::Fault;
use ::apply::delete::{Owner, deletion_order};
use ::apply::inventory::Ids;
use ::apply::{Action, Change, ObjectError};
use api::condition::reason;
use reconcile_core::events::Severity;
use std::collections::BTreeSet;

/// Prunes; the draft's inventory then is what is there and ours.
pub(crate) async fn prune(run: &mut Run<'_>, applied: Applied) -> Result<Applied, Fault> {
    if applied.shallow {
        return Ok(applied);
    }
    let before = Ids::of(run.draft.status.inventory.as_ref());
    let stale = deletion_order(before.minus(&applied.ids));
    let mut inventory = applied.ids.clone();
    inventory.keep_unreadable(&before);
    let mut lines = Vec::new();
    let mut errors: Vec<ObjectError> = Vec::new();
    if run.object.spec.prune && !stale.is_empty() {
        let applier = run.ctx.applier(run.key, &run.object.spec)?;
        let owner = Owner { namespace: run.key.namespace.clone(), name: run.key.name.clone() };
        for (id, version) in &stale {
            run.memory.strike(id);
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

/// Whether anything was written or deleted in a change set.
pub(crate) fn is_drift(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change.action, Action::Created | Action::Configured))
}
