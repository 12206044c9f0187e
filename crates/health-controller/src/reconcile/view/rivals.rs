//! Gathers those that a Kustomization may contend with; whether it does is `quarrels`' to decide.

use std::sync::Arc;

use api::convergence::Blocker;
use api::kustomization::Kustomization;
use convergence::claim::Claimant;
use convergence::{Memory, Rival, Visibility};
use manifest::ObjectId;
use reconcile_core::ObjectKey;

use super::inventory::Entry;
use super::source;
use crate::context::Context;
use crate::reconcile::held::Held;
use crate::reconcile::quarrels::Quarrels;

/// What a Kustomization and its objects look like.
pub(super) struct Look<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) object: &'a Kustomization,
    pub(super) entries: &'a [Entry],
    pub(super) memory: &'a Memory,
    pub(super) published: &'a [Blocker],
}

/// Whom a Kustomization contends with, and what is to be remembered of that.
pub(super) fn look(context: &Context, look: &Look<'_>, held: &Held) -> (Vec<Rival>, Quarrels) {
    let restored;
    let quarrels = match &held.quarrels {
        Some(known) => known,
        None => {
            restored = Quarrels::restored(look.published);
            &restored
        }
    };
    let others: Vec<(Arc<Kustomization>, Option<String>)> = context
        .claims
        .others(look.key)
        .iter()
        .take(source::MOST_RIVALS)
        .filter_map(|key| {
            let other = context.kustomizations.get(key)?;
            let revision = source::revision(context, key, &other);
            Some((other, revision))
        })
        .collect();
    // Compared as the others are, or one of two would see a quarrel where the other sees none.
    let desired = source::revision(context, look.key, look.object);
    let own = Claimant { kustomization: look.object, desired: desired.as_deref() };
    let others: Vec<Claimant<'_>> = others
        .iter()
        .map(|(kustomization, desired)| Claimant { kustomization, desired: desired.as_deref() })
        .collect();
    let objects: Vec<(&ObjectId, &Visibility)> = if others.is_empty() {
        Vec::new()
    } else {
        look.entries.iter().map(|entry| (&entry.id, &entry.visibility)).collect()
    };
    quarrels.look(&own, &others, &objects, |id| look.memory.has_owned(id), context.options.reach)
}
