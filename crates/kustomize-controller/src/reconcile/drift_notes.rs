//! What a run tells of drift for the DriftReport. Nothing here decides what is done, and nothing waits.

use super::scope::Scope;
use super::withheld::Withheld;
use crate::drift_mode;
use crate::drift_report::{Finding, Findings};
use ::apply::execute::{Audited, Planned as Answered};
use ::apply::{Change, ObjectError};
use api::Artifact;
use api::condition::reason;
use api::duration::whole_seconds;
use jiff::Timestamp;
use manifest::ObjectId;
use reconcile_core::events::Severity;
use std::time::Duration;

/// The annotation that says what is done about drift may say what it cannot say: that is told once.
pub(super) fn mode(scope: &Scope<'_>, artifact: &Artifact) {
    let unknown = drift_mode::read(&scope.object).err().map(|unknown| unknown.to_string());
    if scope.memory.own.tells_mode(unknown.as_deref())
        && let Some(message) = unknown
    {
        let (artifact, reason) = (Some(artifact), reason::INVALID_DRIFT_MODE);
        scope.ctx.reporter.event(&scope.object, artifact, Severity::Error, reason, &message);
    }
}

/// An object was applied, or found to be as it should be. `differed` is for how long it was known not to be.
pub(super) fn applied(scope: &Scope<'_>, answered: &Answered, change: &Change, differed: Duration) {
    let finding = Finding::of_planned(answered).filter(|found| change.is_write() && !found.is_nothing());
    if finding.is_none() && answered.left_alone.is_empty() && !scope.ctx.drift.is_known(scope.key) {
        return;
    }
    note(scope, |findings, now| {
        match &finding {
            Some(finding) => findings.healed(&change.id, finding, before(now, differed), now),
            None if change.is_write() => findings.overwritten(&change.id, now),
            None => findings.equal(&change.id),
        }
        if !matches!(answered.audited, Audited::Before(_)) {
            findings.left_alone(&change.id, &answered.left_alone, now);
        }
    });
}

/// An object was created that was not known to have been there.
pub(super) fn created(scope: &Scope<'_>, change: &Change) {
    if scope.ctx.drift.is_known(scope.key) {
        note(scope, |findings, now| {
            findings.overwritten(&change.id, now);
            findings.left_alone(&change.id, &[], now);
        });
    }
}

/// An object that drifted could not be put back; nothing is said of one that did not drift.
pub(super) fn failed(scope: &Scope<'_>, answered: &Answered, error: &ObjectError, differed: Duration) {
    if let Some(finding) = Finding::of_planned(answered) {
        note(scope, |findings, now| findings.failed(&error.id, &finding, &error.text, before(now, differed)));
    } else {
        refused(scope, error);
    }
}

/// An object was refused before it was known whether it differs.
pub(super) fn refused(scope: &Scope<'_>, error: &ObjectError) {
    if scope.ctx.drift.is_known(scope.key) {
        note(scope, |findings, _| findings.refused(&error.id, &error.text));
    }
}

/// An object that drifted stays as it is.
pub(super) fn withheld(scope: &Scope<'_>, withheld: &Withheld) {
    let (id, finding) = (withheld.manifest.id(), &withheld.finding);
    let differed = scope.memory.objects.differs_for(&id);
    scope.memory.objects.withhold(&withheld.manifest, withheld.given, withheld.seen);
    note(scope, |findings, now| {
        if finding.is_nothing() {
            findings.equal(&id);
        } else {
            findings.drifted(&id, finding, before(now, differed));
        }
        findings.left_alone(&id, &withheld.left_alone, now);
    });
}

/// Objects that nothing had to be asked about are as they should be.
pub(super) fn settled<'i>(scope: &Scope<'_>, ids: impl Iterator<Item = &'i ObjectId>) {
    if scope.ctx.drift.is_known(scope.key) {
        note(scope, |findings, _| ids.for_each(|id| findings.equal(id)));
    }
}

/// So are all.
pub(super) fn all_settled(scope: &Scope<'_>) {
    if scope.ctx.drift.is_known(scope.key) {
        note(scope, |findings, _| findings.all_equal());
    }
}

/// A run has ended well.
pub(super) fn ran(scope: &Scope<'_>) {
    let (objects, mode) = (&scope.memory.objects, scope.drift_mode());
    scope.ctx.drift.ran(&scope.object, whole_seconds(Timestamp::now()), |findings| {
        findings.set_mode(mode);
        findings.keep(&|id| objects.is_desired(id));
    });
}

fn note(scope: &Scope<'_>, tell: impl FnOnce(&mut Findings, Timestamp)) {
    let now = whole_seconds(Timestamp::now());
    scope.ctx.drift.note(&scope.object, now, |findings| {
        findings.set_mode(scope.drift_mode());
        tell(findings, now);
    });
}

fn before(now: Timestamp, differed: Duration) -> Timestamp {
    whole_seconds(now.checked_sub(differed).unwrap_or(now))
}
