//! The lane beside runs: an object that drifted is dry-run and put back at once (decisions 1.2, 1.3).
//!
//! It writes the object and one event; no status, no history. What cannot be healed is left to a run, so that Ready
//! says so. What was found goes into the DriftReport (`notes`), which nothing here waits for. In mode `Report` an object is
//! looked at and stays as it is.

mod looks;
mod notes;

use crate::context::{Context, Ctl};
use crate::drift::{self, Live, TrackedObject};
use crate::drift_mode;
use crate::heal_backoff::HealDecision;
use crate::memory::LaneObjects;
use crate::names;
use crate::reconcile::change_plan::{ChangePlan, PlannedChange};
use crate::reconcile::policy::{self, Permit};
use crate::reconcile::traces;
use crate::step::HealReport;
use crate::target::TargetObject;
use ::apply::{Applier, Ask, Change, ObjectError, Phase};
use api::condition::reason;
use api::drift_report::DriftMode;
use api::kustomization::Kustomization;
use jiff::Timestamp;
use kube::Api;
use manifest::foreign::line;
use manifest::{Manifest, ObjectId};
use reconcile_core::events::Severity;
use reconcile_core::{ObjectKey, trace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Characters of the line that is logged: of many objects the event names more.
const LONGEST_LINE: usize = 8 * 1024;

/// What became of one object.
enum Healed {
    /// Put back.
    Changed(Box<Change>),
    /// Nothing to do any more.
    Fine,
    /// Not yet: the brake holds it, or it was looked at just now.
    Later(Duration),
    /// Left to the timer or to a run, or by its mode.
    LeftAlone,
}

/// What every object of one lane needs.
struct Lane<'a> {
    ctx: &'a Context,
    key: &'a ObjectKey,
    owner: &'a Kustomization,
    mode: DriftMode,
    memory: &'a Arc<LaneObjects>,
    applier: Applier,
}

/// Heals objects one after the other.
pub(crate) async fn heal(
    ctx: &Context,
    key: &ObjectKey,
    memory: &Arc<LaneObjects>,
    objects: BTreeSet<TargetObject>,
    ctl: &Ctl,
) -> HealReport {
    let mut report = HealReport::default();
    trace::keep(false);
    let Some(owner) = ctx.kustomizations.get(key) else { return report };
    // A stalled object is left alone altogether (decisions 5.2); lifting the field starts a run that asks again.
    let unsupported = api::unsupported::kustomization(&owner.spec).is_some();
    // What cannot be decoded may lack the account that it is to be healed as; so may one that cannot exist.
    let unsupported = unsupported || ctx.unreadable.contains(key) || names::problem(&owner.spec).is_some();
    if owner.spec.suspend || unsupported || owner.metadata.deletion_timestamp.is_some() {
        return report;
    }
    let Some(target) = ctx.clusters.home(key, &ctx.options, &owner.spec) else { return report };
    if memory.target() != target.id() {
        // The Kustomization's objects are in another target since the heal was decided.
        return report;
    }
    let Ok(applier) = target.applier(key, &owner.spec, &ctx.options) else {
        return HealReport { failed: true, ..HealReport::default() };
    };
    let mode = drift_mode::of(&owner);
    let applier = applier
        .with_values(&memory.values())
        .masking(memory.maskings())
        .settling_doubts(mode == DriftMode::Report);
    let lane = Lane { ctx, key, owner: &owner, mode, memory, applier };
    let mut braked: Option<(BTreeSet<TargetObject>, Duration)> = None;
    let mut lines = Vec::new();
    for object in objects {
        if ctl.is_cancelled() || memory.is_closed() {
            break;
        }
        match lane.heal(&object).await {
            Ok(Healed::Changed(change)) if change.is_write() => lines.push(change.line()),
            Ok(Healed::Changed(_) | Healed::Fine | Healed::LeftAlone) => {}
            Ok(Healed::Later(delay)) => {
                let (ids, least) = braked.get_or_insert_with(|| (BTreeSet::new(), delay));
                ids.insert(object);
                *least = (*least).min(delay);
            }
            Err(error) => {
                tracing::error!(error = %error, "drift not corrected");
                ctx.measures.heal_failed();
                report.failed = true;
            }
        }
    }
    traces::healed(ctx, &owner, lines.len(), report.failed);
    report.wrote = !lines.is_empty();
    if report.wrote {
        let message = lines.join("\n");
        tracing::info!("drift corrected: {}", line(&lines.join(", "), LONGEST_LINE));
        let artifact = ctx.applied_artifact(&owner);
        ctx.reporter.event(&owner, artifact.as_ref(), Severity::Info, reason::PROGRESSING, &message);
    }
    report.braked = braked;
    report
}

