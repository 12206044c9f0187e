//! Stage by stage: dry-run, record, apply, await (decisions 3.1; contracts/kustomize-controller.md 12).
//!
//! Nothing real is written before the inventory that names it is stored (architecture D4).

use super::input::Plan;
use super::{Run, settle};
use crate::fault::Fault;
use crate::history;
use crate::memory::Prior;
use ::apply::execute::Planned;
use ::apply::inventory::Ids;
use ::apply::stage::{Stage, stages};
use ::apply::{Applier, Ask, Change, ObjectError, Phase};
use api::condition::reason;
use manifest::Manifest;
use reconcile_core::events::Severity;
use std::time::Duration;

/// How long definitions and classes may take to become Current (contract 12.1).
const STAGE_WAIT: Duration = Duration::from_secs(60);

/// What the stages did.
pub(crate) struct Applied {
    /// Every object of the build, in stage order; empty after a shallow run.
    pub(crate) changes: Vec<Change>,
    /// Their ids.
    pub(crate) ids: Ids,
    /// The run needed no request for any object.
    pub(crate) shallow: bool,
}

/// Applies what has to be applied.
pub(crate) async fn apply_stages(run: &mut Run<'_>, plan: Plan) -> Result<Applied, Fault> {
    let (objects, full) = match plan {
        Plan::Shallow => {
            let ids = Ids::of(run.draft.stored().inventory.as_ref());
            return Ok(Applied { changes: Vec::new(), ids, shallow: true });
        }
        Plan::Incremental(objects) => (objects, false),
        Plan::Full(objects) => (objects, true),
    };
    let applier = run.ctx.applier(run.key, &run.object.spec)?;
    let mut ledger = Ledger::new(run, &objects).await;
    for (stage, members) in stages(objects, &run.ctx.options.custom_stage_kinds) {
        let first = ledger.changes.len();
        apply_stage(run, &applier, &mut ledger, members, full).await?;
        if stage.is_awaited() {
            await_stage(run, &ledger, stage, first).await?;
        }
    }
    ledger.tell(run);
    let ids = Ids::of_changes(&ledger.changes);
    Ok(Applied { changes: ledger.changes, ids, shallow: false })
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
    changes: Vec<Change>,
}

impl Ledger {
    async fn new(run: &Run<'_>, objects: &[Manifest]) -> Self {
        let mut intended = Ids::default();
        let defined = crate::render_request::defined_scopes(objects);
        for object in objects {
            let gvk = object.gvk();
            let known = defined.contains_key(&(gvk.group.clone(), gvk.kind.clone()))
                || run.ctx.mapper.resolve(&gvk.group, &gvk.version, &gvk.kind).await.is_ok();
            if known {
                intended.insert(&object.id(), &gvk.version);
            }
        }
        Self {
            stored: Ids::of(run.draft.stored().inventory.as_ref()),
            intended,
            attempted: Ids::default(),
            recorded: false,
            changes: Vec::new(),
        }
    }

    /// Stores stored ∪ intended, and that work has begun, before the first real write and whenever a new id resolves.
    async fn record(&mut self, run: &mut Run<'_>) -> Result<(), Fault> {
        let mut wanted = self.stored.clone();
        wanted.extend(&self.intended);
        if self.recorded && Ids::of(run.draft.stored().inventory.as_ref()).covers(&wanted) {
            return Ok(());
        }
        run.set_progressing();
        run.draft.status.inventory = Some(wanted.to_inventory());
        history::withdraw(&mut run.draft.status.history);
        run.draft.write().await?;
        self.recorded = true;
        Ok(())
    }

    /// A failure: the inventory shrinks to what was stored or sent (decisions 3.1), and the message lists what stages
    /// before had done (contract 12.3).
    fn failed(&self, run: &mut Run<'_>, text: &str, completed: usize) -> Fault {
        let mut kept = self.stored.clone();
        kept.extend(&self.attempted);
        if self.recorded {
            run.draft.status.inventory = Some(kept.to_inventory());
        }
        let lines: Vec<String> = self
            .changes
            .iter()
            .take(completed)
            .filter(|change| change.is_write())
            .map(Change::line)
            .collect();
        Fault::new(reason::RECONCILIATION_FAILED, format!("{text}\n{}", lines.join("\n")))
    }

    /// One event for all stages, and the log line (contract 12.3).
    fn tell(&self, run: &Run<'_>) {
        let lines: Vec<String> =
            self.changes.iter().filter(|change| change.is_write()).map(Change::line).collect();
        if lines.is_empty() {
            return;
        }
        let output: std::collections::BTreeMap<String, String> =
            self.changes.iter().map(|change| (change.id.to_string(), change.action.to_string())).collect();
        let output = serde_json::to_string(&output).unwrap_or_default();
        tracing::info!(revision = %run.artifact.revision, json.output = %output, "server-side apply completed");
        run.ctx.tell(
            &run.object,
            Some(&run.artifact),
            Severity::Info,
            reason::PROGRESSING,
            &lines.join("\n"),
        );
    }
}

