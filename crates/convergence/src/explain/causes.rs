//! Blockers of one Kustomization gathered: its own state, its source, its last run, its objects, and what is beside them.

use std::time::Duration;

use api::awaited;
use api::blocker::BlockerCode;
use api::condition::reason;
use api::convergence::HealthState;
use health::explain::{Scene, explain_deletion};
use health::wording;
use jiff::Timestamp;
use manifest::ObjectId;

use super::judged::Judged;
use super::outcome::Outcome;
use super::summing;
use super::words;
use crate::blockers::{self, About, Draft, STALE_AFTER};
use crate::dependencies::{Link, Standing};
use crate::memory::Memory;
use crate::source_status::SourceView;
use crate::view::View;

/// What is waited for that ought not to take long, and when that turns into a blocker.
#[derive(Default)]
pub(super) struct Waits {
    drafts: Vec<Draft>,
    /// What is waited for now without being in the way yet, in a sentence.
    pub(super) open: Option<String>,
    pub(super) recheck: Option<Duration>,
}

impl Waits {
    /// A change that nobody takes up, or deletions that do not end.
    pub(super) fn of(
        view: &View<'_>,
        memory: &mut Memory,
        outcome: Option<&Outcome>,
        pending: bool,
        unseen: bool,
        running: bool,
        judged: &[Judged],
    ) -> Self {
        let object = view.kustomization;
        let mut waits = Self::default();
        waits.leaving(view);
        if object.metadata.deletion_timestamp.is_some() {
            waits.deletion(view, judged);
            return waits;
        }
        let failed = outcome.is_some_and(|outcome| !outcome.ready);
        if !pending || running || failed || object.spec.suspend {
            memory.pending_since = None;
            return waits;
        }
        // A time that is still to come was told by a clock that has been set back since, or by another node's.
        let since = memory.pending_since.unwrap_or(view.now).min(view.now);
        memory.pending_since = Some(since);
        waits.stale(view, since, unseen);
        waits
    }

    /// What was pruned and is not gone.
    fn leaving(&mut self, view: &View<'_>) {
        let mut leaving: Vec<_> = view.leaving.iter().collect();
        leaving.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (id, seen) in leaving {
            let subject = id.to_string();
            let Some(object) = seen.object() else { continue };
            let mut object = object.clone();
            complete(&mut object, id);
            let scene = Scene { namespace: &id.namespace, beside: view.beside, now: Some(view.now) };
            let mut told = explain_deletion(&object, &scene);
            told.message = format!("it was pruned and is not gone: {}", told.message);
            match blockers::of_leaving(&subject, &told, blockers::deleted_at(&object), view.now) {
                Ok(draft) => self.drafts.push(draft),
                Err(left) => {
                    self.open.get_or_insert_with(|| format!("{subject}: {}", told.message));
                    self.again(left);
                }
            }
        }
    }

    /// The Kustomization itself is to go.
    fn deletion(&mut self, view: &View<'_>, judged: &[Judged]) {
        let about = About::new(view.kustomization, view.beside);
        let going: Vec<String> = judged
            .iter()
            .filter(|judged| judged.health == HealthState::Terminating)
            .map(|judged| judged.id.to_string())
            .collect();
        let told = blockers::of_kustomization(&about, &going);
        let since = view.kustomization.metadata.deletion_timestamp.as_ref().map(|time| time.0);
        match blockers::of_leaving(&about.own(), &told, since, view.now) {
            Ok(draft) => self.drafts.push(draft),
            Err(left) => self.again(left),
        }
    }

    /// `since` may be the API server's time: by how much its clock differs from ours the blocker is told too early or
    /// too late, which five minutes bear, and nothing but what is told depends on it.
    fn stale(&mut self, view: &View<'_>, since: Timestamp, unseen: bool) {
        let age = Duration::try_from(view.now.duration_since(since)).unwrap_or_default();
        if let Some(left) = STALE_AFTER.checked_sub(age).filter(|left| !left.is_zero()) {
            self.again(left);
            return;
        }
        let what = match &view.source {
            SourceView::Known(source) if !unseen => source.revision.as_deref().map(words::short),
            _ => None,
        };
        let what = what.unwrap_or_else(|| "the Kustomization's latest change".to_owned());
        let about = About::new(view.kustomization, view.beside);
        self.drafts.push(
            Draft::new(
                BlockerCode::StaleStatus,
                about.own(),
                format!("kustomize-controller has not picked up {what}"),
            )
            .evidence("status.observedGeneration and status.lastAttemptedRevision are older")
            .hint(format!(
                "check that kustomize-controller is running, and that it watches namespace {} and its shard; then: {}",
                about.namespace(),
                about.reconcile()
            )),
        );
    }

