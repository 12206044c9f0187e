//! The state machine: what follows from an event, and what is merged with what.

mod life;

use super::{Event, Facts, HealReport, Job, Next, RunReport, State, coalesce, is_barrier, step};
use crate::target::TargetObject;
use api::drift_report::DriftMode;
use cluster::TargetId;
use manifest::ObjectId;
use proptest::prelude::*;
use reconcile_core::{Effect, Lane};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Effects as short words, for comparison.
fn words(effects: Vec<Effect<Job, Event>>) -> Vec<String> {
    effects
        .into_iter()
        .map(|effect| match effect {
            Effect::Start { lane: Lane::Run, .. } => "run".to_owned(),
            Effect::Start { lane: Lane::Heal, job: Job::Heal { objects, .. } } => {
                format!("heal {}", objects.len())
            }
            Effect::Start { .. } => "start".to_owned(),
            Effect::Cancel(Lane::Run) => "cancel run".to_owned(),
            Effect::Cancel(Lane::Heal) => "cancel heal".to_owned(),
            Effect::Wake { slot, after, .. } => format!("wake {slot} {}", after.as_secs()),
            Effect::Unwake(_) => "unwake".to_owned(),
            Effect::Stop => "stop".to_owned(),
        })
        .filter(|word| word != "unwake")
        .collect()
}

fn tell(state: &mut State, event: Event) -> Vec<String> {
    words(step(state, event, Instant::now()))
}

fn facts(generation: i64) -> Facts {
    Facts { generation, finalized: true, ..Facts::default() }
}

fn ended(next: Next) -> Event {
    Event::RunEnded(RunReport {
        next,
        revision: Some("main@sha1:1".into()),
        awaits_dependency: false,
        awaits_source: false,
        transient: false,
        moved: None,
    })
}

/// In the own cluster.
fn id(name: &str) -> TargetObject {
    let (namespace, name, kind) = ("ns".into(), name.into(), "ConfigMap".into());
    TargetObject::new(&TargetId::Local, ObjectId { namespace, name, group: String::new(), kind })
}

/// A state whose first run has ended.
fn settled() -> State {
    let mut state = State::default();
    assert_eq!(tell(&mut state, Event::Spec(facts(1))), ["run"]);
    assert_eq!(tell(&mut state, ended(Next::After(Duration::from_secs(60)))), ["wake due 60"]);
    state
}

#[test]
fn a_status_write_of_our_own_starts_nothing() {
    let mut state = settled();
    assert!(tell(&mut state, Event::Spec(facts(1))).is_empty());
}

/// What drifted meanwhile is healed at once, and a run finds what no watch has shown.
#[test]
fn another_mode_runs_and_healing_again_heals_first() {
    let mut state = settled();
    let object = crate::samples::config_map("a");
    let change = crate::samples::change("a", apply::Action::Configured);
    state.memory.objects.settle(&object, [0; 16], &change);
    let reporting = Facts { drift_mode: DriftMode::Report, ..facts(1) };
    assert_eq!(tell(&mut state, Event::Spec(reporting.clone())), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    assert!(tell(&mut state, Event::Spec(reporting)).is_empty());
    state.memory.objects.observe(&object.id(), crate::samples::present(9, 2));
    assert_eq!(tell(&mut state, Event::Spec(facts(1))), ["heal 1", "run"]);
}

#[test]
fn a_new_generation_or_request_runs_at_once() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::Spec(facts(2))), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    let requested = Facts { requested: (Some("now".into()), None), ..facts(2) };
    assert_eq!(tell(&mut state, Event::Spec(requested)), ["run"]);
}

#[test]
fn a_newer_input_cancels_the_wait_and_runs_again() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::Source("main@sha1:2".into())), ["run"]);
    assert_eq!(tell(&mut state, Event::Source("main@sha1:3".into())), ["cancel run"]);
    assert_eq!(tell(&mut state, ended(Next::Now)), ["run"]);
    assert_eq!(tell(&mut state, ended(Next::After(Duration::from_secs(5)))), ["wake due 5"]);
}

#[test]
fn the_same_revision_is_old_news_unless_it_is_waited_for() {
    let mut state = settled();
    assert!(tell(&mut state, Event::Source("main@sha1:1".into())).is_empty());
    tell(&mut state, Event::Due);
    let waiting = RunReport {
        next: Next::After(Duration::from_secs(30)),
        revision: None,
        awaits_dependency: false,
        awaits_source: true,
        transient: false,
        moved: None,
    };
    tell(&mut state, Event::RunEnded(waiting));
    assert_eq!(tell(&mut state, Event::Source("main@sha1:1".into())), ["run"]);
}

