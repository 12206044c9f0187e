//! An explanation that needs to know since when things are as they are, without anybody who has watched: what is there
//! now is shown step by step, each thing from the time on that it itself tells, as if somebody had looked then. Pure.
//!
//! Where health-controller has watched, what it published tells, and there is one step.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use api::Snapshot;
use api::condition::reason::RECONCILIATION_SUCCEEDED;
use api::condition::{self, CONVERGED, READY, UNKNOWN};
use api::convergence::{ConvergenceStatus, HealthState, LastResult, SyncState};
use api::drift_report::DriftReportStatus;
use api::duration::whole_seconds;
use api::explain::Explanation;
use api::kustomization::Kustomization;
use api::labels::HISTORY_REVISION;
use convergence::dependencies::Chain;
use convergence::{
    Explained, Hidden, Memory, Onlooker, Rival, Seen, SourceView, View, Visibility, explain, project,
};
use health::Rules;
use health::beside::Beside;
use jiff::{SignedDuration, Timestamp};
use manifest::ObjectId;

#[cfg(test)]
mod tests;

/// Steps at most; each judges all objects.
const MAX_STEPS: usize = 60;
/// Steps at most where there are this many objects and more.
const MANY: (usize, usize) = (1000, 10);
/// After these times something that stays as it is may be told otherwise: the waits of `health::track`, and the time after
/// which an object that is on its way is stuck.
const WAITS: [SignedDuration; 4] = [
    SignedDuration::from_secs(3),
    SignedDuration::from_secs(31),
    SignedDuration::from_secs(61),
    SignedDuration::from_secs(301),
];

/// Something, and since when it is as it is; for all that is known it always was without a time.
#[derive(Debug, Clone)]
pub(crate) struct Since<T> {
    /// It.
    pub(crate) what: T,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
}

impl<T> Since<T> {
    fn is_by(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time)
    }
}

/// What was gathered of one Kustomization.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    /// The Kustomization, since its spec is what it is.
    pub(crate) kustomization: Since<Kustomization>,
    /// Its source.
    pub(crate) source: Since<SourceView>,
    /// What it waits for.
    pub(crate) chain: Chain,
    /// Its inventory, in its order.
    pub(crate) objects: Vec<(ObjectId, Since<Visibility>)>,
    /// What was pruned and is not gone.
    pub(crate) leaving: Vec<(ObjectId, Since<Arc<Seen>>)>,
    /// Who applies the same objects.
    pub(crate) rivals: Vec<Rival>,
    /// What kustomize-controller says of drift.
    pub(crate) drift: Option<DriftReportStatus>,
    /// What health-controller has published.
    pub(crate) published: Option<ConvergenceStatus>,
    /// With which words the last run failed, where its Ready condition says nothing of it any more.
    pub(crate) last_words: Option<String>,
}

/// With which reason the last run of a Kustomization failed whose next run is under way.
pub(crate) fn failed_before(object: &Kustomization) -> Option<&str> {
    let last = last_run(object)?;
    Some(last.last_reconciled_status.as_str()).filter(|reason| *reason != RECONCILIATION_SUCCEEDED)
}

/// The last run of a Kustomization whose next run is under way.
fn last_run(object: &Kustomization) -> Option<&Snapshot> {
    let status = object.status.as_ref()?;
    let ready = condition::get(&status.conditions, READY)?;
    status.history.first().filter(|_| ready.status == UNKNOWN)
}

