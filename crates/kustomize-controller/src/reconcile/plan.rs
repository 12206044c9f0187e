//! What has to be done, before anything is: every stage is dry-run as far as it can be, and what is stale is named
//! (decisions 3.1, 4.1; contracts/kustomize-controller.md 12, 15). Writes nothing.
//!
//! An object whose kind or namespace is made by an earlier stage of the same set cannot be asked about yet; nor can one
//! that a later stage's dry-run refuses, because what an earlier stage brings may be what it lacks. Those are asked about
//! when their stage comes. What the first stage's dry-run refuses is refused. With `--create-without-dry-run` objects that
//! nothing is known of are not asked about at all (docs/design/0019).

use super::build::{Built, Depth};
use super::change_plan::{ChangeKind, ChangePlan, PlannedChange};
use super::drift_notes;
use super::recorder::Recorder;
use super::scope::Scope;
use super::withheld::Withheld;
use super::worker::{PIECE, Worker};
use crate::fault::{Fault, FaultKind};
use crate::ignore_rules::ignore_rules;
use crate::memory::{Asking, Input, LaneObjects, Prior};
use crate::render_request;
use ::apply::creation::is_creatable;
use ::apply::delete::deletion_order;
use ::apply::execute::{Planned as Answered, Refused};
use ::apply::inventory::Ids;
use ::apply::judge::Verdict;
use ::apply::stage::{Stage, stages};
use ::apply::{Applier, Ask, Change, Drift, Known, ObjectError};
use cluster::Class;
use manifest::foreign::Values;
use manifest::{Manifest, ObjectId};
use std::collections::BTreeSet;

/// After so many refusals in one stage the rest of it is not asked about.
pub(super) const REFUSALS: usize = 1_000;

/// A run's work, ready to be carried out.
pub(crate) struct Planned {
    pub(crate) depth: Depth,
    /// What the build was made of.
    pub(crate) input: Input,
    /// In order; empty in a shallow run.
    pub(crate) stages: Vec<PlannedStage>,
    /// Of the Secrets of the whole set: no message about any of its objects carries them.
    pub(crate) values: Values,
    /// Every id that is known before its write.
    pub(crate) intended: Ids,
    /// Stale objects, in the order of their deletion; empty without `spec.prune`.
    pub(crate) stale: Vec<(ObjectId, String)>,
    /// The same as one value for whoever judges it.
    pub(crate) changes: ChangePlan,
}

/// A stage's objects in apply order.
pub(crate) struct PlannedStage {
    pub(crate) stage: Stage,
    pub(crate) items: Vec<Item>,
}

/// One object.
pub(crate) enum Item {
    /// Known to be right without asking.
    Settled(Box<Change>),
    /// The API server has answered.
    Answered(Box<Answered>),
    /// To be asked about when its stage comes.
    Later(Box<Ask>),
    /// The same; its kind, or its namespace, is not there.
    Homeless(Box<Ask>),
    /// To be created without a question, if it is not there.
    New(Box<Ask>),
    /// It drifted, and stays as it is.
    Withheld(Box<Withheld>),
}

impl Planned {
    /// Has these stay as they are.
    pub(crate) fn withhold(&mut self, ids: &BTreeSet<ObjectId>) {
        for stage in &mut self.stages {
            let items = std::mem::take(&mut stage.items);
            stage.items = items.into_iter().map(|item| item.withheld(ids)).collect();
        }
    }
}

