//! The pure half of the controller: the state machine, the brake, what counts as drift, history, status patches.
//! Whole runs are proved in `e2e`.

use crate::brake::{BUDGET, Brake, Leave, WINDOW};
use crate::fault::timeout_of;
use crate::history::{Outcome, upsert};
use crate::memory::{Memory, Prior, Word};
use crate::registry::{Alarm, Registry};
use crate::status::difference;
use crate::step::{Event, Facts, HealReport, Job, Next, RunReport, State, coalesce, is_barrier, step};
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

#[test]
fn nothing_passes_a_deletion() {
    assert!(is_barrier(&Event::Gone));
    assert!(!is_barrier(&Event::Spec(facts(1))));
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
    Live::Absent { uid: uid.into(), missed: false, by_design: false }
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
        // Kubernetes removed it as it was meant to: nothing to heal, and the next run asks about it.
        (
            Base::Known(baseline(5, 1)),
            Live::Absent { uid: "u".into(), missed: false, by_design: true },
            false,
            false,
        ),
        (Base::CreateOnly, Live::Absent { uid: "u".into(), missed: false, by_design: true }, false, false),
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
fn the_mark_is_withdrawn_and_nothing_else() {
    let metadata =
        [(api::labels::FINGERPRINT, "f"), (api::labels::INPUT, "i"), (api::labels::HISTORY_REVISION, "r")];
    let outcome = Outcome {
        digest: "a".into(),
        status: "ReconciliationSucceeded",
        now: jiff::Timestamp::from_second(1).unwrap(),
        took: Duration::from_millis(5),
        metadata: metadata.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    };
    let mut history = Vec::new();
    upsert(&mut history, outcome);
    crate::history::withdraw(&mut history);
    let kept: Vec<&str> = history[0].metadata.keys().map(String::as_str).collect();
    assert_eq!(kept, [api::labels::INPUT, api::labels::HISTORY_REVISION]);
}

fn config_map(value: &str) -> Manifest {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"},
        "data": {"key": value}});
    Manifest::new(object).unwrap()
}

/// A memory in which this manifest has been applied.
fn applied(object: &Manifest, given: &Manifest) -> Memory {
    let memory = Memory::default();
    let change = apply::Change {
        id: object.id(),
        version: "v1".into(),
        action: apply::Action::Configured,
        baseline: Some(baseline(5, 1)),
        object: None,
    };
    memory.settle(object, manifest::digest::of(given.value()), &change);
    memory
}

fn prior(memory: &Memory, object: &Manifest, full: bool) -> Prior {
    memory.priors(std::slice::from_ref(object), full).remove(0)
}

#[test]
fn what_git_changed_is_said_to_be_changed() {
    let memory = applied(&config_map("1"), &config_map("1"));
    assert!(matches!(prior(&memory, &config_map("1"), false), Prior::Settled(apply::Action::Unchanged)));
    let Prior::Ask(known) = prior(&memory, &config_map("2"), false) else { panic!("a change was settled") };
    assert!(known.changed);
    let Prior::Ask(known) = prior(&memory, &config_map("1"), true) else {
        panic!("a full pass asks about all")
    };
    assert!(!known.changed);
    assert_eq!(known.base, Some(baseline(5, 1)));
    let Prior::Ask(known) = prior(&Memory::default(), &config_map("1"), false) else { panic!("never seen") };
    assert!(!known.changed && known.base.is_none() && known.live.is_none());
}

/// Fields that no schema declares were left out of what was applied: neither the manifest as built nor what a run
/// without a build hands back is a change.
#[test]
fn what_was_left_out_is_no_change() {
    let memory = applied(&config_map("1"), &config_map("as built"));
    assert!(matches!(prior(&memory, &config_map("as built"), false), Prior::Settled(_)));
    assert!(matches!(prior(&memory, &config_map("1"), false), Prior::Settled(_)));
    assert!(matches!(prior(&memory, &config_map("2"), false), Prior::Ask(_)));
}

#[test]
fn an_object_that_is_kept_for_another_is_let_go_when_it_has_other_labels() {
    let object = config_map("1");
    let memory = applied(&object, &object);
    memory.strike(&object.id());
    assert!(memory.is_settled());
    memory.set_handing_over(BTreeSet::from([object.id()]));
    assert!(!memory.is_settled(), "a run looks at it");
    assert_eq!(memory.observe(&object.id(), present(6, 2)), Word::Nothing);
    let mut theirs = present(7, 3);
    if let Live::Present { foreign_owner, .. } = &mut theirs {
        *foreign_owner = Some(Box::new(ObjectKey::new("ns", "other")));
    }
    assert_eq!(memory.observe(&object.id(), theirs), Word::TakenOver);
    memory.set_handing_over(BTreeSet::new());
    assert_eq!(memory.observe(&object.id(), absent("u")), Word::Nothing);
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
