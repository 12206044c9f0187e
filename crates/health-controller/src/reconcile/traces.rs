//! What assessments tell of their trace (docs/operations/tracing.md). One becomes a span when it has told something new.

use std::time::SystemTime;

use api::convergence::{ConvergenceStatus, HealthState};
use api::kustomization::Kustomization;
use convergence::published_answer;
use reconcile_core::ObjectKey;
use reconcile_core::trace::{self, keys};

use super::held::Held;
use super::news::is_news;
use super::progress::Progress;
use super::view;
use crate::context::Context;

/// An assessment begins; `published` is what was told last.
pub(super) fn begin(object: &Kustomization, held: &mut Held, published: Option<&ConvergenceStatus>) {
    if !trace::is_on() {
        return;
    }
    let attempted = object.status.as_ref().and_then(|status| status.last_attempted_revision.as_deref());
    held.progress = attempted.map(|revision| {
        let arrived = published.is_some_and(|status| has_converged(status, revision));
        Progress::of(held.progress.take(), revision, arrived, SystemTime::now())
    });
}

/// A status was written.
pub(super) fn told(
    context: &Context,
    object: &Kustomization,
    held: &mut Held,
    old: Option<&ConvergenceStatus>,
    new: &ConvergenceStatus,
) {
    if !trace::is_on() {
        return;
    }
    let Some(progress) = &mut held.progress else { return };
    let converged = has_converged(new, progress.revision());
    let Some(span) = progress.tell(is_news(old, new), converged, SystemTime::now()) else { return };
    trace::keep(true);
    trace::since(span.since);
    let uid = view::source_uid(context, &ObjectKey::of(&object.metadata), object);
    trace::belongs(|| Some((span.place, uid?, progress.revision().to_owned())));
    let health = new.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
    trace::note(keys::HEALTH, health.as_str());
    if let Some(sync) = &new.sync {
        trace::note(keys::SYNC, sync.state.as_str());
    }
    trace::count(keys::BLOCKERS, new.blockers.len());
    if let Some(answer) = published_answer(new) {
        trace::ended(&answer.verdict.reason, !new.blockers.is_empty());
    }
}

/// Whether everything is what this revision says, and well.
fn has_converged(status: &ConvergenceStatus, revision: &str) -> bool {
    let applied = status.applied.as_ref().is_some_and(|applied| applied.revision == revision);
    applied && published_answer(status).is_some_and(|answer| answer.is_converged())
}
