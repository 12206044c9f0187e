//! A Kustomization's task from its first event to its end: nothing that came in is lost, and nothing runs twice.

use super::{ended, facts, id, settled, tell, words};
use crate::reconcile::telling::Occasion;
use crate::step::{Event, Facts, HealReport, Job, Next, RunReport, State, step};
use proptest::prelude::*;
use reconcile_core::{Effect, Lane};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const REVISION: &str = "main@sha1:1";

fn report(next: Next) -> RunReport {
    RunReport { revision: Some(REVISION.into()), ..RunReport::next(next) }
}

#[test]
fn one_that_is_gone_ends_at_once() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::Gone), ["cancel run", "cancel heal", "stop"]);
    assert!(state.memory.objects.is_closed(), "nothing of it is healed any more");
}

/// The run found the source, and its artifact was not there any more.
#[test]
fn the_revision_that_is_waited_for_is_news() {
    let mut state = settled();
    tell(&mut state, Event::Due);
    let missing = RunReport { awaits_source: true, ..report(Next::After(Duration::from_secs(30))) };
    tell(&mut state, Event::RunEnded(missing));
    assert_eq!(tell(&mut state, Event::Source(REVISION.into())), ["run"]);
}

/// The failures in a row before each run that starts.
fn failures(effects: Vec<Effect<Job, Event>>) -> Option<u32> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Start { lane: Lane::Run, job: Job::Run { failures, .. } } => Some(failures),
        _ => None,
    })
}

#[test]
fn passing_faults_are_counted_until_one_run_has_none() {
    let mut state = settled();
    let mut counted = Vec::new();
    for transient in [true, true, false, true] {
        counted.push(failures(step(&mut state, Event::Due, Instant::now())).unwrap());
        tell(&mut state, Event::RunEnded(RunReport { transient, ..report(Next::OnChange) }));
    }
    assert_eq!(counted, [0, 1, 2, 0]);
}

#[test]
fn a_finalizer_that_somebody_takes_away_is_put_back() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::Spec(Facts { finalized: false, ..facts(1) })), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    assert!(tell(&mut state, Event::Spec(facts(1))).is_empty(), "our own write of it is not news");
    let deleting = |finalized| Event::Spec(Facts { deleting: true, finalized, ..facts(2) });
    tell(&mut state, deleting(true));
    tell(&mut state, ended(Next::OnChange));
    assert!(tell(&mut state, deleting(true)).is_empty());
    assert_eq!(tell(&mut state, deleting(false)), ["run"], "somebody let go of it: look again");
}

#[test]
fn a_run_that_waits_for_a_change_has_no_timer() {
    let mut state = settled();
    tell(&mut state, Event::Due);
    assert!(tell(&mut state, ended(Next::OnChange)).is_empty());
    // A timer that is set is taken back by the next run.
    let effects = step(&mut state, Event::Due, Instant::now());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Unwake("due"))));
}

