//! The pure state machine of one Kustomization: (state, event) → effects (decisions 1.1).
//!
//! It decides when a run starts, when a wait is cancelled, when objects are healed and when to look again. It does no
//! I/O, reads no clock, and knows no Kubernetes client; `machine` carries the effects out.

use crate::memory::Memory;
use crate::reconcile::telling::Occasion;
use crate::target::TargetObject;
use api::drift_report::DriftMode;
use cluster::TargetId;
use reconcile_core::{Effect, Lane};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why a task woke.
#[derive(Debug)]
pub(crate) enum Event {
    /// The Kustomization as the watch delivered it.
    Spec(Facts),
    /// The Kustomization is gone from the API server.
    Gone,
    /// Its source has an artifact of this revision.
    Source(String),
    /// A ConfigMap or Secret that its last build read is another one now.
    Reference,
    /// One of its dependencies changed.
    Dependency,
    /// Objects that drifted.
    Dirty(BTreeSet<TargetObject>),
    /// Another Kustomization has taken an object over that was kept for it.
    TakenOver,
    /// A timer.
    Due,
    /// What was healed some time ago left another mark than the one that is stored.
    Renew,
    /// A run ended.
    RunEnded(RunReport),
    /// A heal ended.
    HealEnded(HealReport),
}

/// What of an object decides whether to run. No content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// `metadata.generation`.
    pub(crate) generation: i64,
    /// `reconcile.fluxcd.io/requestedAt` and `flyball.dev/fullPassAt`.
    pub(crate) requested: (Option<String>, Option<String>),
    /// A deletion is asked for.
    pub(crate) deleting: bool,
    /// `spec.suspend`.
    pub(crate) suspended: bool,
    /// Our finalizer is there.
    pub(crate) finalized: bool,
    /// `requested` was something else in between: it may be the same again, and is a request all the same.
    pub(crate) asked_between: bool,
    /// What is done about drift.
    pub(crate) drift_mode: DriftMode,
}

impl Facts {
    /// Takes in what came later, of the same object.
    fn follow(&mut self, later: Self) {
        let asked = self.asked_between || self.requested != later.requested;
        *self = Self { asked_between: asked || later.asked_between, ..later };
    }
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// After this long.
    After(Duration),
    /// Not before something changes.
    OnChange,
    /// At once.
    Now,
    /// Never: the object is done with.
    Never,
}

/// How a run ended, as far as `step` cares.
#[derive(Clone, Debug)]
pub(crate) struct RunReport {
    /// When to look again.
    pub(crate) next: Next,
    /// The revision that was looked at, if one was.
    pub(crate) revision: Option<String>,
    /// It waits for a dependency.
    pub(crate) awaits_dependency: bool,
    /// It waits for its source to have an artifact.
    pub(crate) awaits_source: bool,
    /// The run ended in a passing fault: back off.
    pub(crate) transient: bool,
    /// The run found its objects to be in another target than the memory that it was given.
    pub(crate) moved: Option<TargetId>,
}

impl RunReport {
    /// A plain report.
    pub(crate) const fn next(next: Next) -> Self {
        Self {
            next,
            revision: None,
            awaits_dependency: false,
            awaits_source: false,
            transient: false,
            moved: None,
        }
    }
}

/// How a heal ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct HealReport {
    /// An object could not be healed: a run will say why in Ready.
    pub(crate) failed: bool,
    /// An object was written: what is live is not what the stored mark was made of.
    pub(crate) wrote: bool,
    /// Objects held back by the brake, and for how long.
    pub(crate) braked: Option<(BTreeSet<TargetObject>, Duration)>,
}

/// Work to carry out.
#[derive(Debug)]
pub(crate) enum Job {
    /// A run, from whatever is in the stores now.
    Run {
        /// What is remembered between runs.
        memory: Arc<Memory>,
        /// The passing faults in a row before this run.
        failures: u32,
        /// What the run is for, as far as its telling cares.
        occasion: Occasion,
    },
    /// Heal these objects.
    Heal {
        /// What is remembered between runs.
        memory: Arc<Memory>,
        /// Which.
        objects: BTreeSet<TargetObject>,
    },
}

/// One Kustomization's task.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) memory: Arc<Memory>,
    facts: Option<Facts>,
    /// The revision that the running or last run looked at.
    revision: Option<String>,
    running: bool,
    /// Something came in during a run that the run may not have seen.
    again: bool,
    awaits_dependency: bool,
    awaits_source: bool,
    healing: bool,
    dirty: BTreeSet<TargetObject>,
    /// Objects that are held back by the brake, and until when.
    held: BTreeMap<TargetObject, Instant>,
    failures: u32,
}

