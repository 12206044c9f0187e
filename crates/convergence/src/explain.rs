//! One Kustomization explained: what is seen and what is remembered in, the explanation out.
//!
//! It holds nothing that changes while nothing happens, so that equal views give equal explanations.

mod causes;
mod judged;
mod look;
mod objects;
mod outcome;
mod services;
mod summing;
mod words;

use std::time::Duration;

use api::condition::{self, CONVERGED, READY, TRUE};
use api::convergence::{
    Blocker, ConvergenceStatus, HealthSince, HealthState, LastResult, MAX_BLOCKERS, RevisionSince, SyncSince,
    SyncState, Target,
};
use api::explain::{Explanation, VERSION, Verdict};
use api::kustomization::{Kustomization, KustomizationStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::blockers::{self, Draft};
use crate::memory::{self, Marker, Memory};
use crate::observed::is_observed;
use crate::source_status::SourceView;
use crate::view::View;
use crate::visibility::Owner;
use judged::Judged;
use objects::Look;
use outcome::Outcome;
use services::Services;

/// Pieces of evidence of one blocker.
const MAX_EVIDENCE: usize = 12;

/// What comes out.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What is known, whole.
    pub explanation: Explanation,
    /// What the next explanation needs of this one.
    pub memory: Memory,
    /// After this time the same view gives another explanation.
    pub recheck: Option<Duration>,
}

/// Explains and remembers.
#[must_use]
pub fn explain(view: &View<'_>, mut memory: Memory) -> Explained {
    let now = view.second();
    let object = view.kustomization;
    let status = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let outcome = Outcome::of(&status, memory.published.as_ref());
    let desired = match &view.source {
        SourceView::Known(source) => source.revision.clone(),
        // kustomize-controller has seen it, and says in the Kustomization's own status what it was.
        SourceView::Elsewhere => status.last_attempted_revision.clone(),
        SourceView::Absent | SourceView::Hidden => None,
    };
    let applied = status.last_applied_revision.clone();
    let unseen = !is_observed(object);
    let pending = unseen || desired.as_ref().is_some_and(|desired| Some(desired) != applied.as_ref());
    let renewed = renew(&mut memory, &status, pending);

    let owner = Owner::by(object);
    let services = Services::of(view, &owner);
    let look = Look { view, pending, renewed, services: &services };
    let remembered = memory.objects.len();
    let judged: Vec<Judged> = view
        .objects
        .iter()
        .map(|(id, visibility)| (id, visibility.clone().for_owner(&owner)))
        .map(|(id, visibility)| objects::judge(&look, id, &visibility, &mut memory))
        .collect();
    objects::forget_others(&mut memory, &judged, remembered);
    let running = outcome::is_running(&status);
    let waits = causes::Waits::of(view, &mut memory, outcome.as_ref(), pending, unseen, running, &judged);
    let recheck = judged.iter().filter_map(|judged| judged.recheck).chain(waits.recheck).min();

    let blockers = stamped(causes::drafts(view, outcome.as_ref(), &judged, &waits), &memory, now);
    let counts = summing::counts(&judged);
    let sync = summing::worst_sync(&judged, pending);
    let health = summing::worst_health(&judged);
    let facts = words::Facts {
        judged: &judged,
        counts: &counts,
        // The sentence counts what a status lists, so that the two agree.
        blockers: blockers.get(..MAX_BLOCKERS).unwrap_or(&blockers),
        sync,
        health,
        desired: desired.as_deref(),
        applied: applied.as_deref(),
        unseen,
        deleting: object.metadata.deletion_timestamp.is_some(),
        ready: outcome.as_ref().map(|outcome| outcome.ready),
        open: waits.open.as_deref(),
    };
    let verdict = words::converged(&facts);
    let previous = memory.published.as_ref();
    let explanation = Explanation {
        version: VERSION,
        target: target(object),
        verdict: verdict_since(verdict, previous, generation, now),
        desired: revision_since(desired, previous.and_then(|p| p.desired.as_ref()), now),
        applied: revision_since(applied, previous.and_then(|p| p.applied.as_ref()), now),
        sync: sync_since(sync, previous, now),
        health: health_since(health, previous, now),
        counts,
        objects: summing::explanations(&judged),
        blockers,
        last_result: outcome.map(last_result),
    };
    memory.unlisted = explanation.blockers.get(MAX_BLOCKERS..).unwrap_or_default().to_vec();
    Explained { explanation, memory, recheck }
}