impl Lane<'_> {
    async fn heal(&self, object: &TargetObject) -> Result<Healed, ObjectError> {
        let (id, memory) = (&object.id, self.memory);
        let held = memory.hold(id).await;
        // The run may have put it right, or struck it, while we waited.
        let Some((manifest, tracked)) = memory.healable(id) else { return Ok(Healed::Fine) };
        let still_dirty = {
            let mut tracked = tracked.clone();
            tracked.in_flight = false;
            tracked.is_dirty()
        };
        if !still_dirty {
            return Ok(Healed::Fine);
        }
        let fail = |error| ObjectError::from_api(id, Phase::DryRun, &error);
        if belongs_to_another(self.ctx, &tracked.live, object).await.map_err(fail)? {
            return Ok(Healed::LeftAlone);
        }
        if let Some(held_back) = self.held_back(id, &manifest, &tracked).await {
            return Ok(held_back);
        }
        // No force here: a deletion belongs behind a recorded inventory, in a run.
        let ask = Ask { manifest: manifest.clone(), known: tracked.known_applied() };
        let planned = match self.applier.dry_run_one(ask, false).await {
            Ok(planned) => planned,
            Err(refused) => {
                self.tell_refused(&manifest, &tracked, &refused.error).await;
                return Err(refused.error);
            }
        };
        let plan = ChangePlan::of_one(PlannedChange::of(&planned, None));
        if let Permit::Withheld(_) = policy::permit(&plan, self.mode, Timestamp::now()) {
            let seen = self.tell_withheld(&planned, &tracked);
            memory.looked(id, seen);
            drop(held);
            return Ok(looks::again(memory.live_version(id), seen).map_or(Healed::LeftAlone, Healed::Later));
        }
        let change = match self.applier.apply(&planned).await {
            Ok(change) => change,
            Err(error) => {
                memory.doubt(&error);
                self.tell_failed(&planned, &tracked, &error);
                return Err(error);
            }
        };
        memory.settle_heal(&planned.manifest, &change);
        self.tell_healed(&planned, &tracked, &change);
        if change.is_write() {
            self.ctx.measures.healed(&id.kind, tracked.drift.as_deref(), Instant::now());
        }
        drop(held);
        if matches!(tracked.live, Live::Present { foreign_owner: Some(_), .. }) {
            self.ctx.claims.note_taking();
        }
        self.ctx.claims.recheck(self.key, memory, id);
        Ok(Healed::Changed(Box::new(change)))
    }

    /// Whether it is not done now: by the brake on heals, or because it was looked at just now and is only reported.
    async fn held_back(&self, id: &ObjectId, manifest: &Manifest, tracked: &TrackedObject) -> Option<Healed> {
        let now = Instant::now();
        if self.mode == DriftMode::Report {
            return match looks::due(tracked, now) {
                looks::Due::Now => None,
                looks::Due::After(delay) => Some(Healed::Later(delay)),
                looks::Due::Known => Some(Healed::LeftAlone),
            };
        }
        match self.memory.brake(id, now, self.owner.spec.interval.into()) {
            HealDecision::Now => None,
            HealDecision::After { delay, first } => {
                self.tell_braked(id, manifest, tracked, delay, first).await;
                Some(Healed::Later(delay))
            }
        }
    }

    /// One warning that names the field manager which keeps changing the object.
    fn warn_of_fight(&self, id: &ObjectId, live: Result<Option<&Value>, &ObjectError>) {
        let what = match live {
            Ok(Some(live)) => last_foreign_manager(live, self.applier.manager())
                .map_or_else(|| "changed".to_owned(), |manager| format!("changed by {manager}")),
            Ok(None) => "deleted".to_owned(),
            Err(_) => "changed".to_owned(),
        };
        let message = format!(
            "{id} keeps being {what}: drift was corrected {} times within a minute, further corrections are delayed",
            crate::heal_backoff::BUDGET
        );
        tracing::error!(error = %message, "drift fight");
        self.ctx.measures.fought();
        self.ctx.reporter.event_at_applied(self.owner, Severity::Error, reason::DRIFT_FIGHT, &message);
    }
}

/// Another Kustomization's labels stand on the live object, and it declares or lists the object: leave it to the timer
/// (decisions 1.3).
///
/// The metadata watch may show the new labels before the watch of Kustomizations shows the other's inventory, so
/// neither the store nor its absence there decides. A Kustomization of this process declares before it writes; one of
/// another process records in its inventory before it writes, and is read from the API server.
async fn belongs_to_another(
    ctx: &Context,
    live: &Live,
    object: &TargetObject,
) -> Result<bool, cluster::Error> {
    let Live::Present { foreign_owner: Some(owner), .. } = live else { return Ok(false) };
    let text = object.id.to_inventory();
    let lists = |other: &Kustomization| {
        let inventory = other.status.as_ref().and_then(|status| status.inventory.as_ref());
        inventory.is_some_and(|inventory| inventory.entries.iter().any(|entry| entry.id == text))
    };
    let known = ctx.kustomizations.get(owner);
    // One that is on its way out, or whose newest build does not give the object, lets go of it.
    if known.as_ref().is_some_and(|other| other.metadata.deletion_timestamp.is_some()) {
        return Ok(false);
    }
    if let Some(declares) = ctx.declared.is_declared_by(owner, object) {
        return Ok(declares);
    }
    if known.is_some_and(|other| lists(&other)) {
        return Ok(true);
    }
    let api: Api<Kustomization> = Api::namespaced(ctx.client.clone(), &owner.namespace);
    let other = api.get_opt(&owner.name).await.map_err(cluster::Error::from)?;
    Ok(other.is_some_and(|other| lists(&other)))
}

/// The field manager that wrote last, other than ours, as a message may name it.
fn last_foreign_manager(live: &Value, ours: &str) -> Option<String> {
    let meta = ::apply::baseline::meta_of(live);
    drift::last_writer(&meta, ours).map(|manager| line(manager, 128).into_owned())
}

#[cfg(test)]
mod tests;