    fn again(&mut self, after: Duration) {
        self.recheck = Some(self.recheck.map_or(after, |other| other.min(after)));
    }
}

/// What is kept of an object may lack what its id says.
fn complete(object: &mut serde_json::Value, id: &ObjectId) {
    let version = if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) };
    if let Some(map) = object.as_object_mut() {
        map.entry("apiVersion").or_insert(version.into());
        map.entry("kind").or_insert(id.kind.clone().into());
    }
}

/// Adds to an object that was not healthy in time what is known of it now.
fn say_why(draft: &mut Draft, judged: &[Judged]) {
    let object = draft.object.as_deref().unwrap_or_default();
    let Some(judged) = judged.iter().find(|judged| judged.id.to_string() == object) else { return };
    if judged.health == HealthState::Healthy {
        draft.hint = Some("it is healthy now; the next run should confirm it".to_owned());
    } else if !judged.message.is_empty() {
        draft.message = format!("{}: {}", draft.message, judged.message);
        draft.evidence.extend(judged.evidence.iter().cloned());
        draft.hint = judged.hint.clone().or_else(|| draft.hint.take());
    }
}

/// Everything that stands in the way, root causes first.
pub(super) fn drafts(
    view: &View<'_>,
    outcome: Option<&Outcome>,
    judged: &[Judged],
    waits: &Waits,
) -> Vec<Draft> {
    let object = view.kustomization;
    let about = About::new(object, view.beside);
    let mut drafts = blockers::of_source(&about, &view.source);
    if object.spec.suspend {
        let what = "reconciliation of the Kustomization is suspended";
        drafts.push(blockers::of_suspension(&about.own(), what, object.metadata.annotations.as_ref()));
    }
    if let Some(outcome) = outcome.filter(|outcome| !outcome.ready) {
        drafts.extend(of_run(view, &about, outcome, judged));
    }
    drafts.extend(waits.drafts.iter().cloned());
    if object.spec.kube_config.is_some() {
        drafts.push(
            Draft::new(
                BlockerCode::NotObserved,
                about.own(),
                "the objects are in another cluster and cannot be observed from here",
            )
            .hint("run a health-controller in that cluster"),
        );
    }
    drafts.extend(blockers::of_rivals(&about, &view.rivals));
    if let Some(report) = view.drift {
        drafts.extend(blockers::fights(&about, report));
        drafts.extend(blockers::unhealed(&about, report));
    }
    drafts.extend(judged.iter().filter_map(|judged| judged.blocker.clone()));
    drafts.extend(summing::unobserved(judged, view.onlooker));
    blockers::ordered(drafts)
}

/// What the last run says.
fn of_run(view: &View<'_>, about: &About<'_>, outcome: &Outcome, judged: &[Judged]) -> Vec<Draft> {
    if outcome.reason == reason::DEPENDENCY_NOT_READY {
        return blockers::of_dependency(about, &outcome.message, &view.chain, |root| of_root(view, root));
    }
    let mut told = blockers::of_result(about, &outcome.reason, &outcome.message);
    for draft in told.iter_mut().filter(|draft| draft.by_run) {
        say_why(draft, judged);
    }
    told
}

/// The first blocker of the Kustomization at the root of a chain, by its own last result.
fn of_root(view: &View<'_>, root: &Link) -> Option<Draft> {
    let object = root.object.as_deref().filter(|_| root.standing() == Standing::Failed)?;
    let (reason, message) = root.ready()?;
    let about = About::new(object, view.beside);
    let message = wording::masked(&awaited::steady(message));
    blockers::ordered(blockers::of_result(&about, reason, &message)).into_iter().next()
}