fn sync_since(state: SyncState, previous: Option<&ConvergenceStatus>, now: Timestamp) -> SyncSince {
    let same = previous.and_then(|previous| previous.sync.as_ref()).filter(|known| known.state == state);
    SyncSince { state, since: kept(same.map(|known| &known.since), now) }
}

fn health_since(state: HealthState, previous: Option<&ConvergenceStatus>, now: Timestamp) -> HealthSince {
    let same = previous.and_then(|previous| previous.health.as_ref()).filter(|known| known.state == state);
    HealthSince { state, since: kept(same.map(|known| &known.since), now) }
}

fn last_result(outcome: Outcome) -> LastResult {
    LastResult {
        revision: outcome.revision,
        reason: outcome.reason,
        message: Some(outcome.message).filter(|message| !message.is_empty()),
    }
}

/// The answer, and since when it is the same to the letter.
fn verdict_since(
    verdict: words::Verdict,
    previous: Option<&ConvergenceStatus>,
    generation: i64,
    now: Timestamp,
) -> Verdict {
    let words::Verdict { status, reason, message } = verdict;
    let same = previous
        .and_then(|previous| condition::get(&previous.conditions, CONVERGED))
        .filter(|known| known.status == status && known.reason == reason && known.message == message);
    let since = kept(same.map(|known| &known.last_transition_time), now);
    Verdict { status: status.to_owned(), reason: reason.to_owned(), summary: message, generation, since }
}

/// Since when: what was published for the same state, else now.
fn kept(since: Option<&Time>, now: Timestamp) -> Time {
    since.map_or(Time(now), Clone::clone)
}

fn target(object: &Kustomization) -> Target {
    Target {
        api_version: format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION),
        kind: "Kustomization".to_owned(),
        namespace: object.metadata.namespace.clone().unwrap_or_default(),
        name: object.metadata.name.clone().unwrap_or_default(),
    }
}

/// Whether a run has ended well since the baselines were taken.
fn renew(memory: &mut Memory, status: &KustomizationStatus, pending: bool) -> bool {
    let ready = condition::get(&status.conditions, READY).filter(|ready| ready.status == TRUE && !pending);
    let Some(ready) = ready else { return false };
    let marker = Marker {
        revision: status.last_applied_revision.clone(),
        generation: status.observed_generation,
        since: ready.last_transition_time.0,
        run: memory::last_run(status),
    };
    if memory.marker.as_ref() == Some(&marker) {
        return false;
    }
    // The first one after a restart says nothing about when the run was.
    memory.marker.replace(marker).is_some()
}

fn revision_since(
    revision: Option<String>,
    previous: Option<&RevisionSince>,
    now: Timestamp,
) -> Option<RevisionSince> {
    let revision = revision?;
    let since = previous.filter(|p| p.revision == revision).map_or(Time(now), |p| p.since.clone());
    Some(RevisionSince { revision, since })
}

/// With since when: what was published of the same blocker, else what is remembered of it, else now.
fn stamped(drafts: Vec<Draft>, memory: &Memory, now: Timestamp) -> Vec<Blocker> {
    let published = memory.published.as_ref().map_or(&[][..], |published| &published.blockers);
    drafts
        .into_iter()
        .map(|draft| {
            let known = published
                .iter()
                .chain(&memory.unlisted)
                .find(|blocker| blocker.code == draft.code && blocker.object == draft.object);
            let hint =
                draft.hint.unwrap_or_else(|| blockers::general_hint(draft.code, draft.object.as_deref()));
            Blocker {
                code: draft.code,
                object: draft.object,
                message: draft.message,
                evidence: draft.evidence.into_iter().take(MAX_EVIDENCE).collect(),
                hint: Some(hint),
                since: kept(known.map(|blocker| &blocker.since), now),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