/// Plans.
pub(crate) async fn plan(
    scope: &Scope<'_>,
    recorder: &Recorder<'_>,
    worker: &mut Worker<'_>,
    built: Built,
) -> Result<Planned, Fault> {
    // The run keeps the memory until the objects are applied.
    let Built { depth, objects, input, memory: _, repeats } = built;
    let (mut planned, changes, values) = (Vec::new(), ChangePlan::default(), scope.memory.objects.values());
    if depth == Depth::Shallow {
        let (intended, stale) = (Ids::default(), Vec::new());
        return Ok(Planned { depth, input, stages: planned, values, intended, stale, changes });
    }
    ignore_rules(&scope.object.spec)
        .check()
        .map_err(|bad| Fault::new(FaultKind::Apply, format!("{bad}\n")))?;
    objects.iter().for_each(|object| values.gather(object.value()));
    let applier = scope.applier()?.with_values(&values);
    let intended = intended(scope, &objects).await;
    let stale = stale(scope, recorder, &objects);
    let mut changes = ChangePlan { deletions: stale.iter().map(|(id, _)| id.clone()).collect(), ..changes };
    let mut pending = Pending::of(&objects);
    let recorded = creates(scope, recorder).then(|| recorder.inventory());
    for (stage, members) in stages(objects, &scope.ctx.options.custom_stage_kinds) {
        let first = planned.is_empty();
        let asking = Asking { full: depth == Depth::Full, repeats };
        let beside = Beside { first, pending: &pending, recorded: recorded.as_ref() };
        let items = ask(scope, worker, &applier, members, asking, &beside).await?;
        pending.take(&items);
        changes.changes.extend(items.iter().map(|item| item.planned_change(&scope.memory.objects)));
        planned.push(PlannedStage { stage, items });
    }
    Ok(Planned { depth, input, stages: planned, values, intended, stale, changes })
}

/// Whether what does not exist is created without a dry-run. What could not be applied the last time is asked about first:
/// as long as it is refused, nothing is written for it.
fn creates(scope: &Scope<'_>, recorder: &Recorder<'_>) -> bool {
    scope.ctx.options.create_without_dry_run && !recorder.failed_before()
}

/// What is known beside the objects of a stage.
struct Beside<'a> {
    /// It is the first stage.
    first: bool,
    pending: &'a Pending,
    /// What is in the inventory, where the rest may be created without a question.
    recorded: Option<&'a Ids>,
}

impl Beside<'_> {
    /// Whether an object is created without a question.
    fn is_new(&self, ask: &Ask) -> bool {
        let unrecorded = self.recorded.is_some_and(|recorded| !recorded.contains(&ask.manifest.id()));
        unrecorded && is_creatable(&ask.manifest, &ask.known)
    }
}

/// What a set itself brings, and is not there yet.
struct Pending {
    /// Kinds that cannot be resolved.
    kinds: BTreeSet<(String, String)>,
    namespaces: BTreeSet<String>,
}

impl Pending {
    fn of(objects: &[Manifest]) -> Self {
        let kinds = render_request::defined_scopes(objects).into_keys().collect();
        Self { kinds, namespaces: BTreeSet::new() }
    }

    /// After a stage: namespaces that it creates.
    fn take(&mut self, items: &[Item]) {
        for item in items {
            if let Item::Answered(answered) = item
                && answered.verdict == Verdict::Create
                && answered.manifest.kind() == "Namespace"
            {
                self.namespaces.insert(answered.manifest.name().to_owned());
            }
        }
    }

    /// Whether what an object needs is there yet.
    async fn home(&self, scope: &Scope<'_>, object: &Manifest) -> Home {
        if object.namespace().is_some_and(|namespace| self.namespaces.contains(namespace)) {
            return Home::Missing;
        }
        let gvk = object.gvk();
        if !self.kinds.contains(&(gvk.group.clone(), gvk.kind.clone())) {
            return Home::There;
        }
        match scope.target.mapper().resolve(&gvk.group, &gvk.version, &gvk.kind).await {
            Ok(_) => Home::There,
            Err(error) if error.classify() == Class::NotFound => Home::Missing,
            Err(_) => Home::Unknown,
        }
    }
}

/// The namespace and the kind of an object, as far as the same set brings them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    There,
    Missing,
    /// The server does not say.
    Unknown,
}