/// The source goes from 1 to 2 and back to 1 while the run that looked at 2 is under way.
#[test]
fn a_revision_that_comes_back_during_a_run_is_news() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::Source("main@sha1:2".into())), ["run"]);
    assert_eq!(tell(&mut state, Event::Source("main@sha1:1".into())), ["cancel run"]);
    let looked_at_two = RunReport {
        next: Next::After(Duration::from_secs(60)),
        revision: Some("main@sha1:2".into()),
        awaits_dependency: false,
        awaits_source: false,
        transient: false,
        moved: None,
    };
    assert_eq!(tell(&mut state, Event::RunEnded(looked_at_two)), ["run"]);
}

#[test]
fn an_object_that_was_taken_over_starts_a_run() {
    let mut state = settled();
    assert_eq!(tell(&mut state, Event::TakenOver), ["run"]);
}

#[test]
fn a_dependency_wakes_only_who_waits_for_it() {
    let mut state = settled();
    assert!(tell(&mut state, Event::Dependency).is_empty());
    tell(&mut state, Event::Due);
    let waiting = RunReport {
        next: Next::After(Duration::from_secs(30)),
        revision: None,
        awaits_dependency: true,
        awaits_source: false,
        transient: false,
        moved: None,
    };
    tell(&mut state, Event::RunEnded(waiting));
    assert_eq!(tell(&mut state, Event::Dependency), ["run"]);
}

#[test]
fn heals_go_beside_a_run_and_never_start_one() {
    let mut state = settled();
    tell(&mut state, Event::Due);
    assert_eq!(tell(&mut state, Event::Dirty(BTreeSet::from([id("a")]))), ["heal 1"]);
    assert!(tell(&mut state, Event::Dirty(BTreeSet::from([id("b"), id("c")]))).is_empty());
    assert_eq!(tell(&mut state, Event::HealEnded(HealReport::default())), ["heal 2"]);
}

#[test]
fn a_failed_heal_runs_and_a_braked_one_wakes_later() {
    let mut state = settled();
    tell(&mut state, Event::Dirty(BTreeSet::from([id("a")])));
    let failed = HealReport { failed: true, ..HealReport::default() };
    assert_eq!(tell(&mut state, Event::HealEnded(failed)), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    tell(&mut state, Event::Dirty(BTreeSet::from([id("a")])));
    let braked = HealReport {
        braked: Some((BTreeSet::from([id("a")]), Duration::from_secs(10))),
        ..HealReport::default()
    };
    assert_eq!(tell(&mut state, Event::HealEnded(braked)), ["wake brake 10"]);
}

/// One timer stands for all that is held back: what is held back later must not push out what is held back already.
#[test]
fn whatever_is_held_back_is_woken() {
    let (mut state, now) = (settled(), Instant::now());
    let at = |second| now + Duration::from_secs(second);
    let braked = |names: &[&str], seconds| {
        let objects = names.iter().map(|name| id(name)).collect();
        Event::HealEnded(HealReport {
            braked: Some((objects, Duration::from_secs(seconds))),
            ..HealReport::default()
        })
    };
    let woken = |effects: Vec<Effect<Job, Event>>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Wake { slot: "brake", after, event: Event::Dirty(objects) } => Some((
                objects.iter().map(|object| object.id.name.clone()).collect::<Vec<_>>(),
                after.as_secs(),
            )),
            _ => None,
        })
    };
    let both = || vec!["a".to_owned(), "b".to_owned()];
    step(&mut state, Event::Dirty(BTreeSet::from([id("a")])), at(0));
    assert_eq!(woken(step(&mut state, braked(&["a"], 10), at(0))), Some((vec!["a".to_owned()], 10)));
    step(&mut state, Event::Dirty(BTreeSet::from([id("b")])), at(4));
    assert_eq!(woken(step(&mut state, braked(&["b"], 160), at(4))), Some((both(), 6)));
    // The timer: a goes, b is still held.
    step(&mut state, Event::Dirty(BTreeSet::from([id("a"), id("b")])), at(10));
    assert_eq!(woken(step(&mut state, braked(&["b"], 154), at(10))), Some((vec!["b".to_owned()], 154)));
    // What comes by itself is not woken on top of it.
    step(&mut state, Event::Dirty(BTreeSet::from([id("b"), id("c")])), at(20));
    assert_eq!(woken(step(&mut state, braked(&["c"], 10), at(20))), Some((vec!["c".to_owned()], 10)));
}

