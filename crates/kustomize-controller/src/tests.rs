//! The pure half of the controller: the state machine, the brake, what counts as drift, history, status patches.
//! Whole runs are proved in `e2e`.

use crate::brake::{BUDGET, Brake, Leave, WINDOW};
use crate::fault::timeout_of;
use crate::history::{Outcome, upsert};
use crate::memory::Memory;
use crate::registry::{Alarm, Registry};
use crate::status::difference;
use crate::step::{Event, Facts, HealReport, Job, Next, RunReport, State, coalesce, step};
use crate::tracked::{Base, Desired, Live, Tracked};
use api::kustomization::KustomizationStatus;
use apply::{Baseline, Fingerprint};
use manifest::{Manifest, ObjectId};
use reconcile_core::{Effect, Lane, ObjectKey};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
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
    })
}

fn id(name: &str) -> ObjectId {
    ObjectId { namespace: "ns".into(), name: name.into(), group: String::new(), kind: "ConfigMap".into() }
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
    };
    tell(&mut state, Event::RunEnded(waiting));
    assert_eq!(tell(&mut state, Event::Source("main@sha1:1".into())), ["run"]);
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
    let failed = HealReport { failed: true, braked: None };
    assert_eq!(tell(&mut state, Event::HealEnded(failed)), ["run"]);
    tell(&mut state, ended(Next::OnChange));
    tell(&mut state, Event::Dirty(BTreeSet::from([id("a")])));
    let braked =
        HealReport { failed: false, braked: Some((BTreeSet::from([id("a")]), Duration::from_secs(10))) };
    assert_eq!(tell(&mut state, Event::HealEnded(braked)), ["wake brake 10"]);
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

#[test]
fn the_brake_lets_a_few_through_and_then_doubles() {
    let (mut brake, start, ceiling) = (Brake::default(), Instant::now(), Duration::from_secs(600));
    for _ in 0..BUDGET {
        assert_eq!(brake.ask(start, ceiling), Leave::Now);
    }
    let first = brake.ask(start, ceiling);
    assert_eq!(first, Leave::After { delay: Duration::from_secs(10), first: true });
    assert_eq!(
        brake.ask(start + Duration::from_secs(4), ceiling),
        Leave::After { delay: Duration::from_secs(6), first: false }
    );
    assert_eq!(brake.ask(start + Duration::from_secs(10), ceiling), Leave::Now);
    assert_eq!(
        brake.ask(start + Duration::from_secs(11), ceiling),
        Leave::After { delay: Duration::from_secs(20), first: false }
    );
}

#[test]
fn a_quiet_object_has_its_whole_budget_again() {
    let (mut brake, start, ceiling) = (Brake::default(), Instant::now(), Duration::from_secs(600));
    for _ in 0..BUDGET {
        brake.ask(start, ceiling);
    }
    let later = start + WINDOW;
    for _ in 0..BUDGET {
        assert_eq!(brake.ask(later, ceiling), Leave::Now);
    }
}

#[test]
fn the_delay_stops_at_the_interval() {
    let (mut brake, mut now, ceiling) = (Brake::default(), Instant::now(), Duration::from_secs(25));
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        match brake.ask(now, ceiling) {
            Leave::Now => {}
            Leave::After { delay, .. } => {
                longest = longest.max(delay);
                now += delay;
            }
        }
    }
    assert_eq!(longest, ceiling);
}

fn baseline(version: u64, mark: u8) -> Baseline {
    Baseline {
        uid: "u".into(),
        resource_version: version,
        fingerprint: Some(Fingerprint([mark; 16])),
        content: None,
    }
}

fn present(version: u64, mark: u8) -> Live {
    Live::Present { baseline: baseline(version, mark), ignored: false, foreign_owner: None, departing: false }
}

fn absent(uid: &str) -> Live {
    Live::Absent { uid: uid.into(), by_design: false }
}

fn tracked(base: Base, live: Live) -> Tracked {
    let json: Arc<[u8]> =
        br#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"ns"}}"#[..].into();
    let desired = Some(Desired { json, digest: [0; 16], version: "v1".into() });
    Tracked { desired, base, live, ..Tracked::default() }
}

