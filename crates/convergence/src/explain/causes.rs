//! Blockers of one Kustomization gathered: its own state, its source, its last run, its objects.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::condition::{FALSE, reason};
use api::convergence::HealthState;
use health::wording;
use jiff::Timestamp;

use super::objects::{self, Judged};
use super::outcome::Outcome;
use super::words;
use crate::blockers::{self, Draft, STALE_AFTER};
use crate::dependencies;
use crate::memory::Memory;
use crate::source_status::SourceView;
use crate::view::View;

/// What is waited for that ought not to take long, and when that turns into a blocker.
pub(super) struct Waits {
    draft: Option<Draft>,
    pub(super) recheck: Option<Duration>,
}

impl Waits {
    /// A change that nobody takes up, or a deletion that does not end.
    pub(super) fn of(
        view: &View<'_>,
        memory: &mut Memory,
        outcome: Option<&Outcome>,
        pending: bool,
        unseen: bool,
        running: bool,
    ) -> Self {
        let object = view.kustomization;
        let own = dependencies::id_of(object).to_string();
        if let Some(deleted) = &object.metadata.deletion_timestamp {
            let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
            let mut draft =
                Draft::new(BlockerCode::FinalizerStuck, own, "the Kustomization is stuck in deletion");
            draft.evidence = finalizers.into_iter().map(|name| format!("finalizer {name}")).collect();
            return Self::since(
                deleted.0,
                view.now,
                draft.hint("the controller that owns the finalizer does not remove it"),
            );
        }
        let failed = outcome.is_some_and(|outcome| !outcome.ready);
        if !pending || running || failed || object.spec.suspend {
            memory.pending_since = None;
            return Self { draft: None, recheck: None };
        }
        // A time that is still to come was told by a clock that has been set back since, or by another node's.
        let since = memory.pending_since.unwrap_or(view.now).min(view.now);
        memory.pending_since = Some(since);
        let what = match &view.source {
            SourceView::Known(source) if !unseen => source.revision.as_deref().map(words::short),
            _ => None,
        };
        let what = what.unwrap_or_else(|| "the Kustomization's latest change".to_owned());
        let draft = Draft::new(
            BlockerCode::StaleStatus,
            own,
            format!("kustomize-controller has not picked up {what}"),
        )
        .hint("check that kustomize-controller is running, and that it watches this namespace and shard");
        Self::since(since, view.now, draft)
    }

    /// `since` may be the API server's time: by how much its clock differs from ours the blocker is told too early or
    /// too late, which five minutes bear, and nothing but what is told depends on it.
    fn since(since: Timestamp, now: Timestamp, draft: Draft) -> Self {
        let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        match STALE_AFTER.checked_sub(age).filter(|left| !left.is_zero()) {
            Some(left) => Self { draft: None, recheck: Some(left) },
            None => Self { draft: Some(draft), recheck: None },
        }
    }
}

/// Adds to an object that was not healthy in time what is known of it now.
fn say_why(draft: &mut Draft, judged: &[Judged]) {
    let object = draft.object.as_deref().unwrap_or_default();
    let Some(judged) = judged.iter().find(|judged| judged.id.to_string() == object) else { return };
    if judged.health == HealthState::Healthy {
        draft.hint = Some("it is healthy now; the next run should confirm it");
    } else if !judged.message.is_empty() {
        draft.message = format!("{}: {}", draft.message, judged.message);
        if let Some(told) = &judged.told {
            draft.evidence.extend(told.evidence.iter().cloned());
            draft.hint = draft.hint.or(told.hint);
        }
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
    let own = dependencies::id_of(object).to_string();
    let mut drafts = source_drafts(view);
    if object.spec.suspend {
        drafts.push(
            Draft::new(
                BlockerCode::Suspended,
                own.clone(),
                "reconciliation of the Kustomization is suspended",
            )
            .hint("spec.suspend: false resumes it"),
        );
    }
    if let Some(outcome) = outcome.filter(|outcome| !outcome.ready) {
        let mut told = blockers::of_result(&own, &outcome.reason, &outcome.message);
        for draft in told.iter_mut().filter(|draft| draft.code == BlockerCode::DependencyNotReady) {
            draft.evidence.extend(view.chain.iter().cloned());
            if let Some(root) = view.chain.last() {
                draft.message = format!("{}; the cause: {root}", draft.message);
            }
        }
        for draft in told.iter_mut().filter(|d| matches!(d.code, BlockerCode::HealthTimeout)) {
            say_why(draft, judged);
        }
        drafts.append(&mut told);
    }
    drafts.extend(waits.draft.clone());
    if object.spec.kube_config.is_some() {
        drafts.push(
            Draft::new(
                BlockerCode::NotObserved,
                own,
                "the objects are in another cluster and cannot be observed from here",
            )
            .hint("run a health-controller in that cluster"),
        );
    }
    drafts.extend(judged.iter().filter_map(|judged| judged.blocker.clone()));
    drafts.extend(objects::unobserved(judged));
    blockers::ordered(drafts)
}

fn source_drafts(view: &View<'_>) -> Vec<Draft> {
    let reference = &view.kustomization.spec.source_ref;
    let own = view.kustomization.metadata.namespace.as_deref().unwrap_or_default();
    let namespace = reference.namespace.as_deref().unwrap_or(own);
    let subject = format!("{}/{namespace}/{}", reference.kind, reference.name);
    let source = match &view.source {
        // What Ready says of a source elsewhere is a blocker already.
        SourceView::Hidden | SourceView::Elsewhere => return Vec::new(),
        SourceView::Absent => {
            return vec![
                Draft::new(BlockerCode::SourceNotReady, subject, "the source does not exist")
                    .hint("create it, or correct spec.sourceRef"),
            ];
        }
        SourceView::Known(source) => source,
    };
    let mut drafts = Vec::new();
    match &source.ready {
        Some((status, reason, message)) if status == FALSE => {
            let code = if reason == reason::VERIFICATION_ERROR {
                BlockerCode::SourceVerificationFailed
            } else {
                BlockerCode::SourceNotReady
            };
            drafts.push(
                Draft::new(code, subject.clone(), wording::quoted(message))
                    .evidence(format!("Ready: {}", wording::word(reason))),
            );
        }
        _ if source.revision.is_none() && !source.suspended => drafts.push(Draft::new(
            BlockerCode::SourceNotReady,
            subject.clone(),
            "the source has no artifact yet",
        )),
        _ => {}
    }
    if source.suspended {
        drafts.push(
            Draft::new(
                BlockerCode::Suspended,
                subject,
                "the source is suspended: it does not check for new revisions",
            )
            .hint("spec.suspend: false resumes it"),
        );
    }
    drafts
}