impl Gathered {
    /// Explains it as of `now`.
    pub(crate) fn explain(&self, beside: &dyn Beside, rules: &Rules, now: Timestamp) -> Explanation {
        if let Some(published) = &self.published {
            let memory = Memory::restored(Some(published.clone()));
            let Explained { explanation, .. } = explain(&self.view(now, beside, rules), memory);
            if agrees(published, &explanation) {
                return self.since_it_is_so(explanation, Some(published), now);
            }
        }
        let history = self.told_by_history();
        let mut memory = Memory::restored(history.clone());
        for time in self.steps(now) {
            let Explained { explanation, memory: next, .. } =
                explain(&self.as_of(time).view(time, beside, rules), memory);
            memory = next;
            let mut published = project(&explanation);
            published.last_result = published
                .last_result
                .or_else(|| history.as_ref().and_then(|history| history.last_result.clone()));
            memory.published = Some(published);
        }
        if let Some(published) = &self.published {
            // Since when the answer and its blockers are known, it knows better.
            memory.published = Some(published.clone());
        }
        let published = memory.published.clone();
        let explanation = explain(&self.view(now, beside, rules), memory).explanation;
        self.since_it_is_so(explanation, published.as_ref(), now)
    }

    /// What seems to be so since now has been for longer where that is known: the same answer was published in other words,
    /// for who looks may see more or less than health-controller, and what is well tells itself since when.
    fn since_it_is_so(
        &self,
        mut explanation: Explanation,
        published: Option<&ConvergenceStatus>,
        now: Timestamp,
    ) -> Explanation {
        let verdict = &mut explanation.verdict;
        let known = published.and_then(|published| condition::get(&published.conditions, CONVERGED));
        if let Some(known) =
            known.filter(|known| known.status == verdict.status && known.reason == verdict.reason)
        {
            verdict.since.0 = verdict.since.0.min(known.last_transition_time.0);
        }
        let own: HashMap<String, Timestamp> =
            self.objects.iter().filter_map(|(id, seen)| Some((id.to_inventory(), seen.since?))).collect();
        let now = whole_seconds(now);
        for object in &mut explanation.objects {
            let is_well = object.health == HealthState::Healthy && object.sync == SyncState::Applied;
            if let Some(since) = own.get(&object.id).filter(|_| is_well && object.since.0 >= now) {
                object.since.0 = object.since.0.min(*since);
            }
        }
        explanation
    }