/// A row: base, live, is it dirty, is it settled.
#[test]
fn drift_is_told_from_metadata() {
    let rows = [
        (Base::Unknown, present(5, 1), false, false),
        (Base::Known(baseline(5, 1)), Live::Unseen, false, true),
        (Base::Known(baseline(5, 1)), present(5, 1), false, true),
        (Base::Known(baseline(5, 1)), present(9, 1), false, true),
        (Base::Known(baseline(5, 1)), present(9, 2), true, false),
        // Our own watch event from before the apply.
        (Base::Known(baseline(5, 1)), present(4, 2), false, true),
        (Base::Known(baseline(5, 1)), absent("u"), true, false),
        // The deletion of a predecessor, as in a forced recreation.
        (Base::Known(baseline(5, 1)), absent("before"), false, true),
        (Base::CreateOnly, present(9, 2), false, true),
        (Base::CreateOnly, absent("u"), true, false),
        (
            Base::Skipped,
            Live::Present { baseline: baseline(9, 2), ignored: true, foreign_owner: None, departing: false },
            false,
            true,
        ),
        // The directive was lifted.
        (Base::Skipped, present(9, 2), true, false),
    ];
    for (base, live, dirty, settled) in rows {
        let object = tracked(base, live);
        assert_eq!(object.is_dirty(), dirty, "{object:?}");
        assert_eq!(object.is_settled(), settled, "{object:?}");
    }
}

#[test]
fn nothing_is_judged_while_an_apply_is_under_way_or_after_it_was_struck() {
    let mut object = tracked(Base::Known(baseline(5, 1)), present(9, 2));
    object.in_flight = true;
    assert!(!object.is_dirty());
    object.in_flight = false;
    object.desired = None;
    assert!(!object.is_dirty());
}

#[test]
fn history_bumps_moves_and_truncates() {
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap();
    let outcome = |digest: &str, status: &'static str, second: i64| Outcome {
        digest: digest.into(),
        status,
        now: at(second),
        took: Duration::from_millis(5),
        metadata: BTreeMap::new(),
    };
    let mut history = Vec::new();
    upsert(&mut history, outcome("a", "ReconciliationSucceeded", 1));
    upsert(&mut history, outcome("b", "ReconciliationSucceeded", 2));
    upsert(&mut history, outcome("a", "ReconciliationSucceeded", 3));
    assert_eq!(history.len(), 2);
    assert_eq!((history[0].digest.as_str(), history[0].total_reconciliations), ("a", 2));
    assert_eq!(history[0].first_reconciled.0, at(1));
    for n in 0..9 {
        upsert(&mut history, outcome(&format!("x{n}"), "HealthCheckFailed", 4));
    }
    assert_eq!(history.len(), 5);
    assert_eq!(history[0].digest, "x8");
}

#[test]
fn a_status_patch_holds_only_what_differs() {
    let stored =
        KustomizationStatus { last_applied_revision: Some("a".into()), ..KustomizationStatus::default() };
    assert_eq!(difference(&stored, &stored), None);
    let wanted =
        KustomizationStatus { last_attempted_revision: Some("b".into()), ..KustomizationStatus::default() };
    assert_eq!(
        difference(&stored, &wanted),
        Some(serde_json::json!({"lastAttemptedRevision": "b", "lastAppliedRevision": null}))
    );
}

#[test]
fn timeouts_have_a_floor() {
    let seconds = Duration::from_secs;
    assert_eq!(timeout_of(None, seconds(600)), seconds(570));
    assert_eq!(timeout_of(None, seconds(40)), seconds(30));
    assert_eq!(timeout_of(Some(seconds(5)), seconds(600)), seconds(30));
    assert_eq!(timeout_of(Some(seconds(90)), seconds(600)), seconds(90));
}

#[test]
fn what_a_complete_list_does_not_hold_is_gone() {
    let (registry, memory) = (Registry::default(), Arc::new(Memory::default()));
    let key = ObjectKey { namespace: "ns".into(), name: "app".into() };
    let heals = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let told = Arc::clone(&heals);
    registry.on_alarm(move |_, alarm| match alarm {
        Alarm::Drift(dirty) => told.lock().extend(dirty),
        Alarm::TakenOver => panic!("nothing is handed over"),
    });
    let object = |name: &str| {
        let value =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}});
        Manifest::new(value).unwrap()
    };
    let ids = ["seen", "late", "gone", "asked"].map(|name| object(name).id());
    registry.claim(&key, &memory, ids.iter().cloned());
    for name in ["seen", "late", "gone"] {
        let change = apply::Change {
            id: object(name).id(),
            version: "v1".into(),
            action: apply::Action::Created,
            baseline: Some(baseline(1, 1)),
            object: None,
        };
        memory.settle(&object(name), [0; 16], &change);
    }
    registry.observe(&ids[0], present(1, 1));
    let unseen = registry.unseen("", "ConfigMap");
    assert_eq!(unseen.len(), 2, "{unseen:?}");
    assert!(registry.unseen("apps", "Deployment").is_empty());
    registry.observe(&ids[1], present(1, 1));
    registry.miss(unseen);
    assert_eq!(*heals.lock(), [ids[2].clone()]);
}
