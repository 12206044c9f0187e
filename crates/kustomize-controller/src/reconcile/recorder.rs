//! The only writer of a Kustomization's status: it owns the conditions, the inventory, the history and the progress of
//! one run, and knows when each is written (decisions 2; contracts/kustomize-controller.md 5, 14, 20, 24).
//!
//! What happened reaches it as facts; what a run does next is not its business. How a status gets to the API server is
//! `status`'s.

use super::look::Looker;
use super::scope::{Resolved, Scope};
use super::telling::{self, News, Occasion};
use crate::fault::Fault;
use crate::history;
use crate::status::{Draft, Plain, Remote, Requests, WriteError};
use ::apply::inventory::Ids;
use api::condition::{self, reason};
use api::kustomization::KustomizationStatus;
use api::{Artifact, labels};
use std::collections::BTreeMap;
use std::time::Duration;

/// The progress messages of contract 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The artifact is fetched.
    Fetching,
    /// The build runs.
    Building,
    /// Objects are compared and applied.
    DetectingDrift,
    /// Health is awaited.
    HealthChecks,
}

/// The digests of a build that history keeps.
#[derive(Clone, Debug)]
pub(crate) struct Digests {
    /// `sha256:<hex>` over the objects.
    pub(crate) rendered: String,
    /// `flyball.dev/input`; none for a build that did not get far enough.
    pub(crate) input: Option<String>,
}

/// See the module.
pub(crate) struct Recorder<'a> {
    draft: Draft<'a>,
    resolved: Option<Resolved>,
    step: Option<Step>,
    digests: Option<Digests>,
    occasion: Occasion,
    looker: Looker,
    /// Nothing had to be asked about.
    is_shallow: bool,
}

impl<'a> Recorder<'a> {
    /// Of a run that begins.
    pub(crate) fn new(scope: &Scope<'a>) -> Self {
        let unreadable = scope.ctx.unreadable.contains(scope.key);
        let remote: Box<dyn Requests> = match unreadable {
            true => Box::new(Plain::new(&scope.ctx.client, scope.key)),
            false => Box::new(Remote::new(&scope.ctx.client, scope.key)),
        };
        Self::over(Draft::new(remote, &scope.object, &scope.memory.own))
    }

    /// Of a status as it is.
    pub(crate) const fn over(draft: Draft<'a>) -> Self {
        Self {
            draft,
            resolved: None,
            step: None,
            digests: None,
            occasion: Occasion::Due,
            looker: Looker::Resident,
            is_shallow: false,
        }
    }

    /// The status as the API server has it.
    pub(crate) const fn stored(&self) -> &KustomizationStatus {
        self.draft.stored()
    }

    /// Reason of Ready as it stands now; events of deletions carry it (contract 16).
    pub(crate) fn ready_reason(&self) -> Option<&str> {
        self.draft.ready_reason()
    }

    /// Whether the objects of this revision could not be applied when that was tried last.
    pub(crate) fn failed_before(&self) -> bool {
        let (stored, resolved) = (self.stored(), self.resolved.as_ref());
        let revision = resolved.map(|resolved| resolved.artifact.revision.as_str());
        let ready = reconcile_core::condition::get(&stored.conditions, condition::READY);
        let failed = ready.is_some_and(|ready| {
            ready.status == condition::FALSE && ready.reason == reason::RECONCILIATION_FAILED
        });
        failed && stored.last_attempted_revision.as_deref() == revision
    }

    /// The source was found.
    pub(crate) fn resolved(&mut self, resolved: &Resolved) {
        self.resolved = Some(resolved.clone());
        self.step = Some(Step::Fetching);
    }

    /// The run has come this far.
    pub(crate) const fn enter(&mut self, step: Step) {
        self.step = Some(step);
    }

    /// The revision was looked at, whatever comes of it.
    pub(crate) fn attempted(&mut self) {
        let revision = self.resolved.as_ref().map(|resolved| resolved.artifact.revision.clone());
        self.draft.status.last_attempted_revision = revision;
    }

    /// Why the run began.
    pub(crate) const fn begun(&mut self, occasion: Occasion) {
        self.occasion = occasion;
    }

    /// The run takes up what another process left in order; until the interval that it began is over nothing is due.
    pub(crate) fn take_up(&mut self, interval: Duration, now: jiff::Timestamp) {
        self.looker = Looker::Newcomer;
        if self.due_in(interval, now).is_some() {
            self.occasion = Occasion::Between;
        }
    }

    /// Nothing has to be asked about any object.
    pub(crate) const fn shallow(&mut self) {
        self.is_shallow = true;
    }

    /// Whether somebody else's work may come before the end of this run is told: it did nothing, and nobody asked for it.
    pub(crate) fn yields(&self) -> bool {
        let (stored, wanted) = (self.stored(), &self.draft.status);
        self.is_shallow && stored.last_handled_reconcile_at == wanted.last_handled_reconcile_at
    }

