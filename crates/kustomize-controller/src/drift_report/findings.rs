//! All that is known of one Kustomization's drift, and the status that tells it. Times are whole seconds.

use super::entries::{Entries, Told};
use super::fights::Fights;
use super::finding::Finding;
use super::ignored::Ignored;
use api::convergence::Target;
use api::drift_report::{DriftCounts, DriftMode, DriftReportStatus, DriftState};
use apply::LeftAlone;
use jiff::Timestamp;
use manifest::ObjectId;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    entries: Entries,
    fights: Fights,
    ignored: Ignored,
    mode: DriftMode,
    /// There is something to tell that was not there before.
    news: bool,
}

/// What is counted over all Kustomizations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Objects that differ and stay so.
    pub(crate) drifted: usize,
    /// Objects that differ because putting them back did not succeed.
    pub(crate) failed: usize,
    /// Fights.
    pub(crate) fights: usize,
    /// Ignored fields that diverge.
    pub(crate) ignored: usize,
}

impl Findings {
    /// What is done about drift.
    pub(crate) fn set_mode(&mut self, mode: DriftMode) {
        // Where nothing is told, nor is this.
        self.news |= mode != self.mode && !self.is_empty();
        self.mode = mode;
    }

    /// An object differs since then, and stays so.
    pub(crate) fn drifted(&mut self, id: &ObjectId, finding: &Finding, since: Timestamp) {
        self.news |= self.entries.drifted(id, finding, DriftState::Drifted, None, since);
    }

    /// An object differs since then, and could not be put back.
    pub(crate) fn failed(&mut self, id: &ObjectId, finding: &Finding, message: &str, since: Timestamp) {
        self.news |= self.entries.drifted(id, finding, DriftState::Failed, Some(message), since);
    }

    /// An object that differed since then was put back.
    pub(crate) fn healed(&mut self, id: &ObjectId, finding: &Finding, since: Timestamp, now: Timestamp) {
        self.news |= self.entries.healed(id, finding, since, now);
        self.news |= self.fights.corrected(id, finding.paths(), now);
    }

    /// The brake holds an object until then.
    pub(crate) fn braked(&mut self, id: &ObjectId, finding: &Finding, until: Timestamp, now: Timestamp) {
        self.news |= self.entries.drifted(id, finding, DriftState::Drifted, None, now);
        self.news |= self.fights.braked(id, finding.paths(), until, now);
    }

    /// An object was written because Git changed it.
    pub(crate) fn overwritten(&mut self, id: &ObjectId, now: Timestamp) {
        self.news |= self.entries.overwritten(id, now);
    }

    /// An object is as it should be, and was found so.
    pub(crate) fn equal(&mut self, id: &ObjectId) {
        self.news |= self.entries.equal(id);
    }

    /// All objects are.
    pub(crate) fn all_equal(&mut self) {
        self.news |= self.entries.all_equal();
    }

    /// A write, or the question whether there has to be one, was refused. That says nothing of an object that is not known
    /// to differ.
    pub(crate) fn refused(&mut self, id: &ObjectId, message: &str) {
        self.news |= self.entries.refused(id, message);
    }

    /// What is left alone of one object; all of it.
    pub(crate) fn left_alone(&mut self, id: &ObjectId, left: &[LeftAlone], now: Timestamp) {
        self.news |= self.ignored.found(id, left, now);
    }

    /// A run has ended: what is not the Kustomization's any more is not told of.
    pub(crate) fn keep(&mut self, is_known: &dyn Fn(&ObjectId) -> bool) {
        self.news |= self.entries.keep(is_known);
        self.news |= self.fights.keep(is_known);
        self.news |= self.ignored.keep(is_known);
    }

    /// Time has passed. What was healed long ago is no news; that a fight is over is.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.entries.expire(now);
        self.news |= self.fights.expire(now);
    }

    /// Whether nothing is known that could be told now or later.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.fights.is_empty() && self.ignored.is_empty()
    }

    /// Whether there has been news since it was asked last.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// When there will be news if nothing happens.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.fights.next_end()
    }

    /// For metrics.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            drifted: self.entries.count(DriftState::Drifted),
            failed: self.entries.count(DriftState::Failed),
            fights: self.fights.count(),
            ignored: self.ignored.count(),
        }
    }

    /// What a report tells at a time; `None` when that is nothing.
    pub(crate) fn status(&self, target: Target, now: Timestamp) -> Option<DriftReportStatus> {
        let Told { objects, omitted, open, healed } = self.entries.told(now);
        let (fights, ignored) = (self.fights.told(now), self.ignored.told());
        if objects.is_empty() && fights.is_empty() && ignored.is_empty() {
            return None;
        }
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = DriftCounts {
            drifted: count(open),
            healed: count(healed),
            fights: count(self.fights.count()),
            ignored: count(self.ignored.count()),
        };
        Some(DriftReportStatus {
            target: Some(target),
            mode: Some(self.mode),
            counts: Some(counts),
            objects,
            omitted: Some(count(omitted)).filter(|omitted| *omitted > 0),
            fights,
            ignored,
        })
    }

    /// Takes in what an earlier process wrote, where nothing is known yet. What differed then may not any more: the first
    /// run finds out, or has if `ran`.
    pub(crate) fn restore(&mut self, written: &DriftReportStatus, ran: bool, now: Timestamp) {
        self.entries.restore(&written.objects, ran);
        self.fights.restore(&written.fights, now);
        self.ignored.restore(&written.ignored);
    }
}

#[cfg(test)]
mod tests;
