//! The assessment of one Kustomization: what is seen in, the Convergence's status out. Pure: no client, no clock.
//!
//! The status holds nothing that changes while nothing happens, so that equal views give equal statuses.

mod causes;
mod objects;
mod words;

use std::sync::Arc;
use std::time::Duration;

use api::Condition;
use api::condition::{CONVERGED, READY, TRUE, UNKNOWN, reason};
use api::convergence::{
    Blocker, ConvergenceStatus, HealthSince, HealthState, LastResult, MAX_BLOCKERS, MAX_OBJECTS,
    RevisionSince, SyncSince, SyncState, Target,
};
use api::kustomization::Kustomization;
use health::wording;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::ObjectId;
use reconcile_core::condition;
use serde_json::Value;

use crate::blockers::{self, Draft};
use crate::memory::{self, Marker, Memory};
use crate::sight::Sight;
use crate::source::SourceView;
use objects::Judged;

/// Everything that an assessment looks at.
pub(crate) struct View<'a> {
    pub(crate) kustomization: &'a Kustomization,
    pub(crate) source: SourceView,
    /// Links from a dependency that is not ready to the root cause.
    pub(crate) chain: Vec<String>,
    /// The inventory, in its order.
    pub(crate) objects: Vec<(ObjectId, Sight)>,
    /// Pods in namespaces where something was not well, by namespace.
    pub(crate) pods: &'a (dyn Fn(&str) -> Vec<Arc<Value>> + Sync),
    pub(crate) now: Timestamp,
}

/// What comes out.
pub(crate) struct Assessment {
    pub(crate) status: ConvergenceStatus,
    /// After this time the same view gives another status.
    pub(crate) recheck: Option<Duration>,
}

/// The last result of a Kustomization: Ready, unless a run is under way; then what was known before.
pub(crate) struct Outcome {
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) revision: Option<String>,
    pub(crate) ready: bool,
}

/// Assesses and remembers.
pub(crate) fn assess(view: &View<'_>, memory: &mut Memory) -> Assessment {
    let now = whole_seconds(view.now);
    let object = view.kustomization;
    let status = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let outcome = outcome(&status, memory.published.as_ref());
    let desired = match &view.source {
        SourceView::Known(source) => source.revision.clone(),
        SourceView::Absent | SourceView::Hidden => None,
    };
    let applied = status.last_applied_revision.clone();
    let unseen = status.observed_generation != generation;
    let pending = unseen || desired.as_ref().is_some_and(|desired| Some(desired) != applied.as_ref());
    let renewed = renew(memory, &status, pending);

    let judged: Vec<Judged> = view
        .objects
        .iter()
        .map(|(id, sight)| objects::judge(view, id, sight, pending, renewed, memory))
        .collect();
    objects::forget_others(memory, &judged);
    let waits = causes::Waits::of(view, memory, outcome.as_ref(), pending, unseen, running(&status));
    let recheck = judged.iter().filter_map(|judged| judged.recheck).chain(waits.recheck).min();

    let drafts = causes::drafts(view, outcome.as_ref(), &judged, &waits);
    let counts = objects::counts(&judged);
    let sync = worst_sync(&judged, pending);
    let health = worst_health(&judged);
    let previous = memory.published.as_ref();
    let blockers = stamped(drafts, previous, now);
    let facts = words::Facts {
        judged: &judged,
        counts: &counts,
        blockers: &blockers,
        sync,
        health,
        desired: desired.as_deref(),
        applied: applied.as_deref(),
        unseen,
        deleting: object.metadata.deletion_timestamp.is_some(),
        ready: outcome.as_ref().map(|outcome| outcome.ready),
    };
    let verdict = words::converged(&facts);
    let reports = objects::reports(&judged);
    let omitted = judged.len().saturating_sub(reports.len());
    let conditions = conditions(previous, &verdict, generation, now);
    let status = ConvergenceStatus {
        target: Some(target(object)),
        desired: revision_since(desired, previous.and_then(|p| p.desired.as_ref()), now),
        applied: revision_since(applied, previous.and_then(|p| p.applied.as_ref()), now),
        sync: Some(SyncSince {
            state: sync,
            since: kept(
                previous.and_then(|p| p.sync.as_ref()).filter(|p| p.state == sync).map(|p| &p.since),
                now,
            ),
        }),
        health: Some(HealthSince {
            state: health,
            since: kept(
                previous.and_then(|p| p.health.as_ref()).filter(|p| p.state == health).map(|p| &p.since),
                now,
            ),
        }),
        summary: Some(verdict.message),
        counts: Some(counts),
        objects: reports,
        omitted: (omitted > 0).then(|| i64::try_from(omitted).unwrap_or(i64::MAX)),
        blockers,
        last_result: outcome.map(|outcome| LastResult {
            revision: outcome.revision,
            reason: outcome.reason,
            message: Some(outcome.message).filter(|message| !message.is_empty()),
        }),
        conditions,
    };
    Assessment { status, recheck }
}