#[test]
fn suspended_and_deleted_ones_are_not_healed() {
    let mut state = settled();
    tell(&mut state, Event::Spec(Facts { suspended: true, ..facts(2) }));
    tell(&mut state, ended(Next::OnChange));
    assert!(tell(&mut state, Event::Dirty(BTreeSet::from([id("a")]))).is_empty());
    assert!(tell(&mut state, Event::Source("main@sha1:9".into())).is_empty());
    let effects = tell(&mut state, Event::Spec(Facts { deleting: true, ..facts(3) }));
    assert_eq!(effects, ["run", "cancel heal"]);
    assert_eq!(tell(&mut state, ended(Next::Never)), ["cancel heal", "stop"]);
}

#[test]
fn equal_events_are_folded() {
    let mut queued = Event::Dirty(BTreeSet::from([id("a")]));
    assert!(coalesce(&mut queued, Event::Dirty(BTreeSet::from([id("b")]))).is_none());
    assert!(matches!(&queued, Event::Dirty(ids) if ids.len() == 2));
    assert!(coalesce(&mut queued, Event::Due).is_some());
    let mut queued = Event::Spec(facts(1));
    assert!(coalesce(&mut queued, Event::Spec(facts(2))).is_none());
    assert!(matches!(queued, Event::Spec(facts) if facts.generation == 2));
}

/// A token that became another one and then the same again, before its object's task looked.
#[test]
fn a_request_in_between_is_a_request() {
    let asked = |token: &str| Facts { requested: (Some(token.into()), None), ..facts(1) };
    let mut state = State::default();
    tell(&mut state, Event::Spec(asked("a")));
    tell(&mut state, ended(Next::OnChange));
    let mut queued = Event::Spec(asked("b"));
    assert!(coalesce(&mut queued, Event::Spec(asked("a"))).is_none());
    assert_eq!(tell(&mut state, queued), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    assert!(tell(&mut state, Event::Spec(asked("a"))).is_empty(), "and only once");
}

fn moved(target: &TargetId) -> Event {
    Event::RunEnded(RunReport { moved: Some(target.clone()), ..RunReport::next(Next::Now) })
}

/// Another cluster has other objects: nothing that is known of the first counts there, and nothing of it is healed.
#[test]
fn a_kustomization_that_moves_to_another_target_begins_with_an_empty_memory() {
    let other = TargetId::remote([1; 32], None);
    let mut state = settled();
    let before = Arc::clone(&state.memory);
    assert_eq!(tell(&mut state, Event::Dirty(BTreeSet::from([id("a")]))), ["heal 1"]);
    assert!(tell(&mut state, Event::Dirty(BTreeSet::from([id("b")]))).is_empty());
    assert_eq!(tell(&mut state, Event::Spec(facts(2))), ["run"]);
    assert!(Arc::ptr_eq(&before, &state.memory), "where it is, its run finds out");
    assert_eq!(tell(&mut state, moved(&other)), ["cancel heal", "run"]);
    assert_eq!(state.memory.objects.target(), &other);
    assert!(before.objects.is_closed(), "the heal that is under way writes nothing more");
    assert!(!state.memory.objects.is_closed());
    assert!(Arc::ptr_eq(&before.own, &state.memory.own), "the status is still the same object's");
    // Neither what waited nor what comes in late of the first target is healed in the second.
    assert!(tell(&mut state, Event::HealEnded(HealReport::default())).is_empty());
    assert!(tell(&mut state, Event::Dirty(BTreeSet::from([id("a")]))).is_empty());
    let there = TargetObject::new(&other, id("a").id);
    assert_eq!(tell(&mut state, Event::Dirty(BTreeSet::from([id("b"), there]))), ["heal 1"]);
}

#[test]
fn a_kustomization_that_stays_keeps_its_memory() {
    let mut state = settled();
    let before = Arc::clone(&state.memory);
    assert_eq!(tell(&mut state, Event::Spec(facts(2))), ["run"]);
    assert!(Arc::ptr_eq(&before, &state.memory));
    assert!(!before.objects.is_closed());
}

/// The first run of a Kustomization may already find another cluster, and so may the last one.
#[test]
fn the_target_is_right_from_the_first_run_to_the_deletion() {
    let (one, two) = (TargetId::remote([1; 32], None), TargetId::remote([2; 32], None));
    let mut state = State::default();
    assert_eq!(tell(&mut state, Event::Spec(facts(1))), ["run"]);
    assert_eq!(tell(&mut state, moved(&one)), ["cancel heal", "run"]);
    assert_eq!(state.memory.objects.target(), &one);
    tell(&mut state, ended(Next::After(Duration::from_secs(60))));
    let deleting = Facts { deleting: true, ..facts(2) };
    assert_eq!(tell(&mut state, Event::Spec(deleting)), ["run", "cancel heal"]);
    assert_eq!(tell(&mut state, moved(&two)), ["cancel heal", "run"]);
    assert_eq!(state.memory.objects.target(), &two);
    assert!(tell(&mut state, Event::Dirty(BTreeSet::from([TargetObject::new(&two, id("a").id)]))).is_empty());
}

/// What was found out with an access that was taken away is not used any more.
#[test]
fn a_run_that_lost_its_cluster_leaves_nothing_to_heal() {
    let mut state = settled();
    let before = Arc::clone(&state.memory);
    tell(&mut state, Event::Spec(facts(2)));
    let report =
        RunReport { moved: Some(TargetId::Local), ..RunReport::next(Next::After(Duration::from_secs(60))) };
    assert_eq!(tell(&mut state, Event::RunEnded(report)), ["cancel heal", "wake due 60"]);
    assert!(before.objects.is_closed() && !state.memory.objects.is_closed());
}

#[test]
fn nothing_passes_a_deletion() {
    assert!(is_barrier(&Event::Gone));
    assert!(!is_barrier(&Event::Spec(facts(1))));
}

/// What may wait in a mailbox: revisions, specs with a token, drift, timers, dependencies.
fn events() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0_u8..5, 0_u8..4), 1..12)
}

