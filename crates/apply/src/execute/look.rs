//! The look at the live object beside its dry-run (decisions 4.6): where fields are ignored, where what drifted is told to
//! people, and where a directive says hands off. In every other case a dry-run's answer is enough.
//!
//! What is seen of the object and what the dry-run says are compared at one resourceVersion only: what others write in
//! between, as a workload's controller does in the moment after it was applied, would look like something to correct.

use super::{Applier, Audited, Drift, Looked, Planned, Refused};
use crate::baseline::version_number;
use crate::cleanup;
use crate::difference::{Masking, all_differences, managed_fields, owned_beside};
use crate::directive;
use crate::error::{ObjectError, Phase};
use crate::ignore;
use crate::judge::{Answer, Known, Verdict};
use crate::left_alone;
use crate::outcome;
use cluster::Error as ApiError;
use serde_json::Value;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How often an object is asked about again because somebody else wrote in between, where what is seen decides.
const MAX_REREADS: usize = 8;
/// How often one is asked about again for nothing but what people are told.
const MAX_REREADS_TO_TELL: usize = 1;
/// How long such a read may take.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// Why the live object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reasons {
    /// Fields are ignored, and whether others differ decides.
    ignores: bool,
    /// What drifted is told.
    tells: bool,
    /// Whether it drifted is not known, and has to be.
    settles: bool,
}

impl Reasons {
    const fn any(self) -> bool {
        self.decides() || self.tells
    }

    /// Whether anything but what is told follows from it.
    const fn decides(self) -> bool {
        self.ignores || self.settles
    }
}

impl Applier {
    /// An object that is not changed whatever it looks like is read instead of dry-run; `Err` gives back one that is to be
    /// dry-run. That it cannot be read is nobody's trouble: a dry-run says the same, with less to tell.
    pub(super) async fn hands_off(
        &self,
        mut planned: Planned,
        known: &Known,
    ) -> Result<Planned, Box<Planned>> {
        let manifest = planned.manifest.value();
        let is_ignored = directive::is_ignored(manifest);
        if !is_ignored && !directive::is_create_only(manifest) && !known.hands_off {
            return Err(Box::new(planned));
        }
        if is_ignored && known.audited != 0 {
            // As it was when it was read last: so is what is left alone.
            planned.audited = Audited::Before(known.audited);
            return Ok(planned);
        }
        let live = planned.endpoint.get(planned.manifest.name()).await.ok().flatten();
        if let Some(live) = &live {
            planned.left_alone = left_alone::by_directive(manifest, live, &self.masking_of(manifest));
            planned.audited = Audited::Now(version_of(live));
        }
        match live {
            // Nothing is asked about it, so nothing is known of it.
            _ if is_ignored => Ok(planned),
            Some(live) if directive::is_create_only(manifest) || directive::is_ignored(&live) => {
                planned.answer = Some(Answer { object: live, handled_from: None });
                Ok(planned)
            }
            _ => {
                planned.left_alone.clear();
                Err(Box::new(planned))
            }
        }
    }

    /// An object of which nothing but ignored fields would change is unchanged; of one that drifted it is told in what.
    ///
    /// An object that is as the answer is as desired, whenever it was read. That it differs says something at the answer's
    /// own resourceVersion only. An object that never stands still is written in the end; that write sets nobody back either
    /// (`write`).
    pub(super) async fn look(
        &self,
        mut planned: Planned,
        known: &Known,
        rereads: usize,
    ) -> Result<Looked, Box<Refused>> {
        let masking = self.masking_of(planned.manifest.value());
        if !planned.is_write() {
            self.audit(&mut planned, &masking).await;
            return Ok(Looked::Done(planned));
        }
        planned.drift = known.applied.then(Drift::default);
        let Some(mut answer) = planned.answer.take() else { return Ok(Looked::Done(planned)) };
        planned.left_alone = left_alone::by_merge(
            planned.manifest.value(),
            &answer.object,
            &self.manager,
            &self.overrides,
            &masking,
        );
        planned = self.with_ignored(planned, &answer.object)?;
        let reasons = self.reasons(&planned, known);
        if reasons.any() {
            match self.read(&planned, reasons).await {
                Ok(Some(live))
                    if reasons.ignores && ignore::is_same(&live, &answer.object, &planned.ignored) =>
                {
                    self.compare(&mut planned, &answer.object, &live, &masking, false);
                    return Ok(Looked::Done(unchanged(planned, live)));
                }
                Ok(Some(live)) if !is_of_one_version(&live, &answer.object) => {
                    let most = if reasons.decides() { MAX_REREADS } else { MAX_REREADS_TO_TELL };
                    if rereads < most {
                        return Ok(Looked::Outdated(planned));
                    }
                }
                Ok(Some(live)) => {
                    self.compare(&mut planned, &answer.object, &live, &masking, true);
                    if reasons.settles && planned.drift == Some(Drift::In(Vec::new())) {
                        return Ok(Looked::Done(unchanged(planned, live)));
                    }
                }
                // One that went meanwhile is made again.
                Ok(None) => {}
                Err(error) if reasons.ignores => {
                    let error = self.failed(&planned, Phase::DryRun, &error);
                    return Err(Box::new(Refused { manifest: planned.manifest, error }));
                }
                // Nobody waits for what people are told.
                Err(_) => {}
            }
        }
        // A set's answers wait until all of them are there. Of what will be written, the answer to the write says who
        // manages what.
        answer.object = outcome::without_managers(answer.object);
        planned.answer = Some(answer);
        Ok(Looked::Done(planned))
    }

