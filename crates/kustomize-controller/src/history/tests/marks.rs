//! The mark in the history never hides drift: stories of commits, runs, heals, changes by others, renewals and kills, in any
//! order. After each step a process that would start now must not find everything in order unless it is.
//!
//! What is live is played; the memory, the task and the history are the controller's own. Stamps are of whole seconds, and
//! time goes on only now and then, so that different contents leave equal fingerprints (docs/design/0004).

use crate::drift::Live;
use crate::history::{Outcome, upsert, withdraw};
use crate::memory::{LaneObjects, Memory};
use crate::samples::{config_map, id, local};
use crate::step::{Event, Facts, HealReport, Job, Next, RunReport, State, step};
use api::{Snapshot, labels};
use apply::{Action, Baseline, Change, Fingerprint};
use manifest::Manifest;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reconcile_core::{Effect, Lane};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

const NAMES: [&str; 3] = ["a", "b", "c"];
const SUCCEEDED: &str = api::condition::reason::RECONCILIATION_SUCCEEDED;

/// What Git has in a revision of every object.
fn declared(name: &str, revision: u8) -> Manifest {
    let mut object = config_map(name).value().clone();
    object["data"] = json!({"key": revision});
    Manifest::new(object).unwrap()
}

fn index(name: &str) -> usize {
    NAMES.iter().position(|other| *other == name).unwrap()
}

/// An object at the API server. `content` is a revision, or what somebody else made of it.
#[derive(Clone, Copy, Debug)]
struct Thing {
    content: u8,
    version: u64,
    /// The second of our entry; none when somebody else owns what was ours.
    stamp: Option<u8>,
}

impl Thing {
    fn baseline(self) -> Baseline {
        let fingerprint = self.stamp.map(|second| Fingerprint([second; 16]));
        Baseline { uid: "u".into(), resource_version: self.version, fingerprint, content: None }
    }

    fn live(self) -> Live {
        Live::Present { baseline: self.baseline(), ignored: false, foreign_owner: None, departing: false }
    }
}

/// What is left to do of a run.
enum Stage {
    WriteAhead,
    Apply(&'static str, Action, Baseline),
    Mark,
    /// The success is written with the mark that was made before.
    Succeed(Option<String>),
}

struct Run {
    revision: u8,
    stages: VecDeque<Stage>,
}

struct World {
    second: u8,
    version: u64,
    things: [Thing; 3],
    git: u8,
    history: Vec<Snapshot>,
    /// Versions that the watch has not shown yet, by object.
    unshown: VecDeque<&'static str>,
    state: State,
    /// The revision that was applied whole by this process.
    applied: Option<u8>,
    run: Option<Run>,
    heal: Option<VecDeque<&'static str>>,
    /// Whether a timer is set.
    renews: bool,
    /// A heal stores its mark by itself: what this test has to refute.
    heals_mark: bool,
    resumptions: u32,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Commit(u8),
    Other(u8),
    Show,
    Tick,
    Due,
    GoOn,
    Heal,
    Renew,
    Kill,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        1 => (1_u8..4).prop_map(Act::Commit),
        2 => (0_u8..3).prop_map(Act::Other),
        4 => Just(Act::Show),
        1 => Just(Act::Tick),
        1 => Just(Act::Due),
        8 => Just(Act::GoOn),
        3 => Just(Act::Heal),
        2 => Just(Act::Renew),
        1 => Just(Act::Kill),
    ];
    prop::collection::vec(act, 1..120)
}

impl World {
    fn new(heals_mark: bool) -> Self {
        let thing = Thing { content: 0, version: 1, stamp: None };
        let mut world = Self {
            second: 1,
            version: 1,
            things: [thing; 3],
            git: 1,
            history: Vec::new(),
            unshown: VecDeque::new(),
            state: State::default(),
            applied: None,
            run: None,
            heal: None,
            renews: false,
            heals_mark,
            resumptions: 0,
        };
        world.begin();
        world
    }

    fn objects(&self) -> Arc<LaneObjects> {
        Arc::clone(&self.state.memory.objects)
    }

    fn desired(&self, revision: u8) -> Vec<Manifest> {
        NAMES.iter().map(|name| declared(name, revision)).collect()
    }

