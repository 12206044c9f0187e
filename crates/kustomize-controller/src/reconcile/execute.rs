//! Carries a plan out: stage by stage record, apply, await, then prune (decisions 3.1;
//! contracts/kustomize-controller.md 12, 15).
//!
//! Nothing real is written before the inventory that names it is stored (architecture D4). The API server is asked again
//! only about what the plan could not ask about.

use super::build::Depth;
use super::change_plan::{ChangePlan, PlannedChange};
use super::drift_notes;
use super::plan::{self, Asked, Item, Planned, PlannedStage};
use super::policy::{self, Permit};
use super::prune;
use super::recorder::Recorder;
use super::scope::{Resolved, Scope};
use super::sharing;
use super::wait::{self, End};
use super::withheld::Withheld;
use super::worker::Worker;
use crate::fault::{Fault, FaultKind};
use crate::ignore_rules;
use crate::memory::Input;
use ::apply::execute::Planned as Answered;
use ::apply::inventory::Ids;
use ::apply::stage::Stage;
use ::apply::{Applier, Ask, Change};
use api::condition::reason;
use jiff::Timestamp;
use manifest::{Gvk, ObjectId};
use reconcile_core::events::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

mod create;
mod kinds;
mod side_by_side;

/// How long definitions and classes may take to become Current (contract 12.1).
const STAGE_WAIT: Duration = Duration::from_secs(60);
/// A full pass every so many intervals, spread out (architecture D3).
const FULL_PASS_INTERVALS: u32 = 10;
/// In per cent of the due time, so that full passes do not coincide.
const FULL_PASS_JITTER: u8 = 20;

/// What was done.
pub(crate) struct Applied {
    /// Every object of the build, in stage order; empty after a shallow run.
    pub(crate) changes: Vec<Change>,
    /// The run needed no request for any object.
    pub(crate) shallow: bool,
}

/// What every step below needs.
struct Site<'a, 'b> {
    scope: &'a Scope<'b>,
    resolved: &'a Resolved,
    applier: Applier,
    /// Attempts to create an object that came to nothing.
    missed: AtomicUsize,
}

/// Executes.
pub(crate) async fn execute(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    worker: &mut Worker<'_>,
    resolved: &Resolved,
    planned: Planned,
) -> Result<Applied, Fault> {
    let Planned { depth, input, stages, values, intended, stale, changes: _ } = planned;
    if depth == Depth::Shallow {
        drift_notes::all_settled(scope);
        complete(scope, input, depth);
        return Ok(Applied { changes: Vec::new(), shallow: true });
    }
    let applier = scope.applier()?.with_values(&values);
    let site = Site { scope, resolved, applier, missed: AtomicUsize::new(0) };
    let mut ledger = Ledger::new(recorder.inventory(), intended);
    for PlannedStage { stage, items } in stages {
        let first = ledger.changes.len();
        let items = site.ask_again(recorder, worker, &ledger, items).await?;
        site.apply(recorder, worker, &mut ledger, items).await?;
        if stage.is_awaited() {
            site.await_stage(recorder, worker, &ledger, stage, first).await?;
        }
    }
    ledger.tell(&site);
    sharing::tell(scope, &ledger.changes);
    let ids = Ids::of_changes(&ledger.changes);
    prune::prune(scope, recorder, worker, resolved, &site.applier, (&ids, stale)).await?;
    complete(scope, input, depth);
    Ok(Applied { changes: ledger.changes, shallow: false })
}

/// Everything is applied and pruned: the input is complete, and a full pass is behind us.
fn complete(scope: &Scope<'_>, input: Input, depth: Depth) {
    scope.memory.builds.set_input(Some(input));
    scope.memory.builds.set_account(scope.ctx.options.account(&scope.object.spec).map(ToOwned::to_owned));
    scope.memory.builds.set_ignored(ignore_rules::digest(&scope.object.spec));
    if depth == Depth::Full || scope.memory.builds.full_pass_due().is_none() {
        let interval: Duration = scope.object.spec.interval.into();
        let due = interval.saturating_mul(FULL_PASS_INTERVALS);
        scope.memory.builds.set_full_pass_due(Instant::now() + reconcile_core::jitter(due, FULL_PASS_JITTER));
    }
}

