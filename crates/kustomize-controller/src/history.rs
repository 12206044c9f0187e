//! `status.history`: at most five outcomes, newest first (contracts/kustomize-controller.md 3). Pure, but for the times
//! it is given: the one named exception to "no clocks in status" (decisions 2.3).

use api::{Snapshot, labels};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeMap;
use std::time::Duration;

const KEPT: usize = 5;

/// One run's outcome.
pub(crate) struct Outcome {
    /// `sha256:<hex>` of the build.
    pub(crate) digest: String,
    /// The reason of Ready.
    pub(crate) status: &'static str,
    /// The end of the run.
    pub(crate) now: Timestamp,
    /// How long the run took.
    pub(crate) took: Duration,
    /// Revision and more.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Bumps the item of the same digest and status and moves it to the front, or puts a new one there.
pub(crate) fn upsert(history: &mut Vec<Snapshot>, outcome: Outcome) {
    let found = history
        .iter()
        .position(|item| item.digest == outcome.digest && item.last_reconciled_status == outcome.status);
    let (first, total) = match found.map(|index| history.remove(index)) {
        Some(item) => (item.first_reconciled, item.total_reconciliations.saturating_add(1)),
        None => (Time(outcome.now), 1),
    };
    history.insert(
        0,
        Snapshot {
            digest: outcome.digest,
            first_reconciled: first,
            last_reconciled: Time(outcome.now),
            last_reconciled_duration: api::Duration::from(outcome.took),
            last_reconciled_status: outcome.status.to_owned(),
            total_reconciliations: total,
            metadata: outcome.metadata,
        },
    );
    history.truncate(KEPT);
}

/// Takes the mark back that lets the next process trust the live objects: from the first write of a run to its success,
/// what is live is not what the mark was made of.
///
/// A stamp of whole seconds would not tell. Two applies of one object within a second leave equal fingerprints, so a
/// process that is killed between them, and a commit that is reverted meanwhile, would find the mark of the first
/// content beside the second.
pub(crate) fn withdraw(history: &mut [Snapshot]) {
    for item in history {
        item.metadata.remove(labels::FINGERPRINT);
    }
}

#[cfg(test)]
mod tests;
