//! Deletion in reverse order of dependencies: a Kustomization that is deleted together with others that depend on it lets
//! them go first. So what they need for their own objects to go (a controller that removes finalizers, a definition) is
//! there until then.
//!
//! Nobody is waited for who is not being deleted, and nobody for ever.

use super::handover::depends_on;
use super::recorder::Recorder;
use super::scope::Scope;
use crate::context::Context;
use crate::status::WriteError;
use api::kustomization::Kustomization;
use reconcile_core::ObjectKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long others may take to be deleted as well: whoever deletes several does it one after the other.
const GRACE: Duration = Duration::from_secs(2);
/// How long they may take to be gone.
const PATIENCE: Duration = Duration::from_secs(120);
/// Dependents that are named.
const SHOWN: usize = 3;

/// Waits until no dependent is being deleted any more, or the time is up.
pub(crate) async fn await_gone(scope: &Scope<'_>, recorder: &mut Recorder<'_>) -> Result<(), WriteError> {
    let (ctx, key) = (scope.ctx, scope.key);
    let begun = Instant::now();
    loop {
        // Subscribed to before the look: what changes from here on is not missed.
        let mut changes = ctx.changes.subscribe();
        let (going, staying): (Vec<_>, Vec<_>) =
            dependents(ctx, key).into_iter().partition(|other| other.metadata.deletion_timestamp.is_some());
        let patience = match (going.is_empty(), staying.is_empty()) {
            (true, true) => return Ok(()),
            (true, false) => GRACE,
            (false, _) => PATIENCE,
        };
        if begun.elapsed() >= patience {
            return Ok(());
        }
        if !going.is_empty() {
            recorder.wait_for(&format!("Waiting for dependents to be deleted: {}", list(&going))).await?;
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep_until(begun + patience) => {}
        }
    }
}

/// Those that depend on a Kustomization directly; of a cycle nobody comes first.
fn dependents(ctx: &Context, key: &ObjectKey) -> Vec<Arc<Kustomization>> {
    let all = ctx.kustomizations.all().into_iter();
    all.filter(|other| {
        let other_key = ObjectKey::of(&other.metadata);
        let needs_us = other.spec.depends_on.iter().any(|reference| {
            reference.name == key.name && reference.namespace_or(&other_key.namespace) == key.namespace
        });
        needs_us && !depends_on(ctx, key, &other_key)
    })
    .collect()
}

fn list(others: &[Arc<Kustomization>]) -> String {
    let mut names: Vec<String> =
        others.iter().map(|other| ObjectKey::of(&other.metadata).to_string()).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