async fn apply_stage(
    run: &mut Run<'_>,
    applier: &Applier,
    ledger: &mut Ledger,
    members: Vec<Manifest>,
    full: bool,
) -> Result<(), Fault> {
    let completed = ledger.changes.len();
    let priors = run.memory.priors(&members, full);
    let mut outcomes: Vec<Option<Change>> = Vec::with_capacity(members.len());
    let mut to_ask = Vec::new();
    for (manifest, prior) in members.into_iter().zip(priors) {
        match prior {
            Prior::Settled(action) => {
                let (id, version) = (manifest.id(), manifest.gvk().version);
                outcomes.push(Some(Change { id, version, action, baseline: None, object: None }));
            }
            Prior::Ask(known) => {
                outcomes.push(None);
                to_ask.push(Ask { manifest, known });
            }
        }
    }
    let (planned, errors): (Vec<_>, Vec<_>) =
        applier.dry_run(to_ask, run.object.spec.force).await.into_iter().partition(Result::is_ok);
    let errors: Vec<ObjectError> = errors.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() {
        return Err(ledger.failed(run, &::apply::join(errors), completed));
    }
    let planned: Vec<Planned> = planned.into_iter().filter_map(Result::ok).collect();
    for plan in &planned {
        ledger.intended.insert(&plan.id(), &plan.manifest.gvk().version);
    }
    if planned.iter().any(Planned::is_write) {
        ledger.record(run).await?;
    }
    run.ctx.registry.claim(run.key, run.memory, planned.iter().map(Planned::id));
    run.ctx.kinds.use_by(run.key, planned.iter().map(|plan| plan.manifest.gvk()));

    let (mut errors, mut asked) = (Vec::new(), planned.iter());
    for outcome in outcomes {
        let change = match outcome {
            Some(settled) => Ok(settled),
            None => match asked.next() {
                Some(plan) => apply_one(run, applier, ledger, plan).await,
                None => continue,
            },
        };
        match change {
            Ok(change) => ledger.changes.push(change),
            Err(error) => errors.push(error),
        }
    }
    if run.ctl.is_cancelled() && planned.iter().any(|plan| plan.recreate) {
        // What was recorded stays recorded; the newer input goes on from there.
        return Err(Fault::cancelled());
    }
    if errors.is_empty() { Ok(()) } else { Err(ledger.failed(run, &::apply::join(errors), completed)) }
}

async fn apply_one(
    run: &Run<'_>,
    applier: &Applier,
    ledger: &mut Ledger,
    plan: &Planned,
) -> Result<Change, ObjectError> {
    let id = plan.id();
    let held = run.memory.hold(&id).await;
    if plan.is_write() {
        ledger.attempted.insert(&id, &plan.manifest.gvk().version);
    }
    let applied = if plan.recreate {
        // The old one may be held by finalizers for long: a newer input ends that wait.
        tokio::select! {
            applied = applier.apply(plan) => applied,
            () = run.ctl.cancelled() => Err(ObjectError::other(&id, Phase::Delete, "is still being deleted")),
        }
    } else {
        applier.apply(plan).await
    };
    if let Ok(change) = &applied {
        run.memory.settle(&plan.manifest, plan.given, change);
    }
    drop(held);
    for field in &plan.dropped {
        let message = format!("{id}: field {field} is not declared in the schema and was left out");
        run.ctx.tell(&run.object, Some(&run.artifact), Severity::Error, reason::UNDECLARED_FIELD, &message);
    }
    // The object may have been changed while our own apply was under way.
    run.ctx.registry.recheck(run.key, run.memory, &id);
    applied
}

/// Definitions and classes must be Current before the next stage, also unchanged ones (contract 12.1).
async fn await_stage(run: &mut Run<'_>, ledger: &Ledger, stage: Stage, first: usize) -> Result<(), Fault> {
    let members: Vec<Change> = ledger.changes.iter().skip(first).cloned().collect();
    let targets = settle::targets_of(run, &members);
    let ended = if settle::is_settled(run, &targets) {
        settle::End::Ready
    } else {
        run.permit = None;
        settle::wait(run, targets, STAGE_WAIT, true).await
    };
    match ended {
        settle::End::Ready if run.permit.is_none() => run.work().await?,
        settle::End::Ready => {}
        settle::End::Cancelled => return Err(Fault::cancelled()),
        settle::End::Failed(text) => {
            let completed = ledger.changes.len();
            return Err(ledger.failed(run, &text, completed));
        }
    }
    if stage == Stage::Definitions
        && members.iter().any(|change| change.id.kind == "CustomResourceDefinition" && change.is_write())
    {
        run.ctx.mapper.invalidate();
    }
    Ok(())
}