fn event((kind, value): (u8, u8)) -> Event {
    match kind {
        0 => Event::Source(format!("main@sha1:{value}")),
        1 => Event::Spec(Facts { requested: (Some(value.to_string()), None), ..facts(i64::from(value) + 1) }),
        2 => Event::Dirty(BTreeSet::from([id(&value.to_string())])),
        3 => Event::Due,
        _ => Event::Dependency,
    }
}

/// The mailbox: merged from the youngest to the oldest, but past no barrier.
fn put(mailbox: &mut Vec<Event>, new: Event) {
    let mut new = Some(new);
    for queued in mailbox.iter_mut().rev() {
        if is_barrier(queued) {
            break;
        }
        if let Some(event) = new.take() {
            new = coalesce(queued, event);
        }
    }
    mailbox.extend(new);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However events are merged while a task is busy, the last revision, the last generation, every drifted object, and
    /// that a token changed, reach it.
    #[test]
    fn merging_loses_no_token_revision_or_object(kinds in events()) {
        let mut mailbox = Vec::new();
        for kind in &kinds {
            put(&mut mailbox, event(*kind));
        }
        let last = |wanted: u8| kinds.iter().rev().find(|(kind, _)| *kind == wanted).map(|(_, value)| *value);
        let tokens: BTreeSet<u8> = kinds.iter().filter(|(kind, _)| *kind == 1).map(|(_, value)| *value).collect();
        let (mut dirty, mut revision, mut facts) = (BTreeSet::new(), None, None);
        let mut asked_between = false;
        for event in mailbox {
            match event {
                Event::Source(newest) => revision = Some(newest),
                Event::Spec(newest) => {
                    asked_between |= newest.asked_between;
                    facts = Some(newest);
                }
                Event::Dirty(objects) => dirty.extend(objects),
                _ => {}
            }
        }
        prop_assert_eq!(revision, last(0).map(|value| format!("main@sha1:{value}")));
        let token = facts.and_then(|facts| facts.requested.0);
        prop_assert_eq!(token, last(1).map(|value| value.to_string()));
        prop_assert!(tokens.len() < 2 || asked_between, "a token in between is a request");
        let drifted: BTreeSet<TargetObject> =
            kinds.iter().filter(|(kind, _)| *kind == 2).map(|(_, value)| id(&value.to_string())).collect();
        prop_assert_eq!(dirty, drifted);
    }
}