/// Asks about one stage, side by side.
async fn ask(
    scope: &Scope<'_>,
    worker: &mut Worker<'_>,
    applier: &Applier,
    members: Vec<Manifest>,
    asking: Asking,
    beside: &Beside<'_>,
) -> Result<Vec<Item>, Fault> {
    let priors = scope.memory.objects.priors(&members, asking);
    let mut items: Vec<Option<Item>> = Vec::with_capacity(members.len());
    let mut asks = Vec::new();
    for (manifest, prior) in members.into_iter().zip(priors) {
        let known = match prior {
            Prior::Settled(action) => {
                let (id, version) = (manifest.id(), manifest.gvk().version);
                let change = Change { id, version, action, baseline: None, object: None };
                items.push(Some(Item::Settled(Box::new(change))));
                continue;
            }
            Prior::Ask(known) => known,
        };
        let ask = Ask { manifest, known };
        if beside.is_new(&ask) {
            items.push(Some(Item::New(Box::new(ask))));
            continue;
        }
        let home = beside.pending.home(scope, &ask.manifest).await;
        items.push(match home {
            Home::There => {
                asks.push(ask);
                None
            }
            Home::Missing => Some(Item::Homeless(Box::new(ask))),
            Home::Unknown => Some(Item::Later(Box::new(ask))),
        });
    }
    let settled = items.iter().flatten().filter_map(|item| match item {
        Item::Settled(change) => Some(&change.id),
        _ => None,
    });
    drift_notes::settled(scope, settled);
    let applied: Vec<bool> = asks.iter().map(|ask| ask.known.applied).collect();
    let Asked { answers, unasked } = dry_run(scope, worker, applier, asks).await?;
    let left = unasked.len();
    let mut errors = Vec::new();
    let answers = answers.into_iter().zip(applied).map(|(answer, applied)| match answer {
        Ok(answered) => Item::Answered(Box::new(answered)),
        Err(refused) => {
            let Refused { manifest, error } = *refused;
            errors.push(error);
            // What is asked again has been refused before: whatever the answer then looks like, it is applied.
            let known = Known { changed: true, applied, ..Known::default() };
            Item::Later(Box::new(Ask { manifest, known }))
        }
    });
    let mut answers = answers.chain(unasked.into_iter().map(|ask| Item::Later(Box::new(ask))));
    let items: Vec<Item> = items.into_iter().filter_map(|item| item.or_else(|| answers.next())).collect();
    drop(answers);
    if scope.target.is_away() {
        // It is one trouble, whatever it is met with.
        errors.truncate(1);
    }
    refusal(beside.first, errors, left).map_or(Ok(items), Err)
}

/// What a stage's dry-runs gave.
pub(super) struct Asked {
    /// In the given order.
    pub(super) answers: Vec<Result<Answered, Box<Refused>>>,
    /// The last ones, which were not asked about because too many before them had been refused.
    pub(super) unasked: Vec<Ask>,
}

/// Dry-runs side by side, a piece at a time. The stage ends with one refusal as it does with many: after [`REFUSALS`] no
/// more is asked, so that a set that is refused as a whole does not hold a worker for minutes.
pub(super) async fn dry_run(
    scope: &Scope<'_>,
    worker: &mut Worker<'_>,
    applier: &Applier,
    asks: Vec<Ask>,
) -> Result<Asked, Fault> {
    applier.gather(&asks);
    let mut answers = Vec::with_capacity(asks.len());
    let mut asks = asks.into_iter();
    let mut refused = 0;
    while refused < REFUSALS {
        let piece: Vec<Ask> = asks.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        worker.take_turns().await?;
        let piece = applier.dry_run(piece, scope.object.spec.force).await;
        for refusal in piece.iter().filter_map(|answer| answer.as_ref().err()) {
            drift_notes::refused(scope, &refusal.error);
            refused += 1;
        }
        answers.extend(piece);
    }
    Ok(Asked { answers, unasked: asks.collect() })
}