    /// Who looks at the health of the objects.
    pub(crate) const fn looker(&self) -> Looker {
        self.looker
    }

    /// Why the run began, as far as is known by now.
    pub(crate) const fn occasion(&self) -> Occasion {
        self.occasion
    }

    /// How long it is until the next run is due, by what is stored; `None` when one is now.
    pub(crate) fn due_in(&self, interval: Duration, now: jiff::Timestamp) -> Option<Duration> {
        telling::due_in(self.stored().history.first()?, interval, now)
    }

    /// What of the draft is new.
    pub(crate) fn news(&self) -> News {
        telling::news(self.stored(), &self.draft.status)
    }

    /// Leaves times and counters as they are stored.
    pub(crate) fn keep_times(&mut self) {
        let stored = self.draft.stored().clone();
        telling::keep_times(&stored, &mut self.draft.status);
    }

    /// There is a build.
    pub(crate) fn built(&mut self, digests: Digests) {
        self.digests = Some(digests);
    }

    /// Ids that are stored, or were written ahead.
    pub(crate) fn inventory(&self) -> Ids {
        Ids::of(self.draft.status.inventory.as_ref())
    }

    /// What the next write records.
    pub(crate) fn set_inventory(&mut self, ids: &Ids) {
        self.draft.status.inventory = Some(ids.to_inventory());
    }

    /// Stores ids, and that work has begun, before the first real write (architecture D4). The history's mark goes:
    /// from now on the live objects are not what it was made of.
    pub(crate) async fn write_ahead(&mut self, ids: &Ids) -> Result<(), Fault> {
        self.set_progressing();
        self.set_inventory(ids);
        history::withdraw(&mut self.draft.status.history);
        let written = self.draft.write().await;
        if written.is_err() {
            // Nothing of it is made. An inventory that is too large to be stored must not keep the failure from being told.
            let stored = self.draft.stored().inventory.clone();
            self.draft.status.inventory = stored;
        }
        Ok(written?)
    }

