//! What a run that went well is told of: times and counters in the history, and the event that ends a run. Pure.
//!
//! Flux tells of every run, and so does this controller of every run that has an occasion of its own. A run between two of
//! those (it takes up what another process left, or it renews the mark after a heal) tells only what is new.

use api::Snapshot;
use api::kustomization::KustomizationStatus;
use api::labels;
use jiff::Timestamp;
use std::time::Duration;

/// Why a run began, as far as its telling cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A change, a request, or its interval.
    #[default]
    Due,
    /// None that anybody has to hear of: it is between two runs that are due.
    Between,
}

/// What of a status is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing but times and counters.
    Times,
    /// The mark that the next process compares with.
    Mark,
    /// What somebody can see.
    Something,
}

/// What runs that change nothing are told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// `--noop-status-updates`.
    pub(crate) status: bool,
    /// `--noop-events`.
    pub(crate) events: bool,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Telling {
    /// Times and counters are.
    pub(crate) times: bool,
    /// An event is sent.
    pub(crate) event: bool,
}

/// Decides what is told.
pub(crate) const fn telling(occasion: Occasion, news: News, settings: Settings) -> Telling {
    match (news, occasion) {
        (News::Something, _) => Telling { times: true, event: true },
        (News::Times | News::Mark, Occasion::Due) => {
            Telling { times: settings.status, event: settings.events }
        }
        (News::Times | News::Mark, Occasion::Between) => Telling { times: false, event: false },
    }
}

/// Finds out what is new.
pub(crate) fn news(stored: &KustomizationStatus, wanted: &KustomizationStatus) -> News {
    let mut timeless = wanted.clone();
    keep_times(stored, &mut timeless);
    if is_equal(stored, &timeless) {
        return News::Times;
    }
    if let Some((before, now)) = same_outcome(stored, &mut timeless) {
        match before.metadata.get(labels::FINGERPRINT) {
            Some(mark) => drop(now.metadata.insert(labels::FINGERPRINT.to_owned(), mark.clone())),
            None => drop(now.metadata.remove(labels::FINGERPRINT)),
        }
    }
    if is_equal(stored, &timeless) { News::Mark } else { News::Something }
}

/// Leaves times and counters as they are stored, where the outcome is the same.
pub(crate) fn keep_times(stored: &KustomizationStatus, wanted: &mut KustomizationStatus) {
    if let Some((before, now)) = same_outcome(stored, wanted) {
        now.last_reconciled = before.last_reconciled.clone();
        now.last_reconciled_duration = before.last_reconciled_duration;
        now.total_reconciliations = before.total_reconciliations;
    }
}

/// How long it is until a run is due; `None` when one is now. Nothing is due without a run before it.
pub(crate) fn due_in(last: &Snapshot, interval: Duration, now: Timestamp) -> Option<Duration> {
    // A time to come is that of another clock: the interval begins now.
    let passed = Duration::try_from(now.duration_since(last.last_reconciled.0)).unwrap_or_default();
    interval.checked_sub(passed).filter(|left| !left.is_zero())
}

fn same_outcome<'s, 'w>(
    stored: &'s KustomizationStatus,
    wanted: &'w mut KustomizationStatus,
) -> Option<(&'s Snapshot, &'w mut Snapshot)> {
    let (before, now) = (stored.history.first()?, wanted.history.first_mut()?);
    let same = before.digest == now.digest && before.last_reconciled_status == now.last_reconciled_status;
    same.then_some((before, now))
}

fn is_equal(stored: &KustomizationStatus, wanted: &KustomizationStatus) -> bool {
    reconcile_core::status::changes(stored, wanted).is_none()
}

#[cfg(test)]
mod tests;