    /// The paths of fields that are ignored.
    fn with_ignored(&self, mut planned: Planned, answer: &Value) -> Result<Planned, Box<Refused>> {
        if self.ignored.is_empty() || planned.verdict == Verdict::Create {
            return Ok(planned);
        }
        match self.ignored.paths_of(answer) {
            Ok(paths) => {
                planned.ignored = paths;
                Ok(planned)
            }
            Err(error) => {
                let error = ObjectError::plain(&planned.id(), Phase::DryRun, error.to_string());
                Err(Box::new(Refused { manifest: planned.manifest, error }))
            }
        }
    }

    fn reasons(&self, planned: &Planned, known: &Known) -> Reasons {
        let ignores = !planned.ignored.is_empty() && planned.verdict != Verdict::CleanUp;
        let settles = known.applied && self.settles_doubts && planned.verdict == Verdict::Doubt;
        let is_certain = matches!(planned.verdict, Verdict::Change | Verdict::CleanUp);
        let tells = known.applied && is_certain && !ignores && self.takes_a_turn();
        Reasons { ignores, tells, settles }
    }

    /// Reads the live object. Nothing waits for long for what people are told: a server that is slow once is not asked for
    /// it again.
    async fn read(&self, planned: &Planned, reasons: Reasons) -> Result<Option<Value>, ApiError> {
        let reading = planned.endpoint.get(planned.manifest.name());
        if reasons.decides() {
            return reading.await;
        }
        tokio::time::timeout(TOLD_WITHIN, reading).await.unwrap_or_else(|_| {
            self.to_tell.store(0, Relaxed);
            Ok(None)
        })
    }

    /// Whether the fields of one more object may be told.
    fn takes_a_turn(&self) -> bool {
        self.to_tell.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Both are of one version, or differ in nothing but what is ignored.
    fn compare(
        &self,
        planned: &mut Planned,
        answer: &Value,
        live: &Value,
        masking: &Masking,
        is_written: bool,
    ) {
        let mut found = all_differences(answer, live, &managed_fields(live), masking);
        if planned.verdict == Verdict::CleanUp {
            // What goes with the entries that are taken over is in the answer yet.
            let entries = cleanup::taken_over(live, &self.manager, &self.overrides);
            let more = owned_beside(planned.manifest.value(), live, &entries, masking);
            found.extend(
                more.into_iter()
                    .filter(|field| !found.iter().any(|told| told.path == field.path))
                    .collect::<Vec<_>>(),
            );
        }
        let (left, rest) = left_alone::by_rules(found, &self.ignored, answer, &planned.ignored, is_written);
        planned.left_alone.extend(left);
        if planned.drift.is_some() {
            planned.drift = Some(Drift::In(rest));
        }
    }

    /// What is left alone of an object that is not written.
    async fn audit(&self, planned: &mut Planned, masking: &Masking) {
        let Some(answer) = &planned.answer else { return };
        let manifest = planned.manifest.value();
        if planned.verdict != Verdict::Skip {
            planned.left_alone =
                left_alone::by_merge(manifest, &answer.object, &self.manager, &self.overrides, masking);
            return;
        }
        // A directive on the live object that no watch has shown yet. What it has cannot be told from the answer.
        if let Ok(Some(live)) = planned.endpoint.get(planned.manifest.name()).await {
            planned.left_alone = left_alone::by_directive(manifest, &live, masking);
        }
    }
}

fn unchanged(mut planned: Planned, live: Value) -> Planned {
    planned.verdict = Verdict::Unchanged;
    planned.drift = None;
    planned.answer = Some(Answer { object: live, handled_from: None });
    planned
}

fn version_of(live: &Value) -> u64 {
    version_number(live.pointer("/metadata/resourceVersion").and_then(Value::as_str))
}

/// Whether a dry-run was answered about the object as it was read.
fn is_of_one_version(live: &Value, answer: &Value) -> bool {
    let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    version(live) == version(answer)
}
