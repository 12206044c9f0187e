//! What runs and heals tell of their trace (docs/operations/tracing.md): to which revision they belong, how much they did,
//! and how they ended. The steps themselves are where the work is.

use super::build::Built;
use super::change_plan::ChangePlan;
use super::ending::Ending;
use crate::context::Context;
use crate::fault::FaultKind;
use ::apply::Change;
use api::Artifact;
use api::condition::reason;
use api::kustomization::Kustomization;
use api::meta::SourceKind;
use jiff::{SignedDuration, Timestamp};
use reconcile_core::ObjectKey;
use reconcile_core::trace::{self, Place, keys};

/// How long after a revision was published its trace takes runs in: what is tried for days, or begins much later, would
/// leave no trace that has an end.
const OPEN: SignedDuration = SignedDuration::from_hours(1);

/// A run begins: whatever it finds, it is about this source. To be called outside of all steps.
pub(crate) fn begun(object: &Kustomization) {
    if trace::is_on() {
        trace::note(keys::SOURCE, &words(object.spec.source_ref.kind, &source_of(object)));
    }
}

/// A run has found the artifact that it is about.
pub(crate) fn resolved(ctx: &Context, object: &Kustomization, artifact: &Artifact) {
    if !trace::is_on() {
        return;
    }
    let uid = uid_of(ctx, object);
    let applied = object.status.as_ref().and_then(|status| status.last_applied_revision.as_deref());
    let place = place(applied, artifact, Timestamp::now());
    trace::belongs(|| Some((place, uid?, artifact.revision.clone())));
}

/// Where a run of an artifact belongs while this revision is the one that was applied last.
fn place(applied: Option<&str>, artifact: &Artifact, now: Timestamp) -> Place {
    let is_open = now.duration_since(artifact.last_update_time.0) < OPEN;
    if applied != Some(artifact.revision.as_str()) && is_open { Place::Part } else { Place::Later }
}

/// The build of a run.
pub(crate) fn built(built: &Built) {
    trace::count(keys::OBJECTS, built.objects.len());
    trace::note(keys::DEPTH, built.depth.label());
}

/// The plan of a run.
pub(crate) fn planned(plan: &ChangePlan) {
    trace::count(keys::CHANGES, plan.changes.len());
    trace::count(keys::DELETIONS, plan.deletions.len());
}

/// What a run did.
pub(crate) fn applied(changes: &[Change]) {
    if trace::is_on() {
        trace::count(keys::WRITES, changes.iter().filter(|change| change.is_write()).count());
    }
}

/// A run's end, before it is reported.
pub(crate) fn ended(ending: &Ending) {
    if !trace::is_on() {
        return;
    }
    trace::settle();
    match ending {
        Ending::Gone | Ending::Suspended => trace::keep(false),
        Ending::Succeeded(_) => trace::ended(reason::RECONCILIATION_SUCCEEDED, false),
        Ending::Halted(fault) | Ending::Failed(_, fault) if fault.kind == FaultKind::Cancelled => {
            trace::ended("Superseded", false);
        }
        Ending::Halted(fault) | Ending::Failed(_, fault) => trace::ended(fault.kind.reason(), true),
        Ending::Removed => trace::ended("Removed", false),
        Ending::HeldBack => trace::ended("HeldBack", true),
        Ending::Postponed => trace::ended("Postponed", true),
        Ending::Unfinished => trace::ended("Unfinished", true),
        Ending::Unwritten(_) => trace::ended("StatusNotWritten", true),
    }
}

/// A heal: how many objects were put back, and whether others could not be. One that did nothing leaves no trace.
pub(crate) fn healed(ctx: &Context, owner: &Kustomization, healed: usize, failed: bool) {
    if !trace::is_on() {
        return;
    }
    trace::keep(healed > 0 || failed);
    trace::count(keys::HEALED, healed);
    begun(owner);
    let uid = uid_of(ctx, owner);
    let applied = owner.status.as_ref().and_then(|status| status.last_applied_revision.clone());
    trace::belongs(|| Some((Place::Later, uid?, applied?)));
    trace::ended(if failed { "HealFailed" } else { "Healed" }, failed);
}

/// The source that a Kustomization names.
fn source_of(object: &Kustomization) -> ObjectKey {
    let reference = &object.spec.source_ref;
    let own = object.metadata.namespace.as_deref().unwrap_or_default();
    ObjectKey::new(reference.namespace_or(own), reference.name.clone())
}

fn words(kind: SourceKind, key: &ObjectKey) -> String {
    format!("{kind}/{}/{}", key.namespace, key.name)
}

fn uid_of(ctx: &Context, object: &Kustomization) -> Option<String> {
    ctx.sources.uid(object.spec.source_ref.kind, &source_of(object)).filter(|uid| !uid.is_empty())
}

#[cfg(test)]
mod tests;