/// What has been recorded and done so far.
struct Ledger {
    /// Stored when the run began.
    stored: Ids,
    /// Every id that is known before its write.
    intended: Ids,
    /// Ids of objects whose real apply was sent.
    attempted: Ids,
    recorded: bool,
    /// Objects that drifted and stay as they are: nobody waits for them.
    withheld: BTreeSet<ObjectId>,
    changes: Vec<Change>,
}

impl Ledger {
    fn new(stored: Ids, intended: Ids) -> Self {
        let (attempted, withheld) = (Ids::default(), BTreeSet::new());
        Self { stored, intended, attempted, recorded: false, withheld, changes: Vec::new() }
    }

    /// What has to be stored before the next write; `None` when it is.
    fn due(&self, stored_now: &Ids) -> Option<Ids> {
        let mut wanted = self.stored.clone();
        wanted.extend(&self.intended);
        (!self.recorded || !stored_now.covers(&wanted)).then_some(wanted)
    }

    /// What remains recorded after a failure: what was stored or sent (decisions 3.1). `None` when nothing was recorded.
    fn kept(&self) -> Option<Ids> {
        let mut kept = self.stored.clone();
        kept.extend(&self.attempted);
        self.recorded.then_some(kept)
    }

    /// A failure's message lists what earlier stages did (contract 12.3).
    fn failure(&self, text: &str, completed: usize) -> Fault {
        let done = self.changes.iter().take(completed).filter(|change| change.is_write());
        let lines: String = done.map(|change| change.line() + "\n").collect();
        Fault::new(FaultKind::Apply, format!("{text}\n{lines}"))
    }

    /// One event for all stages, and the log line (contract 12.3).
    fn tell(&self, site: &Site<'_, '_>) {
        let lines: Vec<String> =
            self.changes.iter().filter(|change| change.is_write()).map(Change::line).collect();
        if lines.is_empty() {
            return;
        }
        let output: BTreeMap<String, String> =
            self.changes.iter().map(|change| (change.id.to_string(), change.action.to_string())).collect();
        let output = serde_json::to_string(&output).unwrap_or_default();
        let artifact = &site.resolved.artifact;
        tracing::info!(revision = %artifact.revision, json.output = %output, "server-side apply completed");
        let scope = site.scope;
        let text = lines.join("\n");
        scope.ctx.reporter.event(&scope.object, Some(artifact), Severity::Info, reason::PROGRESSING, &text);
    }
}

/// An object that needs no question any more.
enum Ready {
    Settled(Box<Change>),
    Answered(Box<Answered>),
    Withheld(Box<Withheld>),
    New(Box<New>),
}

/// An object to be created without a question.
struct New {
    /// As the API server will know it.
    id: ObjectId,
    ask: Ask,
}

impl Ready {
    /// What the inventory has to name before anything is sent: id and version of every object that may be written.
    fn intended(&self) -> Option<(ObjectId, Gvk)> {
        match self {
            Self::Answered(answered) => Some((answered.id(), answered.manifest.gvk())),
            Self::New(new) => Some((new.id.clone(), new.ask.manifest.gvk())),
            Self::Settled(_) | Self::Withheld(_) => None,
        }
    }

    fn is_write(&self) -> bool {
        match self {
            Self::Answered(answered) => answered.is_write(),
            Self::New(_) => true,
            Self::Settled(_) | Self::Withheld(_) => false,
        }
    }

    /// Whether it may be deleted first, which may take long.
    fn may_recreate(&self) -> bool {
        match self {
            Self::Answered(answered) => answered.recreate,
            // It may be there after all.
            Self::New(_) => true,
            Self::Settled(_) | Self::Withheld(_) => false,
        }
    }

    /// What is done with an object that a later stage has asked about.
    fn of_answered(scope: &Scope<'_>, answered: Answered) -> Self {
        permitted(scope, answered).map_or_else(Self::Withheld, |answered| Self::Answered(Box::new(answered)))
    }
}

/// An object that was asked about after the plan, if what is to be done with it may be done.
fn permitted(scope: &Scope<'_>, answered: Answered) -> Result<Answered, Box<Withheld>> {
    let plan = ChangePlan::of_one(PlannedChange::of(&answered, None));
    match policy::permit(&plan, scope.drift_mode(), Timestamp::now()) {
        Permit::Granted => Ok(answered),
        Permit::Withheld(_) => Err(Box::new(Withheld::of_answered(answered))),
    }
}

impl Site<'_, '_> {
    /// Ends in a failure of a stage.
    fn fail(&self, recorder: &mut Recorder<'_>, ledger: &Ledger, text: &str, completed: usize) -> Fault {
        if let Some(kept) = ledger.kept() {
            recorder.set_inventory(&kept);
        }
        ledger.failure(text, completed)
    }

