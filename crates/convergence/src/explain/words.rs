//! The Converged condition and the summary: one sentence, the most important thing first.

use api::blocker::BlockerCode;
use api::condition::{FALSE, TRUE, UNKNOWN};
use api::convergence::{Blocker, Counts, HealthState, SyncState};
use health::wording;

use super::judged::Judged;

/// Longest summary, so that a table stays readable.
const MAX: usize = 240;

pub(super) struct Facts<'a> {
    pub(super) judged: &'a [Judged],
    pub(super) counts: &'a Counts,
    pub(super) blockers: &'a [Blocker],
    pub(super) sync: SyncState,
    pub(super) health: HealthState,
    pub(super) desired: Option<&'a str>,
    pub(super) applied: Option<&'a str>,
    /// The present generation has not been looked at by kustomize-controller.
    pub(super) unseen: bool,
    pub(super) deleting: bool,
    /// How the last run ended; `None` when none has.
    pub(super) ready: Option<bool>,
    /// Something that was pruned and is about to go.
    pub(super) open: Option<&'a str>,
}

pub(super) struct Verdict {
    pub(super) status: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// Decides and says it.
pub(super) fn converged(facts: &Facts<'_>) -> Verdict {
    let (status, reason, message) = decide(facts);
    Verdict { status, reason, message: wording::cut(&message, MAX) }
}

fn decide(facts: &Facts<'_>) -> (&'static str, &'static str, String) {
    if facts.deleting && facts.blockers.iter().all(|blocker| blocker.code != BlockerCode::FinalizerStuck) {
        return (FALSE, "Deleting", "the Kustomization is being deleted".to_owned());
    }
    let mut blockers = facts.blockers.iter();
    if let Some(first) = blockers.next() {
        // The messages of these name what they are about.
        let named = matches!(first.code, BlockerCode::NotObserved | BlockerCode::DependencyNotReady);
        let subject = first.object.as_deref().filter(|_| !named);
        let mut text = match subject {
            Some(object) => format!("{object}: {}", first.message),
            None => first.message.clone(),
        };
        text = wording::cut(&text, MAX.saturating_sub(20));
        let more = blockers.len();
        if more > 0 {
            text = format!("{text} (and {more} more)");
        }
        let only_unseen = facts.blockers.iter().all(|blocker| blocker.code == BlockerCode::NotObserved);
        if only_unseen && facts.ready == Some(true) && facts.health != HealthState::Progressing {
            return (UNKNOWN, first.code.as_str(), text);
        }
        return (FALSE, first.code.as_str(), text);
    }
    match facts.ready {
        None => return (FALSE, "Progressing", "the Kustomization has not been reconciled yet".to_owned()),
        Some(false) => return (FALSE, "ReconciliationFailed", "the last run failed".to_owned()),
        Some(true) => {}
    }
    match facts.sync {
        SyncState::Missing => return (FALSE, "Missing", first_object(facts)),
        SyncState::Drifted => return (FALSE, "Drifted", first_object(facts)),
        SyncState::RevisionPending => return (FALSE, "RevisionPending", pending(facts)),
        SyncState::Applied | SyncState::NotObserved => {}
    }
    match facts.health {
        HealthState::Progressing | HealthState::Terminating => {
            return (FALSE, "Progressing", first_object(facts));
        }
        HealthState::Unknown => return (UNKNOWN, "Unknown", first_object(facts)),
        HealthState::Degraded => return (FALSE, "Degraded", first_object(facts)),
        HealthState::Missing => return (FALSE, "Missing", first_object(facts)),
        HealthState::Healthy | HealthState::Suspended | HealthState::NotObserved => {}
    }
    if let Some(open) = facts.open {
        return (FALSE, "Progressing", open.to_owned());
    }
    (TRUE, "Converged", well(facts))
}

fn well(facts: &Facts<'_>) -> String {
    let revision =
        facts.applied.map_or_else(String::new, |revision| format!("{} applied, ", short(revision)));
    let counts = facts.counts;
    match (counts.total, counts.not_observed) {
        (0, _) => format!("{revision}no objects"),
        (1, 0) => format!("{revision}its object is healthy"),
        (total, 0) => format!("{revision}all {total} objects are healthy"),
        (total, hidden) if hidden >= total => format!("{revision}objects not observed: {total}"),
        (total, hidden) => {
            format!("{revision}{} of {total} objects are healthy, not observed: {hidden}", counts.healthy)
        }
    }
}

fn pending(facts: &Facts<'_>) -> String {
    match (facts.desired, facts.applied) {
        _ if facts.unseen => "the Kustomization's latest change is not applied yet".to_owned(),
        (Some(desired), Some(applied)) => {
            format!("{} is not applied yet; {} is", short(desired), short(applied))
        }
        (Some(desired), None) => format!("{} is not applied yet", short(desired)),
        (None, _) => "the desired revision is not applied yet".to_owned(),
    }
}

/// The object that needs attention most, and how many more do.
fn first_object(facts: &Facts<'_>) -> String {
    let mut open: Vec<&Judged> = facts.judged.iter().filter(|judged| judged.rank() < 5).collect();
    open.sort_by_key(|judged| (judged.rank(), judged.id.to_inventory()));
    let Some(first) = open.first() else { return "not all objects are healthy".to_owned() };
    let why = if first.message.is_empty() { &first.reason } else { &first.message };
    let text = wording::cut(&format!("{}: {why}", first.id), MAX.saturating_sub(20));
    match open.len() {
        1 => text,
        more => format!("{text} (and {} more)", more.saturating_sub(1)),
    }
}

/// A revision with its digest cut to eight characters: `main@sha1:0a1b2c3d`.
pub(super) fn short(revision: &str) -> String {
    match revision.rsplit_once(':') {
        Some((before, hash)) if hash.len() > 8 && hash.chars().all(|c| c.is_ascii_hexdigit()) => {
            format!("{before}:{}", hash.chars().take(8).collect::<String>())
        }
        _ => wording::cut(&wording::word(revision), 60),
    }
}

#[cfg(test)]
mod tests;