    /// A process begins: all watches have shown what there is.
    fn begin(&mut self) {
        self.unshown.clear();
        (self.state, self.run, self.heal) = (State::default(), None, None);
        (self.applied, self.renews) = (None, false);
        self.objects().track(NAMES.iter().map(|name| (id(name), Some(self.things[index(name)].live()))));
        self.tell(Event::Spec(Facts { generation: 1, finalized: true, ..Facts::default() }));
    }

    fn tell(&mut self, event: Event) {
        for effect in step(&mut self.state, event, Instant::now()) {
            match effect {
                Effect::Start { lane: Lane::Run, job: Job::Run { memory, .. } } => self.start(&memory),
                Effect::Start { lane: Lane::Heal, job: Job::Heal { objects, .. } } => {
                    let names = objects.iter().map(|object| NAMES[index(&object.id.name)]);
                    self.heal = Some(names.collect());
                }
                Effect::Wake { slot: "renew", .. } => self.renews = true,
                Effect::Unwake("renew") => self.renews = false,
                _ => {}
            }
        }
    }

    /// What the next process would do: nothing, if the stored mark is that of what is live.
    fn resumes(&self) -> bool {
        let Some(last) = self.history.first() else { return false };
        let fresh = Arc::new(LaneObjects::default());
        fresh.track(NAMES.iter().map(|name| (id(name), Some(self.things[index(name)].live()))));
        last.last_reconciled_status == SUCCEEDED
            && last.metadata.get(labels::INPUT) == Some(&self.git.to_string())
            && fresh
                .live_hash(&self.desired(self.git))
                .is_some_and(|hash| Some(&hash) == last.metadata.get(labels::FINGERPRINT))
    }

    fn is_in_order(&self) -> bool {
        self.things.iter().all(|thing| thing.content == self.git)
    }

    /// Plans: what is right now is not written.
    fn start(&mut self, memory: &Memory) {
        let revision = self.git;
        let mut stages = VecDeque::new();
        if self.applied == Some(revision) && memory.objects.is_settled() {
            stages.push_back(Stage::Mark);
        } else if self.applied.is_none() && self.resumes() {
            memory.objects.adopt_live(&self.desired(revision));
            self.resumptions += 1;
            stages.push_back(Stage::Mark);
        } else {
            let planned = NAMES.map(|name| {
                let thing = self.things[index(name)];
                let right = thing.content == revision && thing.stamp.is_some();
                let action = if right { Action::Unchanged } else { Action::Configured };
                Stage::Apply(name, action, thing.baseline())
            });
            let writes = planned.iter().any(|stage| matches!(stage, Stage::Apply(_, Action::Configured, _)));
            if writes {
                stages.push_back(Stage::WriteAhead);
            }
            stages.extend(planned);
            stages.push_back(Stage::Mark);
        }
        self.applied = None;
        self.run = Some(Run { revision, stages });
    }

    fn write(&mut self, name: &'static str, content: u8) -> Baseline {
        self.version += 1;
        let thing = Thing { content, version: self.version, stamp: Some(self.second) };
        self.things[index(name)] = thing;
        self.unshown.push_back(name);
        thing.baseline()
    }

    fn go_on(&mut self) {
        let Some(mut run) = self.run.take() else { return };
        match run.stages.pop_front() {
            Some(Stage::WriteAhead) => withdraw(&mut self.history),
            Some(Stage::Apply(name, action, found)) => {
                let baseline = match action {
                    Action::Unchanged => found,
                    _ => self.write(name, run.revision),
                };
                let object = declared(name, run.revision);
                let change = Change { baseline: Some(baseline), ..change(name, action) };
                self.objects().settle(&object, manifest::digest::of(object.value()), &change);
            }
            Some(Stage::Mark) => run.stages.push_back(Stage::Succeed(self.objects().base_hash())),
            Some(Stage::Succeed(mark)) => {
                self.succeed(run.revision, mark);
                let report = RunReport::next(Next::After(Duration::from_secs(600)));
                self.applied = Some(run.revision);
                self.tell(Event::RunEnded(report));
                return;
            }
            None => {}
        }
        if self.run.is_none() {
            self.run = Some(run);
        }
    }

    fn succeed(&mut self, revision: u8, mark: Option<String>) {
        let marks = [(labels::INPUT, Some(revision.to_string())), (labels::FINGERPRINT, mark)];
        let metadata = marks.into_iter().filter_map(|(key, mark)| Some((key.to_owned(), mark?))).collect();
        let (digest, took) = (revision.to_string(), Duration::ZERO);
        let now = jiff::Timestamp::UNIX_EPOCH;
        upsert(&mut self.history, Outcome { digest, status: SUCCEEDED, now, took, metadata });
    }