    /// What the plan could not ask about, now that the stages before are there.
    async fn ask_again(
        &self,
        recorder: &mut Recorder<'_>,
        worker: &mut Worker<'_>,
        ledger: &Ledger,
        items: Vec<Item>,
    ) -> Result<Vec<Ready>, Fault> {
        let mut ready: Vec<Option<Ready>> = Vec::with_capacity(items.len());
        let mut asks: Vec<Ask> = Vec::new();
        for item in items {
            ready.push(match item {
                Item::Settled(change) => Some(Ready::Settled(change)),
                Item::Answered(answered) => Some(Ready::Answered(answered)),
                Item::Withheld(withheld) => Some(Ready::Withheld(withheld)),
                Item::New(ask) => match self.placed(*ask).await {
                    Ok(new) => Some(Ready::New(Box::new(new))),
                    Err(ask) => {
                        asks.push(*ask);
                        None
                    }
                },
                Item::Later(ask) | Item::Homeless(ask) => {
                    asks.push(*ask);
                    None
                }
            });
        }
        let Asked { answers, unasked } = plan::dry_run(self.scope, worker, &self.applier, asks).await?;
        let mut errors = Vec::new();
        let mut answers = answers.into_iter().filter_map(|answer| match answer {
            Ok(answered) => Some(Ready::of_answered(self.scope, answered)),
            Err(refused) => {
                errors.push(refused.error);
                None
            }
        });
        let ready: Vec<Ready> =
            ready.into_iter().filter_map(|item| item.or_else(|| answers.next())).collect();
        drop(answers);
        if errors.is_empty() {
            return Ok(ready);
        }
        let text = plan::refusals(errors, unasked.len());
        Err(self.fail(recorder, ledger, &text, ledger.changes.len()))
    }

    /// Records, then applies. A failed apply does not end its stage (docs/design/0002, 1).
    async fn apply(
        &self,
        recorder: &mut Recorder<'_>,
        worker: &mut Worker<'_>,
        ledger: &mut Ledger,
        items: Vec<Ready>,
    ) -> Result<(), Fault> {
        let scope = self.scope;
        let completed = ledger.changes.len();
        let mut intended = Vec::with_capacity(items.len());
        for (id, gvk) in items.iter().filter_map(Ready::intended) {
            ledger.intended.insert(&id, &gvk.version);
            intended.push((id, gvk));
        }
        if items.iter().any(Ready::is_write)
            && let Some(wanted) = ledger.due(&Ids::of(recorder.stored().inventory.as_ref()))
        {
            recorder.write_ahead(&wanted).await?;
            ledger.recorded = true;
        }
        let (ids, kinds): (Vec<ObjectId>, Vec<Gvk>) = intended.into_iter().unzip();
        scope.ctx.claims.claim(scope.key, &scope.memory.objects, ids.into_iter());
        scope.target.kind_watches.use_by(scope.key, kinds.into_iter());
        let recreates = items.iter().any(Ready::may_recreate);
        let (errors, unasked) = self.apply_by_rank(worker, ledger, items).await?;
        if scope.control.is_cancelled() && recreates {
            // What was recorded stays recorded; the newer input goes on from there.
            return Err(Fault::cancelled());
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(self.fail(recorder, ledger, &plan::refusals(errors, unasked), completed))
    }

    /// Definitions and classes must be Current before the next stage, also unchanged ones (contract 12.1).
    async fn await_stage(
        &self,
        recorder: &mut Recorder<'_>,
        worker: &mut Worker<'_>,
        ledger: &Ledger,
        stage: Stage,
        first: usize,
    ) -> Result<(), Fault> {
        let members = ledger.changes.iter().skip(first);
        let members: Vec<Change> =
            members.filter(|change| !ledger.withheld.contains(&change.id)).cloned().collect();
        let targets = wait::targets_of(&members);
        if !wait::is_settled(self.scope, &targets) {
            worker.rest();
            match wait::wait(self.scope, targets, STAGE_WAIT, true).await {
                End::Ready => worker.work().await?,
                End::Cancelled => return Err(Fault::cancelled()),
                End::Failed(text) => return Err(self.fail(recorder, ledger, &text, ledger.changes.len())),
            }
        }
        if stage == Stage::Definitions {
            self.await_kinds(worker, &members).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