/// What may happen to a task; ends only to lanes that are busy.
#[derive(Clone, Copy, Debug)]
enum Act {
    Source(u8),
    Spec(u8),
    Due,
    TakenOver,
    Dependency,
    Dirty(u8),
    RunEnds { awaits: bool },
    HealEnds { failed: bool, wrote: bool },
    Renew,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (0_u8..3).prop_map(Act::Source),
        (1_u8..4).prop_map(Act::Spec),
        Just(Act::Due),
        Just(Act::TakenOver),
        Just(Act::Dependency),
        (0_u8..4).prop_map(Act::Dirty),
        any::<bool>().prop_map(|awaits| Act::RunEnds { awaits }),
        any::<(bool, bool)>().prop_map(|(failed, wrote)| Act::HealEnds { failed, wrote }),
        Just(Act::Renew),
    ];
    prop::collection::vec(act, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// One run and one heal at a time; what comes in during a run leads to another one; every object that drifted is
    /// handed to a heal.
    #[test]
    fn nothing_that_comes_in_is_lost(acts in acts()) {
        let mut state = State::default();
        let (mut running, mut healing, mut again) = (false, false, false);
        let (mut generation, mut dirty): (i64, BTreeSet<u8>) = (0, BTreeSet::new());
        for act in acts {
            let event = match act {
                Act::Source(revision) => Event::Source(format!("main@sha1:{revision}")),
                Act::Spec(steps) => {
                    generation += i64::from(steps);
                    Event::Spec(facts(generation))
                }
                Act::Due => Event::Due,
                Act::TakenOver => Event::TakenOver,
                Act::Dependency => Event::Dependency,
                // Nothing is claimed before the first run.
                Act::Dirty(object) if generation > 0 => {
                    dirty.insert(object);
                    Event::Dirty(BTreeSet::from([id(&object.to_string())]))
                }
                Act::RunEnds { awaits } if running => {
                    running = false;
                    let next = Next::After(Duration::from_secs(60));
                    Event::RunEnded(RunReport { awaits_dependency: awaits, ..report(next) })
                }
                Act::HealEnds { failed, wrote } if healing => {
                    healing = false;
                    Event::HealEnded(HealReport { failed, wrote, ..HealReport::default() })
                }
                Act::Renew => Event::Renew,
                Act::Dirty(_) | Act::RunEnds { .. } | Act::HealEnds { .. } => continue,
            };
            let was_running = running;
            let mut begun = false;
            let effects = step(&mut state, event, Instant::now());
            for effect in &effects {
                match effect {
                    Effect::Start { lane: Lane::Run, .. } => {
                        prop_assert!(!running, "two runs at once");
                        (running, begun, again) = (true, true, false);
                    }
                    Effect::Start { job: Job::Heal { objects, .. }, .. } => {
                        prop_assert!(!healing, "two heals at once");
                        prop_assert!(!objects.is_empty());
                        healing = true;
                        for object in objects {
                            prop_assert!(dirty.remove(&object.id.name.parse().unwrap()));
                        }
                    }
                    _ => {}
                }
            }
            prop_assert!(healing || dirty.is_empty(), "{:?} wait for nobody", dirty);
            let renews = effects.iter().any(|effect| matches!(effect, Effect::Wake { slot: "renew", .. }));
            match act {
                Act::HealEnds { wrote, .. } => prop_assert_eq!(renews, wrote),
                Act::Renew if generation > 0 => prop_assert!(begun != renews, "the mark is not renewed"),
                _ => prop_assert!(!renews),
            }
            match act {
                Act::Spec(_) | Act::Due | Act::TakenOver if was_running => again = true,
                Act::Source(_) if was_running && generation > 0 => again = true,
                Act::Spec(_) | Act::Due | Act::TakenOver => prop_assert!(begun, "{:?} starts nothing", act),
                Act::RunEnds { .. } => prop_assert!(begun || !again, "what came in is lost"),
                _ => {}
            }
            prop_assert!(!words(effects).contains(&"stop".to_owned()));
        }
    }
}

/// A run stores a new mark at its end, so that nothing remains to be renewed; one that is under way may have made its mark
/// before the heal.
#[test]
fn the_mark_is_renewed_after_the_last_heal_and_by_a_run() {
    let mut state = settled();
    let dirty = || Event::Dirty(BTreeSet::from([id("a")]));
    let wrote = || Event::HealEnded(HealReport { wrote: true, ..HealReport::default() });
    let occasion = |effects: Vec<Effect<Job, Event>>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Start { job: Job::Run { occasion, .. }, .. } => Some(occasion),
            _ => None,
        })
    };
    tell(&mut state, dirty());
    assert_eq!(tell(&mut state, wrote()), ["wake renew 5"]);
    assert_eq!(occasion(step(&mut state, Event::Renew, Instant::now())), Some(Occasion::Between));
    tell(&mut state, dirty());
    assert_eq!(tell(&mut state, wrote()), ["wake renew 5"]);
    assert_eq!(tell(&mut state, Event::Renew), ["wake renew 5"], "after the run that is under way");
    tell(&mut state, report_of(Next::OnChange));
    let due = step(&mut state, Event::Due, Instant::now());
    assert!(due.iter().any(|effect| matches!(effect, Effect::Unwake("renew"))));
    assert_eq!(occasion(due), Some(Occasion::Due));
    tell(&mut state, report_of(Next::OnChange));
    tell(&mut state, dirty());
    assert!(tell(&mut state, Event::HealEnded(HealReport::default())).is_empty(), "nothing was written");
    tell(&mut state, Event::Spec(Facts { suspended: true, ..facts(2) }));
    tell(&mut state, report_of(Next::OnChange));
    assert!(tell(&mut state, Event::Renew).is_empty(), "nothing is written of one that is suspended");
}

fn report_of(next: Next) -> Event {
    Event::RunEnded(report(next))
}