    /// Puts the next object back.
    fn heal_one(&mut self) {
        let Some(heal) = &mut self.heal else { return };
        let Some(name) = heal.pop_front() else {
            self.heal = None;
            self.tell(Event::HealEnded(HealReport { wrote: true, ..HealReport::default() }));
            return;
        };
        let objects = self.objects();
        if !objects.is_dirty(&id(name)) {
            return;
        }
        let Some((manifest, _)) = objects.healable(&id(name)) else { return };
        let content = manifest.value()["data"]["key"].as_u64().and_then(|key| u8::try_from(key).ok());
        let baseline = self.write(name, content.unwrap_or_default());
        objects
            .settle_heal(&manifest, &Change { baseline: Some(baseline), ..change(name, Action::Configured) });
        if let (true, Some(last)) = (self.heals_mark, self.history.first_mut())
            && let Some(mark) = objects.base_hash()
        {
            last.metadata.insert(labels::FINGERPRINT.to_owned(), mark);
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Commit(revision) => {
                self.git = revision;
                self.tell(Event::Source(revision.to_string()));
            }
            Act::Other(object) => {
                let name = NAMES[usize::from(object)];
                self.version += 1;
                self.things[usize::from(object)] = Thing { content: 99, version: self.version, stamp: None };
                self.unshown.push_back(name);
            }
            Act::Show => {
                let Some(name) = self.unshown.pop_front() else { return };
                let live = self.things[index(name)].live();
                let word = self.objects().observe(&id(name), live);
                if word == crate::memory::Word::Drift {
                    self.tell(Event::Dirty(BTreeSet::from([local(name)])));
                }
            }
            Act::Tick => self.second = self.second.wrapping_add(1),
            Act::Due => self.tell(Event::Due),
            Act::GoOn => self.go_on(),
            Act::Heal => self.heal_one(),
            Act::Renew if self.renews => {
                self.renews = false;
                self.tell(Event::Renew);
            }
            Act::Renew => {}
            Act::Kill => self.begin(),
        }
    }
}

fn change(name: &str, action: Action) -> Change {
    Change { id: id(name), version: "v1".into(), action, baseline: None, object: None }
}

/// Plays a story; what a process that starts after any step of it would believe is true.
fn play(acts: &[Act], heals_mark: bool) -> Result<u32, TestCaseError> {
    let mut world = World::new(heals_mark);
    for act in acts {
        world.act(*act);
        prop_assert!(!world.resumes() || world.is_in_order(), "{:?} is called {}", world.things, world.git);
    }
    Ok(world.resumptions)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn no_order_of_events_hides_drift_behind_the_mark() {
    let mut resumptions = 0;
    let mut runner = TestRunner::new_with_rng(config(), rng());
    let played = runner.run(&acts(), |acts| play(&acts, false).map(drop));
    played.unwrap();
    // Stories in which nothing is ever taken up would prove nothing.
    let mut runner = TestRunner::new_with_rng(config(), rng());
    for _ in 0..2_000 {
        let acts = acts().new_tree(&mut runner).unwrap().current();
        resumptions += play(&acts, false).unwrap();
    }
    assert!(resumptions > 100, "{resumptions}");
}

/// A heal knows nothing of the run beside it, so that its mark would be one of something half done.
#[test]
fn a_mark_that_a_heal_stores_by_itself_would_hide_it() {
    let mut runner = TestRunner::new_with_rng(config(), rng());
    assert!(runner.run(&acts(), |acts| play(&acts, true).map(drop)).is_err());
}

fn rng() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

/// Drift that was healed is no reason for the next process to ask again.
#[test]
fn the_mark_covers_heals_once_it_is_renewed() {
    let mut world = World::new(false);
    let settle = |world: &mut World| {
        (0..40).for_each(|_| {
            world.act(Act::GoOn);
            world.act(Act::Show);
            world.act(Act::Heal);
        });
    };
    settle(&mut world);
    assert!(world.resumes());
    world.act(Act::Tick);
    world.act(Act::Other(1));
    assert!(!world.resumes());
    settle(&mut world);
    assert!(world.is_in_order() && !world.resumes(), "it is healed, and the mark is that of before");
    world.act(Act::Renew);
    settle(&mut world);
    assert!(world.resumes());
    world.act(Act::Kill);
    assert_eq!(world.resumptions, 1);
}
