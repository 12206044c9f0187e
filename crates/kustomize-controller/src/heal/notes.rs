//! What a heal tells of an object for the DriftReport. One GET where the fields are not known and people are told of trouble:
//! a fight that begins, or a refusal. Whether it comes to anything, nobody waits for.

use super::Lane;
use crate::drift::{Live, TrackedObject};
use crate::drift_report::{Finding, Findings};
use ::apply::difference::{differences_of_applied, managed_fields};
use ::apply::execute::Planned;
use ::apply::{Change, Drift, ObjectError, Phase, baseline};
use api::duration::whole_seconds;
use jiff::Timestamp;
use manifest::{Manifest, ObjectId};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a read may take that is only to be told.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

impl Lane<'_> {
    /// It was put back, or there was nothing to put back.
    pub(super) fn tell_healed(&self, planned: &Planned, tracked: &TrackedObject, change: &Change) {
        let id = planned.id();
        let finding =
            Finding::of_planned(planned).filter(|finding| change.is_write() && !finding.is_nothing());
        self.note(tracked, |findings, since, now| {
            match &finding {
                Some(finding) => findings.healed(&id, finding, since, now),
                None => findings.equal(&id),
            }
            findings.left_alone(&id, &planned.left_alone, now);
        });
    }

    /// It stays as it is. Gives the version that was seen; 0 for none.
    pub(super) fn tell_withheld(&self, planned: &Planned, tracked: &TrackedObject) -> u64 {
        let id = planned.id();
        let finding = Finding::of_planned(planned).filter(|finding| !finding.is_nothing());
        self.note(tracked, |findings, since, now| {
            match &finding {
                Some(finding) => findings.drifted(&id, finding, since),
                None => findings.equal(&id),
            }
            findings.left_alone(&id, &planned.left_alone, now);
        });
        let version =
            planned.answer.as_ref().and_then(|answer| answer.object.pointer("/metadata/resourceVersion"));
        baseline::version_number(version.and_then(Value::as_str))
    }

    /// The write was refused.
    pub(super) fn tell_failed(&self, planned: &Planned, tracked: &TrackedObject, error: &ObjectError) {
        let (id, finding) = (planned.id(), Finding::of_planned(planned).unwrap_or_default());
        self.note(tracked, |findings, since, _| findings.failed(&id, &finding, &error.text, since));
    }

    /// The dry-run was refused: what differs is read.
    pub(super) async fn tell_refused(
        &self,
        manifest: &Manifest,
        tracked: &TrackedObject,
        error: &ObjectError,
    ) {
        let id = manifest.id();
        let live = self.live(&id, tracked).await;
        let finding = self.seen(manifest, tracked, live.as_ref().map(Option::as_ref));
        self.note(tracked, |findings, since, _| findings.failed(&id, &finding, &error.text, since));
    }

    /// The brake holds it.
    pub(super) async fn tell_braked(
        &self,
        id: &ObjectId,
        manifest: &Manifest,
        tracked: &TrackedObject,
        delay: Duration,
        is_first: bool,
    ) {
        let mut finding = Finding { deleted: matches!(tracked.live, Live::Absent { .. }), fields: None };
        if is_first {
            let live = self.live(id, tracked).await;
            let seen = live.as_ref().map(Option::as_ref);
            finding = self.seen(manifest, tracked, seen);
            self.warn_of_fight(id, seen);
        }
        self.note(tracked, |findings, _, now| {
            let until = whole_seconds(now.checked_add(delay).unwrap_or(now));
            findings.braked(id, &finding, until, now);
        });
    }

    async fn live(&self, id: &ObjectId, tracked: &TrackedObject) -> Result<Option<Value>, ObjectError> {
        let version = tracked.desired.as_ref().map(|desired| desired.version.as_str()).unwrap_or_default();
        match tokio::time::timeout(TOLD_WITHIN, self.applier.live(id, version)).await {
            Ok(read) => read,
            Err(_) => Err(ObjectError::other(id, Phase::Query, "took too long to read")),
        }
    }

    /// What an object that was read differs in from its manifest.
    fn seen(
        &self,
        manifest: &Manifest,
        tracked: &TrackedObject,
        live: Result<Option<&Value>, &ObjectError>,
    ) -> Finding {
        match live {
            Ok(Some(live)) => {
                let masking = self.applier.masking_of(manifest.value());
                let entries = managed_fields(live);
                let found = differences_of_applied(manifest.value(), live, &entries, &masking);
                Finding::of(&Drift::In(found))
            }
            Ok(None) => Finding::of_deleted(),
            Err(_) => Finding { deleted: matches!(tracked.live, Live::Absent { .. }), fields: None },
        }
    }

    /// `tell` gets since when the object has differed, and the time; both in whole seconds.
    fn note(&self, tracked: &TrackedObject, tell: impl FnOnce(&mut Findings, Timestamp, Timestamp)) {
        let now = Timestamp::now();
        let since = now.checked_sub(tracked.differs_for(Instant::now())).unwrap_or(now);
        let (since, now) = (whole_seconds(since), whole_seconds(now));
        self.ctx.drift.note(self.owner, now, |findings| {
            findings.set_mode(self.mode);
            tell(findings, since, now);
        });
    }
}
