//! New objects that are created without a dry-run: what is sent, and that nothing is lost wherever it fails.

use super::carried::carry_out;
use crate::reconcile::build::Depth;
use crate::reconcile::plan::REFUSALS;
use crate::samples::{Fixture, Reply, Sent, applied, config_map, id, ids, object};
use ::apply::Action;
use manifest::Manifest;
use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

async fn creating(more: &Value) -> Fixture {
    let mut fixture = Fixture::new(more).await;
    fixture.ctx.options.create_without_dry_run = true;
    fixture
}

fn recorded(names: &[&str]) -> Value {
    json!({"status": {"inventory": ids(names).to_inventory()}})
}

#[tokio::test(start_paused = true)]
async fn what_is_new_is_recorded_and_created_with_one_request() {
    let fixture = creating(&json!({})).await;
    let done = carry_out(&fixture, Depth::Incremental, vec![config_map("b"), config_map("a")]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    record [a, b] Reconciling=True Ready=Unknown
    make ns/configmaps/a
    make ns/configmaps/b
    ");
    insta::assert_snapshot!(fixture.events().await, @r"
    Normal Progressing: ConfigMap/ns/a created
    ConfigMap/ns/b created
    ");
    assert!(done.changes.iter().all(|change| change.baseline.is_some()));
    // What was made is what is right from now on.
    carry_out(&fixture, Depth::Incremental, vec![config_map("b"), config_map("a")]).await.unwrap();
    assert_eq!(fixture.requests(), "");
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_stage_brings_is_there_when_the_rest_is_created() {
    let fixture = creating(&json!({})).await;
    let inner = object("v1", "ConfigMap", "a", &json!({"metadata": {"namespace": "new"}}));
    let outer = object("v1", "Namespace", "new", &json!({"metadata": {"namespace": null}}));
    carry_out(&fixture, Depth::Incremental, vec![inner, outer]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    record [new, a] Reconciling=True Ready=Unknown
    make namespaces/new
    make new/configmaps/a
    ");
}

/// What is in the inventory, or stands on the object, asks for a dry-run as always; it comes before anything is written.
#[tokio::test(start_paused = true)]
async fn what_may_exist_is_asked_about_first() {
    let fixture = creating(&recorded(&["a"])).await;
    fixture.script.on(|sent| (sent.verb == "dry-run").then(|| Reply::Json(200, applied(&sent.body, 7))));
    let ignored = json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}}});
    let objects = vec![config_map("b"), config_map("a"), object("v1", "ConfigMap", "c", &ignored)];
    carry_out(&fixture, Depth::Incremental, objects.clone()).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    get ns/configmaps/c
    record [a, b, c] Reconciling=True Ready=Unknown
    apply ns/configmaps/a
    make ns/configmaps/b
    ");
    // A refusal of what exists keeps the stage whole.
    let fixture = creating(&recorded(&["a"])).await;
    fixture
        .script
        .on(|sent| (sent.verb == "dry-run").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    let fault = carry_out(&fixture, Depth::Incremental, objects).await.err().unwrap();
    assert_eq!(fault.message, "ConfigMap/ns/a dry-run failed (Forbidden): no\n");
    assert!(!fixture.requests().contains("make"));
}

/// Objects that somebody else made.
#[tokio::test(start_paused = true)]
async fn what_exists_after_all_is_asked_about_and_judged() {
    let fixture = creating(&json!({})).await;
    fixture.script.on(|sent| match (sent.verb, sent.path.as_str()) {
        ("make", _) => Reply::refused(409, "Conflict", "the object has been modified"),
        ("dry-run", "ns/configmaps/hands-off") => {
            let mut live = applied(&sent.body, 7);
            live["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"});
            Some(Reply::Json(200, live))
        }
        ("dry-run", _) => Some(Reply::Json(200, applied(&sent.body, 7))),
        ("apply", _) => Some(Reply::Json(200, applied(&sent.body, 8))),
        _ => None,
    });
    let objects = vec![config_map("a"), config_map("hands-off")];
    let done = carry_out(&fixture, Depth::Incremental, objects).await.unwrap();
    let actions: Vec<_> =
        done.changes.iter().map(|change| (change.id.name.as_str(), change.action)).collect();
    assert_eq!(actions, [("a", Action::Configured), ("hands-off", Action::Skipped)]);
    let requests = fixture.requests();
    assert!(!requests.contains("apply ns/configmaps/hands-off"), "{requests}");
}