/// The text of a stage's refusals. That some objects were not asked about stands first: the end of a long message is cut.
pub(super) fn refusals(errors: Vec<ObjectError>, unasked: usize) -> String {
    let refused = errors.len();
    let text = ::apply::join(errors);
    if unasked == 0 {
        return text;
    }
    format!("{refused} objects were refused, and {unasked} more were not asked about:\n{text}")
}

/// What the first stage's dry-run refuses ends the run before anything is written; what a later one's refuses may lack
/// only what an earlier stage brings.
fn refusal(first: bool, errors: Vec<ObjectError>, unasked: usize) -> Option<Fault> {
    let refused = first && !errors.is_empty();
    refused.then(|| Fault::new(FaultKind::Apply, format!("{}\n", refusals(errors, unasked))))
}

/// Ids whose scope and version are known before their write: from discovery, or from a definition in the same set
/// (decisions 3.2).
async fn intended(scope: &Scope<'_>, objects: &[Manifest]) -> Ids {
    let mut intended = Ids::default();
    let defined = render_request::defined_scopes(objects);
    for object in objects {
        let gvk = object.gvk();
        let known = defined.contains_key(&(gvk.group.clone(), gvk.kind.clone()))
            || scope.target.mapper().resolve(&gvk.group, &gvk.version, &gvk.kind).await.is_ok();
        if known {
            intended.insert(&object.id(), &gvk.version);
        }
    }
    intended
}

/// Recorded and not declared any more.
fn stale(scope: &Scope<'_>, recorder: &Recorder<'_>, objects: &[Manifest]) -> Vec<(ObjectId, String)> {
    if !scope.object.spec.prune {
        return Vec::new();
    }
    let mut declared = Ids::default();
    for object in objects {
        declared.insert(&object.id(), &object.gvk().version);
    }
    deletion_order(recorder.inventory().minus(&declared))
}

impl Item {
    fn planned_change(&self, objects: &LaneObjects) -> PlannedChange {
        match self {
            Self::Settled(change) => {
                let skipped = change.action == ::apply::Action::Skipped;
                let kind = if skipped { ChangeKind::Skip } else { ChangeKind::Unchanged };
                PlannedChange { id: change.id.clone(), kind, drift: None }
            }
            Self::Answered(answered) => {
                // Parsed only where it is needed: most objects do not change.
                let writes = answered.is_write();
                let before = writes.then(|| objects.manifest(&answered.id())).flatten();
                PlannedChange::of(answered, before.as_ref())
            }
            Self::New(ask) => PlannedChange { id: ask.manifest.id(), kind: ChangeKind::Create, drift: None },
            Self::Later(ask) => unknown(ask, None),
            Self::Homeless(ask) => unknown(ask, ask.known.applied.then(Drift::default)),
            Self::Withheld(withheld) => {
                PlannedChange { id: withheld.manifest.id(), kind: ChangeKind::Skip, drift: None }
            }
        }
    }

    fn id(&self) -> ObjectId {
        match self {
            Self::Settled(change) => change.id.clone(),
            Self::Answered(answered) => answered.id(),
            Self::Later(ask) | Self::Homeless(ask) | Self::New(ask) => ask.manifest.id(),
            Self::Withheld(withheld) => withheld.manifest.id(),
        }
    }

    /// As it is, if it is one of these.
    fn withheld(self, ids: &BTreeSet<ObjectId>) -> Self {
        if !ids.contains(&self.id()) {
            return self;
        }
        match self {
            Self::Answered(answered) => Self::Withheld(Box::new(Withheld::of_answered(*answered))),
            Self::Homeless(ask) => Self::Withheld(Box::new(Withheld::of_homeless(*ask))),
            other => other,
        }
    }
}

fn unknown(ask: &Ask, drift: Option<Drift>) -> PlannedChange {
    PlannedChange { id: ask.manifest.id(), kind: ChangeKind::Unknown, drift }
}

#[cfg(test)]
mod tests;