    /// Says in Reconciling what the run waits for.
    pub(crate) async fn wait_for(&mut self, message: &str) -> Result<(), WriteError> {
        self.set_progressing();
        self.draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, message);
        self.draft.write().await
    }

    /// A health wait begins.
    pub(crate) async fn wait_for_health(&mut self) -> Result<(), Fault> {
        let progress = self.progress().unwrap_or_default();
        self.set_progressing();
        self.draft.set(condition::HEALTHY, condition::UNKNOWN, reason::PROGRESSING, &progress);
        Ok(self.draft.write().await?)
    }

    /// Health checks passed.
    pub(crate) fn healthy(&mut self, message: &str) {
        self.draft.set(condition::HEALTHY, condition::TRUE, reason::SUCCEEDED, message);
    }

    /// No health check is asked for.
    pub(crate) fn without_health(&mut self) {
        self.draft.unset(condition::HEALTHY);
    }

    /// The run ended well. `fingerprint` is what the next process compares with.
    pub(crate) fn succeed(&mut self, facts: &Facts<'_>, fingerprint: Option<String>) {
        let Some(Resolved { artifact, .. }) = self.resolved.clone() else { return };
        self.draft.unset(condition::RECONCILING);
        self.draft.unset(condition::STALLED);
        let message = format!("Applied revision: {}", artifact.revision);
        self.draft.set(condition::READY, condition::TRUE, reason::RECONCILIATION_SUCCEEDED, &message);
        self.draft.status.last_applied_revision = Some(artifact.revision.clone());
        self.draft.status.last_attempted_revision = Some(artifact.revision.clone());
        self.draft.status.last_applied_origin_revision =
            artifact.metadata.get(labels::ORIGIN_REVISION).cloned();
        self.draft.status.observed_generation = self.draft.generation;
        let marks = [
            (labels::INPUT, self.digests.as_ref().and_then(|digests| digests.input.clone())),
            (labels::FINGERPRINT, fingerprint),
        ];
        let marks = marks.into_iter().filter_map(|(key, mark)| Some((key.to_owned(), mark?)));
        self.remember(facts, &artifact, reason::RECONCILIATION_SUCCEEDED, marks.collect());
    }

    /// The run ended in a fault after its source was found.
    pub(crate) fn fail(&mut self, facts: &Facts<'_>, fault: &Fault) {
        if let Some(progress) = self.progress() {
            let retry = reason::PROGRESSING_WITH_RETRY;
            self.draft.set(condition::RECONCILING, condition::TRUE, retry, &progress);
        }
        if let Some(text) = &fault.unhealthy {
            self.draft.set(condition::HEALTHY, condition::FALSE, reason::HEALTH_CHECK_FAILED, text);
        }
        self.draft.set(condition::READY, condition::FALSE, fault.kind.reason(), &fault.message);
        self.draft.unset(condition::STALLED);
        if fault.kind.is_in_history()
            && let Some(Resolved { artifact, .. }) = self.resolved.clone()
        {
            self.remember(facts, &artifact, fault.kind.reason(), BTreeMap::new());
        }
    }

    /// The run came to a halt before its source was found.
    pub(crate) fn halt(&mut self, fault: &Fault) {
        let reason = fault.kind.reason();
        self.draft.set(condition::READY, condition::FALSE, reason, &fault.message);
        if fault.kind.is_stalled() {
            self.draft.unset(condition::RECONCILING);
            self.draft.set(condition::STALLED, condition::TRUE, reason, &fault.message);
        } else {
            self.draft.unset(condition::STALLED);
        }
        if fault.kind.is_about_the_spec() {
            self.draft.status.observed_generation = self.draft.generation;
        }
    }

    /// A suspended object is only acknowledged (contract 5.4).
    pub(crate) fn acknowledge(&mut self) {
        if self.draft.is_ready() {
            self.draft.status.observed_generation = self.draft.generation;
        }
    }

    /// A deletion that cannot go on: Ready and Stalled say why.
    pub(crate) fn hold_back(&mut self, reason: &str, message: &str) {
        self.draft.set(condition::READY, condition::FALSE, reason, message);
        self.draft.set(condition::STALLED, condition::TRUE, reason, message);
    }

    /// A deletion that goes on as soon as what is missing is there.
    pub(crate) fn postpone(&mut self, reason: &str, message: &str) {
        self.draft.set(condition::READY, condition::FALSE, reason, message);
    }

    /// The request's token was dealt with. The token is that of the object as it was when the run began: one that came
    /// later starts another run.
    pub(crate) fn handle(&mut self, token: Option<&String>) {
        if let Some(token) = token {
            self.draft.status.last_handled_reconcile_at = Some(token.clone());
        }
    }

    /// Whether the next write has anything to say.
    pub(crate) fn is_changed(&self) -> bool {
        reconcile_core::status::changes(self.draft.stored(), &self.draft.status).is_some()
    }

    /// Writes what differs; no request when nothing does.
    pub(crate) async fn write(&mut self) -> Result<(), WriteError> {
        self.draft.write().await
    }

    /// Adds or removes our finalizer.
    pub(crate) async fn write_finalizers(&mut self, finalizers: &[String]) -> Result<(), WriteError> {
        self.draft.write_finalizers(finalizers).await
    }

    /// Reconciling's message for the current step.
    fn progress(&self) -> Option<String> {
        let words = match self.step? {
            Step::Fetching => "Fetching manifests",
            Step::Building => "Building manifests",
            Step::DetectingDrift => "Detecting drift",
            Step::HealthChecks => "Running health checks",
        };
        let Resolved { artifact, timeout } = self.resolved.as_ref()?;
        let timeout = api::Duration::from(*timeout);
        Some(format!("{words} for revision {} with a timeout of {timeout}", artifact.revision))
    }

    fn set_progressing(&mut self) {
        let Some(progress) = self.progress() else { return };
        self.draft.unset(condition::STALLED);
        let message = "Reconciliation in progress";
        self.draft.set(condition::READY, condition::UNKNOWN, reason::PROGRESSING, message);
        self.draft.set(condition::RECONCILING, condition::TRUE, reason::PROGRESSING, &progress);
    }

    fn remember(
        &mut self,
        facts: &Facts<'_>,
        artifact: &Artifact,
        status: &'static str,
        marks: BTreeMap<String, String>,
    ) {
        let Some(digests) = &self.digests else { return };
        let mut metadata = marks;
        metadata.insert(labels::HISTORY_REVISION.to_owned(), artifact.revision.clone());
        if let Some(origin) = artifact.metadata.get(labels::ORIGIN_REVISION) {
            metadata.insert(labels::HISTORY_ORIGIN_REVISION.to_owned(), origin.clone());
        }
        if let Some(asked) = facts.full_pass_at {
            metadata.insert(labels::FULL_PASS_AT.to_owned(), asked.clone());
        }
        let digest = digests.rendered.clone();
        let outcome = history::Outcome { digest, status, now: facts.now, took: facts.took, metadata };
        history::upsert(&mut self.draft.status.history, outcome);
    }
}

/// What history tells of a run beside its build.
pub(crate) struct Facts<'a> {
    /// The end of the run, in whole seconds: for people.
    pub(crate) now: jiff::Timestamp,
    /// How long it took.
    pub(crate) took: Duration,
    /// The request for a full pass that it dealt with.
    pub(crate) full_pass_at: Option<&'a String>,
}

#[cfg(test)]
mod tests;