fn conditions(
    previous: Option<&ConvergenceStatus>,
    verdict: &words::Verdict,
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    let mut conditions = previous.map(|previous| previous.conditions.clone()).unwrap_or_default();
    let new = condition::New {
        type_: CONVERGED,
        status: verdict.status,
        reason: verdict.reason,
        message: &verdict.message,
        generation,
    };
    condition::set_at(&mut conditions, new, now);
    conditions
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

/// Whether a run is under way.
fn running(status: &api::kustomization::KustomizationStatus) -> bool {
    condition::get(&status.conditions, READY).is_some_and(|ready| ready.status == UNKNOWN)
}

/// Flux says Unknown during every run, also one that changes nothing; what the last run said stands until it ends.
fn outcome(
    status: &api::kustomization::KustomizationStatus,
    previous: Option<&ConvergenceStatus>,
) -> Option<Outcome> {
    let ready = condition::get(&status.conditions, READY)?;
    if ready.status == UNKNOWN {
        let last = previous?.last_result.clone()?;
        return Some(Outcome {
            ready: last.reason == reason::RECONCILIATION_SUCCEEDED,
            reason: last.reason,
            message: last.message.unwrap_or_default(),
            revision: last.revision,
        });
    }
    let succeeded = ready.status == TRUE;
    let revision = if succeeded { &status.last_applied_revision } else { &status.last_attempted_revision };
    Some(Outcome {
        ready: succeeded,
        reason: ready.reason.clone(),
        message: wording::cut(&wording::masked(&blockers::steady(&ready.message)), 2000),
        revision: revision.clone(),
    })
}

/// Whether a run has ended well since the baselines were taken.
fn renew(memory: &mut Memory, status: &api::kustomization::KustomizationStatus, pending: bool) -> bool {
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

/// What cannot be looked at says nothing about the rest, unless there is no rest.
fn worst_sync(judged: &[Judged], pending: bool) -> SyncState {
    let observed = judged.iter().map(|judged| judged.sync).filter(|sync| *sync != SyncState::NotObserved);
    match observed.max() {
        Some(worst) => worst,
        None if !judged.is_empty() => SyncState::NotObserved,
        None if pending => SyncState::RevisionPending,
        None => SyncState::Applied,
    }
}

fn worst_health(judged: &[Judged]) -> HealthState {
    // Missing weighs less than Degraded: what is to come may come.
    let weight = |health: &HealthState| match health {
        HealthState::Healthy => 0,
        HealthState::Progressing => 1,
        HealthState::Missing => 2,
        HealthState::Unknown => 3,
        _ => 4,
    };
    let observed =
        judged.iter().map(|judged| judged.health).filter(|health| *health != HealthState::NotObserved);
    match observed.max_by_key(weight) {
        Some(worst) => worst,
        None if !judged.is_empty() => HealthState::NotObserved,
        None => HealthState::Healthy,
    }
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

fn stamped(drafts: Vec<Draft>, previous: Option<&ConvergenceStatus>, now: Timestamp) -> Vec<Blocker> {
    let known = previous.map_or(&[][..], |previous| &previous.blockers);
    drafts
        .into_iter()
        .take(MAX_BLOCKERS)
        .map(|draft| {
            let since = known
                .iter()
                .find(|blocker| blocker.code == draft.code && blocker.object == draft.object)
                .map_or(Time(now), |blocker| blocker.since.clone());
            Blocker {
                code: draft.code,
                object: draft.object,
                message: draft.message,
                evidence: draft.evidence,
                hint: draft.hint.map(str::to_owned),
                since,
            }
        })
        .collect()
}

pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// At most so many objects are listed.
const LISTED: usize = MAX_OBJECTS;