    fn view<'a>(&'a self, now: Timestamp, beside: &'a dyn Beside, rules: &'a Rules) -> View<'a> {
        View {
            kustomization: &self.kustomization.what,
            source: self.source.what.clone(),
            chain: self.chain.clone(),
            objects: self.objects.iter().map(|(id, seen)| (id.clone(), seen.what.clone())).collect(),
            leaving: self.leaving.iter().map(|(id, seen)| (id.clone(), Arc::clone(&seen.what))).collect(),
            rivals: self.rivals.clone(),
            drift: self.drift.as_ref(),
            beside,
            rules,
            now,
            onlooker: Onlooker::Person,
        }
    }

    /// The same as somebody would have seen it at an earlier time: without what was not so yet.
    fn as_of(&self, time: Timestamp) -> Self {
        let mut earlier = self.clone();
        let spec = &mut earlier.kustomization;
        if !spec.is_by(time) {
            // Its latest change was not made yet.
            let observed = spec.what.status.as_ref().map(|status| status.observed_generation);
            spec.what.metadata.generation = observed.or(spec.what.metadata.generation);
            spec.what.spec.suspend = false;
        }
        if let Some(status) = &mut spec.what.status {
            let is_by = |turned: Timestamp| turned <= time;
            status.conditions.retain(|condition| is_by(condition.last_transition_time.0));
        }
        if spec.what.metadata.deletion_timestamp.as_ref().is_some_and(|deleted| deleted.0 > time) {
            spec.what.metadata.deletion_timestamp = None;
        }
        if !earlier.source.is_by(time) {
            earlier.source.what = SourceView::Hidden;
        }
        for (_, seen) in &mut earlier.objects {
            if !seen.is_by(time) {
                seen.what = Visibility::Hidden(Hidden::Starting);
            }
        }
        earlier.leaving.retain(|(_, seen)| seen.is_by(time));
        earlier
    }

    /// The times at which something changed, and those at which something may be told otherwise because it did not.
    fn steps(&self, now: Timestamp) -> Vec<Timestamp> {
        let status = self.kustomization.what.status.as_ref();
        let ready = status.and_then(|status| condition::get(&status.conditions, READY));
        let since = |wanted: fn(&Visibility) -> bool| {
            self.objects.iter().filter(move |(_, seen)| wanted(&seen.what)).map(|(_, seen)| seen.since)
        };
        let leaving = self.leaving.iter().map(|(_, seen)| seen.since);
        let deleted = self.kustomization.what.metadata.deletion_timestamp.as_ref().map(|time| time.0);
        let own = [
            self.kustomization.since,
            self.source.since,
            ready.map(|ready| ready.last_transition_time.0),
            deleted,
        ];
        let is_past = |time: &Timestamp| *time < now;
        let certain =
            own.into_iter().chain(since(is_unwell)).chain(leaving).flatten().filter(is_past).collect();
        let others: BTreeSet<Timestamp> = since(may_be_unwell).flatten().filter(is_past).collect();
        let limit = if self.objects.len() >= MANY.0 { MANY.1 } else { MAX_STEPS };
        let limit = limit.div_ceil(WAITS.len().saturating_add(1));
        // Between changes that are kept the others are seen a little later than they were.
        let mut changes: BTreeSet<Timestamp> = thinned(certain, limit).into_iter().collect();
        let left = limit.saturating_sub(changes.len());
        if left > 0 {
            changes.extend(thinned(others, left));
        }
        let waits = changes.iter().flat_map(|time| {
            WAITS.iter().filter_map(|wait| time.checked_add(*wait).ok()).filter(|later| *later < now)
        });
        let all: BTreeSet<Timestamp> = changes.iter().copied().chain(waits).collect();
        all.into_iter().collect()
    }

    /// While a run is under way its Ready condition says nothing of the last one; the history does.
    fn told_by_history(&self) -> Option<ConvergenceStatus> {
        let last = last_run(&self.kustomization.what)?;
        let last_result = LastResult {
            revision: last.metadata.get(HISTORY_REVISION).cloned(),
            reason: last.last_reconciled_status.clone(),
            message: self.last_words.clone(),
        };
        Some(ConvergenceStatus { last_result: Some(last_result), ..ConvergenceStatus::default() })
    }
}

/// Whether something of it depends on for how long it has been so.
fn is_unwell(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Seen(seen) | Visibility::Unlabelled(seen) => !seen.is_well(),
        _ => false,
    }
}

/// Whether what is beside it may make it unwell.
fn may_be_unwell(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Seen(seen) if seen.is_well() && seen.object().is_some())
}

/// So many of them at most: the first, the last, and some between.
fn thinned(times: BTreeSet<Timestamp>, limit: usize) -> Vec<Timestamp> {
    let all: Vec<Timestamp> = times.into_iter().collect();
    let (count, limit) = (all.len(), limit.max(2));
    if count <= limit {
        return all;
    }
    let at = |number: usize| number.saturating_mul(count.saturating_sub(1)) / limit.saturating_sub(1);
    (0..limit).filter_map(|number| all.get(at(number)).copied()).collect()
}

/// Whether what was published is what is seen now, so that it tells since when. Where nobody keeps it up any more it
/// ceases to be.
fn agrees(published: &ConvergenceStatus, now: &Explanation) -> bool {
    let is_same = |report: &api::convergence::ObjectReport| {
        let seen = now.objects.iter().find(|object| object.id == report.id);
        // What one of us may not look at is no reason to differ.
        seen.is_some_and(|seen| {
            let hidden = HealthState::NotObserved;
            seen.health == report.health || seen.health == hidden || report.health == hidden
        })
    };
    published.objects.iter().all(is_same)
        && published.counts.as_ref().is_some_and(|counts| counts.total == now.counts.total)
}