type Effects = Vec<Effect<Job, Event>>;

/// How long after the last heal the mark is renewed.
const RENEWAL: Duration = Duration::from_secs(5);

/// Renews the mark after a while.
const fn renewal() -> Effect<Job, Event> {
    Effect::Wake { slot: "renew", after: RENEWAL, event: Event::Renew }
}

impl State {
    fn start(&mut self) -> Effects {
        self.start_for(Occasion::Due)
    }

    fn start_for(&mut self, occasion: Occasion) -> Effects {
        if self.running {
            self.again = true;
            return Vec::new();
        }
        self.running = true;
        self.again = false;
        // The run reads the source's revision at a moment of its own. Until it says which one it looked at, every
        // revision that comes is news: a source that goes from A to B and back to A must not end at B.
        self.revision = None;
        let job = Job::Run { memory: Arc::clone(&self.memory), failures: self.failures, occasion };
        // Every run stores a new mark, or none.
        vec![Effect::Unwake("due"), Effect::Unwake("renew"), Effect::Start { lane: Lane::Run, job }]
    }

    /// A newer input: what waits is cancelled, what writes goes on (decisions 1.4).
    fn interrupt(&mut self) -> Effects {
        if self.running {
            self.again = true;
            return vec![Effect::Cancel(Lane::Run)];
        }
        self.start()
    }

    /// Begins with an empty memory where the objects are in another target from now on: those of the one that is left
    /// are not ours to heal any more.
    fn move_to(&mut self, target: TargetId) {
        self.memory.objects.close();
        self.memory = Arc::new(self.memory.moved_to(target));
        self.dirty.clear();
        self.held.clear();
    }

    /// After heals, the mark by which the next process knows that everything is in order is that of a state which is gone.
    /// Only a run stores one: it alone knows that nothing is half done.
    fn renew(&mut self) -> Effects {
        let may = self.facts.as_ref().is_some_and(|facts| !facts.deleting && !facts.suspended);
        match (may, self.running) {
            (false, _) => Vec::new(),
            // The run may have made its mark before the heal.
            (true, true) => vec![renewal()],
            (true, false) => self.start_for(Occasion::Between),
        }
    }

    /// One timer stands for all that is held back: it begins anew with each that comes, and leaves out none.
    fn hold_back(
        &mut self,
        objects: BTreeSet<TargetObject>,
        until: Instant,
        now: Instant,
    ) -> Effect<Job, Event> {
        self.held.extend(objects.into_iter().map(|object| (object, until)));
        let first = self.held.values().min().copied().unwrap_or(until);
        let event = Event::Dirty(self.held.keys().cloned().collect());
        Effect::Wake { slot: "brake", after: first.saturating_duration_since(now), event }
    }

    fn heal(&mut self) -> Effects {
        let may = self.facts.as_ref().is_some_and(|facts| !facts.deleting && !facts.suspended);
        if self.healing || self.dirty.is_empty() || !may {
            return Vec::new();
        }
        self.healing = true;
        let objects = std::mem::take(&mut self.dirty);
        vec![Effect::Start { lane: Lane::Heal, job: Job::Heal { memory: Arc::clone(&self.memory), objects } }]
    }
}

/// Decides what follows from an event.
pub(crate) fn step(state: &mut State, event: Event, now: Instant) -> Effects {
    match event {
        Event::Spec(facts) => on_facts(state, facts),
        Event::Gone => {
            state.memory.objects.close();
            vec![Effect::Cancel(Lane::Run), Effect::Cancel(Lane::Heal), Effect::Stop]
        }
        Event::Source(revision) => {
            let old_news = state.revision.as_ref() == Some(&revision) && !state.awaits_source;
            let waits = state.facts.as_ref().is_none_or(|facts| facts.suspended || facts.deleting);
            if old_news || waits { Vec::new() } else { state.interrupt() }
        }
        Event::Reference => {
            let waits = state.facts.as_ref().is_none_or(|facts| facts.suspended || facts.deleting);
            if waits { Vec::new() } else { state.interrupt() }
        }
        Event::Dependency => {
            if state.awaits_dependency {
                state.start()
            } else {
                Vec::new()
            }
        }
        Event::Dirty(objects) => {
            // What drifted in a target that was left meanwhile is not ours any more.
            state.held.retain(|object, _| !objects.contains(object));
            let target = state.memory.objects.target();
            state.dirty.extend(objects.into_iter().filter(|object| object.target == *target));
            state.heal()
        }
        Event::Due | Event::TakenOver => state.start(),
        Event::Renew => state.renew(),
        Event::RunEnded(report) => on_run_ended(state, report),
        Event::HealEnded(report) => {
            state.healing = false;
            let mut effects = state.heal();
            if let Some((objects, after)) = report.braked {
                effects.push(state.hold_back(objects, now + after, now));
            }
            if report.failed {
                effects.extend(state.start());
            }
            if report.wrote {
                effects.push(renewal());
            }
            effects
        }
    }
}

