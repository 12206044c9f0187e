//! All objects together: how many are how, what is worst, and which kinds cannot be looked at.

use api::blocker::BlockerCode;
use api::convergence::{Counts, HealthState, SyncState};
use api::explain::ObjectExplanation;
use health::wording;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::judged::Judged;
use super::objects::EXCESS;
use crate::blockers::Draft;
use crate::view::Onlooker;
use crate::visibility::Hidden;

/// What cannot be looked at says nothing about the rest, unless there is no rest.
pub(super) fn worst_sync(judged: &[Judged], pending: bool) -> SyncState {
    let observed = judged.iter().map(|judged| judged.sync).filter(|sync| *sync != SyncState::NotObserved);
    match observed.max() {
        Some(worst) => worst,
        None if !judged.is_empty() => SyncState::NotObserved,
        None if pending => SyncState::RevisionPending,
        None => SyncState::Applied,
    }
}

/// The worst state of what counts for the whole. What rests because somebody wants it is neither good nor bad.
pub(super) fn worst_health(judged: &[Judged]) -> HealthState {
    // Missing weighs less than Degraded: what is to come may come.
    let weight = |health: &HealthState| match health {
        HealthState::Healthy | HealthState::Suspended | HealthState::NotObserved => 0,
        HealthState::Progressing => 1,
        HealthState::Terminating => 2,
        HealthState::Missing => 3,
        HealthState::Unknown => 4,
        HealthState::Degraded => 5,
    };
    let observed = || judged.iter().filter(|judged| judged.health != HealthState::NotObserved);
    if observed().next().is_none() && !judged.is_empty() {
        return HealthState::NotObserved;
    }
    // What does not exist counts whatever it is.
    let counted = observed().filter(|judged| judged.gates() || judged.health == HealthState::Missing);
    match counted.map(|judged| judged.health).max_by_key(weight) {
        Some(worst) if weight(&worst) > 0 => worst,
        _ => HealthState::Healthy,
    }
}

/// One blocker per kind that cannot be looked at, Secrets aside: not to read them is the normal case.
pub(super) fn unobserved(judged: &[Judged], onlooker: Onlooker) -> Vec<Draft> {
    let mut kinds: Vec<(String, Draft)> = Vec::new();
    for judged in judged {
        let kind = if judged.id.group.is_empty() {
            judged.id.kind.clone()
        } else {
            format!("{}.{}", judged.id.kind, judged.id.group)
        };
        let kind = wording::word(&kind);
        let draft = match &judged.hidden {
            Some(Hidden::Forbidden) if onlooker == Onlooker::Person => {
                let message = format!("you may not read objects of kind {kind}");
                Draft::new(BlockerCode::NotObserved, String::new(), message).hint(format!(
                    "ask for the right to get and list {kind}; `kubectl auth can-i list {kind}` says when you have it"
                ))
            }
            Some(Hidden::Forbidden) => Draft::new(
                BlockerCode::NotObserved,
                String::new(),
                format!("no right to look at objects of kind {kind}"),
            )
            .hint(format!(
                "label a ClusterRole that may get, list and watch {kind} with {}: \"true\"",
                api::labels::AGGREGATE_TO_HEALTH
            )),
            Some(Hidden::Failing(error)) => Draft::new(
                BlockerCode::NotObserved,
                String::new(),
                format!("objects of kind {kind} cannot be watched: {}", wording::quoted(error)),
            )
            .hint(format!(
                "see whether the API server lists them: kubectl get {} -A",
                kind.to_ascii_lowercase()
            )),
            Some(Hidden::Excess) => Draft::new(BlockerCode::NotObserved, String::new(), EXCESS)
                .hint("split the Kustomization into several"),
            _ => continue,
        };
        if kinds.iter().all(|(known, _)| *known != kind) {
            kinds.push((kind, draft));
        }
    }
    kinds
        .into_iter()
        .map(|(kind, mut draft)| {
            // The kind stands where an object's name would, so that several kinds are several blockers.
            draft.object = Some(kind);
            draft
        })
        .collect()
}

/// How many are in which state.
pub(super) fn counts(judged: &[Judged]) -> Counts {
    let count = |wanted: &dyn Fn(&Judged) -> bool| {
        i64::try_from(judged.iter().filter(|judged| wanted(judged)).count()).unwrap_or(i64::MAX)
    };
    let health = |state: HealthState| count(&|judged: &Judged| judged.health == state);
    Counts {
        total: count(&|_| true),
        healthy: health(HealthState::Healthy),
        progressing: health(HealthState::Progressing),
        suspended: health(HealthState::Suspended),
        terminating: health(HealthState::Terminating),
        degraded: health(HealthState::Degraded),
        missing: health(HealthState::Missing),
        drifted: count(&|judged| judged.sync == SyncState::Drifted),
        unknown: health(HealthState::Unknown),
        not_observed: health(HealthState::NotObserved),
    }
}

/// Those that need attention first, then by id.
pub(super) fn explanations(judged: &[Judged]) -> Vec<ObjectExplanation> {
    let mut order: Vec<(u8, String, &Judged)> =
        judged.iter().map(|judged| (judged.rank(), judged.id.to_inventory(), judged)).collect();
    order.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    order
        .into_iter()
        .map(|(_, id, judged)| ObjectExplanation {
            id,
            sync: judged.sync,
            health: judged.health,
            reason: Some(judged.reason.clone()).filter(|reason| !reason.is_empty()),
            message: Some(judged.message.clone()).filter(|message| !message.is_empty()),
            evidence: judged.evidence.clone(),
            hint: judged.hint.clone(),
            since: Time(judged.since),
        })
        .collect()
}