/// A set that somebody else applied before: after some conflicts nobody tries to create the rest of it.
#[tokio::test(start_paused = true)]
async fn a_set_that_exists_is_not_tried_to_the_end() {
    let fixture = creating(&json!({})).await;
    fixture.script.on(|sent| match sent.verb {
        "make" => Reply::refused(409, "Conflict", "the object has been modified"),
        "dry-run" => Some(Reply::Json(200, applied(&sent.body, 7))),
        _ => None,
    });
    let objects: Vec<Manifest> = (0..60).map(|n| config_map(&format!("m{n}"))).collect();
    carry_out(&fixture, Depth::Incremental, objects).await.unwrap();
    let requests = fixture.requests();
    let count = |verb: &str| requests.lines().filter(|line| line.starts_with(verb)).count();
    // Some are under way when the last of them comes to nothing.
    assert!((10..14).contains(&count("make ")), "{requests}");
    assert_eq!(count("dry-run "), 60);
}

/// A set that is refused as a whole ends after a part of it, and leaves nothing recorded.
#[tokio::test(start_paused = true)]
async fn after_many_refusals_the_rest_is_not_tried() {
    let fixture = creating(&json!({})).await;
    fixture.script.on(|sent| {
        sent.path.contains("configmaps/").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    let objects: Vec<Manifest> = (0..REFUSALS + 250).map(|n| config_map(&format!("m{n}"))).collect();
    let fault = carry_out(&fixture, Depth::Incremental, objects).await.err().unwrap();
    let first = format!("{REFUSALS} objects were refused, and 250 more were not asked about:");
    assert_eq!(fault.message.lines().next(), Some(first.as_str()));
    assert!(fixture.stored.inventory().is_empty());
}

/// As long as a revision is refused, its new objects are asked about first, and nothing is written for it.
#[tokio::test(start_paused = true)]
async fn what_failed_before_is_asked_about_first() {
    for (attempted, reason, makes) in [
        ("main@sha1:1", "ReconciliationFailed", false),
        ("main@sha1:0", "ReconciliationFailed", true),
        ("main@sha1:1", "HealthCheckFailed", true),
    ] {
        let ready = json!({"type": "Ready", "status": "False", "reason": reason, "message": "no",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let status = json!({"lastAttemptedRevision": attempted, "conditions": [ready]});
        let fixture = creating(&json!({"status": status})).await;
        carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.unwrap();
        assert_eq!(fixture.requests().contains("make"), makes, "{attempted} {reason}");
    }
}

/// How the server treats requests about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it should.
    Well,
    /// It refuses the object, in a dry-run as in an apply.
    Refuses,
    /// It refuses the object only when it is really written, as a quota does.
    RefusesWrites,
    /// It creates it, and the answer is lost.
    LosesAnswer,
    /// It does not create it, and does not say so.
    LosesRequest,
    /// It creates it, and then gives no answer about it any more.
    GoesAway,
}

const WAYS: [Way; 6] =
    [Way::Well, Way::Refuses, Way::RefusesWrites, Way::LosesAnswer, Way::LosesRequest, Way::GoesAway];

/// What exists.
type World = Arc<Mutex<BTreeSet<String>>>;

fn name_of(sent: &Sent) -> String {
    sent.path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// An answer as of a server that has this world, and treats some objects in other ways.
fn answer(sent: &Sent, world: &World, ways: &BTreeMap<String, Way>) -> Option<Reply> {
    let name = name_of(sent);
    let way = ways.get(&name).copied().unwrap_or(Way::Well);
    let mut world = world.lock();
    let exists = world.contains(&name);
    let lost = || Reply::refused(500, "InternalError", "lost");
    let live = |code| Some(Reply::Json(code, applied(&sent.body, 7)));
    match (sent.verb, way) {
        ("make" | "apply" | "dry-run", Way::Refuses) => Reply::refused(422, "Invalid", "no"),
        ("make" | "apply", Way::RefusesWrites) => Reply::refused(403, "Forbidden", "quota"),
        ("dry-run" | "get", Way::GoesAway) if exists => lost(),
        ("make", _) if exists => Reply::refused(409, "Conflict", "the object has been modified"),
        ("make", Way::LosesRequest) => lost(),
        ("make", Way::LosesAnswer | Way::GoesAway) => {
            world.insert(name);
            lost()
        }
        ("make", Way::Well) => {
            world.insert(name);
            live(201)
        }
        ("apply", _) => {
            world.insert(name);
            live(200)
        }
        ("dry-run", _) if exists => live(200),
        ("get", _) if exists => live(200),
        _ => None,
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("m{n}")).collect()
}

fn maps(names: &[String]) -> Vec<Manifest> {
    names.iter().map(|name| config_map(name)).collect()
}

async fn in_world(world: &World, ways: BTreeMap<String, Way>, status: &Value) -> Fixture {
    let fixture = creating(&json!({ "status": status })).await;
    let world = Arc::clone(world);
    fixture.script.on(move |sent| answer(sent, &world, &ways));
    fixture
}

/// Plays a first run with these ways, and a second one of another process in which nothing fails.
async fn play(ways: &[Way]) {
    let (world, names) = (World::default(), names(ways.len()));
    let by_name: BTreeMap<String, Way> = names.iter().cloned().zip(ways.iter().copied()).collect();
    let first = in_world(&world, by_name.clone(), &json!({})).await;
    let done = carry_out(&first, Depth::Incremental, maps(&names)).await;
    let fails = |way: &Way| matches!(way, Way::Refuses | Way::RefusesWrites | Way::GoesAway);
    assert_eq!(done.is_err(), ways.iter().any(fails), "{ways:?}");
    let message = done.err().map(|fault| fault.message).unwrap_or_default();
    for (name, way) in &by_name {
        let is_told = message.contains(&format!("ConfigMap/ns/{name} "));
        assert_eq!(is_told, fails(way), "{name} {way:?} in {message}");
    }
    // Whatever exists is recorded, and one that is refused holds up no other.
    let left: BTreeSet<String> = first.stored.inventory().into_iter().collect();
    let exists = world.lock().clone();
    assert!(exists.is_subset(&left), "{exists:?} of {left:?} with {ways:?}");
    for (name, way) in &by_name {
        let is_made = !matches!(way, Way::Refuses | Way::RefusesWrites);
        assert_eq!(exists.contains(name), is_made, "{name} {way:?}");
        assert!(*way != Way::Refuses || !left.contains(name), "{name} is recorded for nothing");
    }
    // The next run makes what is missing, and does not touch what is there more than it has to.
    let second = in_world(&world, BTreeMap::new(), &first.stored.status()).await;
    carry_out(&second, Depth::Incremental, maps(&names)).await.unwrap();
    assert_eq!(*world.lock(), names.iter().cloned().collect());
    assert_eq!(second.stored.inventory(), names);
}

#[tokio::test(start_paused = true)]
async fn wherever_one_of_them_fails_nothing_is_lost_and_the_next_run_heals() {
    for way in WAYS {
        for place in 0..6 {
            let mut ways = [Way::Well; 6];
            ways[place] = way;
            Box::pin(play(&ways)).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_many_fail_nothing_is_lost(ways in prop::collection::vec(0_usize..WAYS.len(), 1..9)) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let ways: Vec<Way> = ways.into_iter().map(|way| WAYS[way]).collect();
        runtime.block_on(play(&ways));
    }
}

/// At every moment what was sent is recorded: the record is written before the first object is made.
#[tokio::test(start_paused = true)]
async fn nothing_is_made_while_the_record_cannot_be_written() {
    let fixture = creating(&json!({})).await;
    fixture.stored.refusals.lock().push(500);
    assert!(carry_out(&fixture, Depth::Incremental, vec![config_map("a")]).await.is_err());
    assert!(!fixture.requests().contains("make"));
    assert!(!fixture.memory.objects.is_desired(&id("a")));
}