fn on_facts(state: &mut State, facts: Facts) -> Effects {
    let before = state.facts.replace(facts.clone());
    let Some(before) = before else {
        return state.start();
    };
    if facts.deleting && !before.deleting {
        // The lane is closed before the inventory is deleted, or our own prune would be healed (decisions 1.2).
        state.memory.objects.close();
        state.dirty.clear();
        let mut effects = state.interrupt();
        effects.push(Effect::Cancel(Lane::Heal));
        return effects;
    }
    // Generations only grow, but a request may be what it was.
    let requested = facts.asked_between || facts.requested != before.requested;
    let newer = facts.generation != before.generation || requested;
    let lost_finalizer = before.finalized && !facts.finalized && !facts.deleting;
    if newer || lost_finalizer {
        return state.interrupt();
    }
    if facts.deleting && facts.finalized != before.finalized {
        return state.start();
    }
    if facts.drift_mode != before.drift_mode && !facts.deleting {
        return on_mode(state, facts.drift_mode);
    }
    Vec::new()
}

/// What was left as it drifted is healed as soon as it may be; a run finds what no watch has shown.
fn on_mode(state: &mut State, mode: DriftMode) -> Effects {
    let mut effects = Effects::new();
    if mode == DriftMode::Heal {
        let objects = &state.memory.objects;
        let dirty = objects.dirty().into_iter().map(|id| TargetObject::new(objects.target(), id));
        state.dirty.extend(dirty);
        effects.extend(state.heal());
    }
    effects.extend(state.start());
    effects
}

fn on_run_ended(state: &mut State, report: RunReport) -> Effects {
    let mut effects = Effects::new();
    if let Some(target) = report.moved.clone() {
        state.move_to(target);
        effects.push(Effect::Cancel(Lane::Heal));
    }
    effects.extend(after_run(state, report));
    effects
}

fn after_run(state: &mut State, report: RunReport) -> Effects {
    state.running = false;
    state.awaits_dependency = report.awaits_dependency;
    state.awaits_source = report.awaits_source;
    state.failures = if report.transient { state.failures.saturating_add(1) } else { 0 };
    if report.revision.is_some() {
        state.revision = report.revision;
    }
    if report.next == Next::Never {
        state.memory.objects.close();
        return vec![Effect::Cancel(Lane::Heal), Effect::Stop];
    }
    if state.again || report.next == Next::Now {
        return state.start();
    }
    match report.next {
        Next::After(after) => vec![Effect::Wake { slot: "due", after, event: Event::Due }],
        Next::OnChange | Next::Now | Next::Never => Vec::new(),
    }
}

/// Folds a new event into one that is still queued; `None` when that took it in.
#[expect(
    clippy::needless_pass_by_ref_mut,
    reason = "the fields behind it are changed through match bindings"
)]
pub(crate) fn coalesce(queued: &mut Event, new: Event) -> Option<Event> {
    match (queued, new) {
        (Event::Spec(old), Event::Spec(new)) => {
            old.follow(new);
            None
        }
        (Event::Source(old), Event::Source(new)) => {
            *old = new;
            None
        }
        (Event::Reference, Event::Reference)
        | (Event::Dependency, Event::Dependency)
        | (Event::Due, Event::Due)
        | (Event::TakenOver, Event::TakenOver) => None,
        (Event::Dirty(old), Event::Dirty(new)) => {
            old.extend(new);
            None
        }
        (_, new) => Some(new),
    }
}

/// Nothing is merged past a deletion: the successor would be taken in before it, and lost by it.
pub(crate) const fn is_barrier(queued: &Event) -> bool {
    matches!(queued, Event::Gone)
}

#[cfg(test)]
mod tests;
