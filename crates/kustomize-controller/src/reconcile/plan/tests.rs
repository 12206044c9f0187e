//! What a refusal in a plan means, what is stale, and what a plan says of objects that were not asked about.

use super::{Item, Pending, Planned, REFUSALS, plan, refusal};
use crate::fault::{Fault, FaultKind};
use crate::memory::LaneObjects;
use crate::reconcile::build::{Built, Depth};
use crate::reconcile::change_plan::ChangeKind;
use crate::reconcile::worker::{PIECE, Worker};
use crate::samples::{Fixture, Reply, applied, config_map, id, ids, input, object};
use ::apply::{Action, Ask, Change, Known, ObjectError, Phase};
use manifest::Manifest;
use serde_json::{Value, json};

#[test]
fn only_the_first_stage_refuses_for_good() {
    let error = || ObjectError::other(&id("a"), Phase::DryRun, "no");
    let fault = refusal(true, vec![error()], 0).unwrap();
    assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Apply, "ConfigMap/ns/a no\n"));
    assert!(refusal(false, vec![error()], 0).is_none(), "an earlier stage may bring what it lacks");
    assert!(refusal(true, Vec::new(), 0).is_none());
    let fault = refusal(true, vec![error(), error()], 7).unwrap();
    assert_eq!(
        fault.message,
        "2 objects were refused, and 7 more were not asked about:\nConfigMap/ns/a no\nConfigMap/ns/a no\n"
    );
}

/// A set that is refused as a whole ends after a part of it.
#[tokio::test(start_paused = true)]
async fn after_many_refusals_the_rest_is_not_asked_about() {
    let fixture = Fixture::new(&recorded(&[])).await;
    fixture
        .script
        .on(|sent| sent.path.contains("configmaps/").then(|| Reply::refused(422, "Invalid", "no")).flatten());
    let all: Vec<Manifest> = (0..REFUSALS + 2 * PIECE).map(|n| config_map(&format!("m{n}"))).collect();
    let fault = planned(&fixture, Depth::Incremental, all.clone()).await.err().unwrap();
    let first = format!("{REFUSALS} objects were refused, and {} more were not asked about:", 2 * PIECE);
    assert_eq!(fault.message.lines().next(), Some(first.as_str()));
    // A stage before it may bring what they lack: all of them are asked about again.
    let with_class = all.iter().cloned().chain([class()]).collect();
    let planned = planned(&fixture, Depth::Incremental, with_class).await.unwrap();
    let items = &planned.stages[1].items;
    assert_eq!(items.len(), all.len());
    assert!(items.iter().all(|item| matches!(item, Item::Later(_))));
}

fn definition() -> Manifest {
    let spec = json!({"metadata": {"namespace": null}, "spec": {
        "group": "example.com", "names": {"kind": "Thing"}, "scope": "Namespaced"}});
    object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.example.com", &spec)
}

fn class() -> Manifest {
    object("storage.k8s.io/v1", "StorageClass", "fast", &json!({"metadata": {"namespace": null}}))
}

#[test]
fn kinds_that_the_set_defines_are_pending() {
    let pending = Pending::of(&[definition(), config_map("a")]);
    let kinds: Vec<_> = pending.kinds.into_iter().collect();
    assert_eq!(kinds, [("example.com".to_owned(), "Thing".to_owned())]);
}

#[test]
fn what_was_not_asked_about_is_said() {
    let (manifest, version) = (config_map("a"), "v1".to_owned());
    let settled = |action| {
        Item::Settled(Box::new(Change {
            id: id("a"),
            version: version.clone(),
            action,
            baseline: None,
            object: None,
        }))
    };
    let kind = |item: &Item| item.planned_change(&LaneObjects::default()).kind;
    assert_eq!(kind(&settled(Action::Unchanged)), ChangeKind::Unchanged);
    assert_eq!(kind(&settled(Action::Skipped)), ChangeKind::Skip);
    let later = Item::Later(Box::new(Ask { manifest, known: Known::default() }));
    assert_eq!(kind(&later), ChangeKind::Unknown);
}

async fn planned(fixture: &Fixture, depth: Depth, objects: Vec<Manifest>) -> Result<Planned, Fault> {
    let scope = fixture.scope();
    let mut worker = Worker::new(scope.control);
    let built = Built { depth, objects, input: input(), memory: None, repeats: false };
    plan(&scope, &fixture.recorder(), &mut worker, built).await
}

/// A plan as text: changes, deletions, and what is known before its write.
fn text(planned: &Planned) -> String {
    let changes = planned.changes.changes.iter().map(|change| format!("{}: {:?}", change.id, change.kind));
    let deletions = planned.stale.iter().map(|(id, version)| format!("{id} {version}: stale"));
    let intended = planned.intended.parsed().into_iter().map(|(id, _)| format!("{id}: intended"));
    changes.chain(deletions).chain(intended).collect::<Vec<_>>().join("\n")
}

fn recorded(names: &[&str]) -> Value {
    json!({"status": {"inventory": ids(names).to_inventory()}})
}

#[tokio::test(start_paused = true)]
async fn a_plan_names_what_is_created_what_is_stale_and_what_is_not_known() {
    let fixture = Fixture::new(&recorded(&["gone", "kept"])).await;
    let inner = object("v1", "ConfigMap", "inner", &json!({"metadata": {"namespace": "new"}}));
    let outer = object("v1", "Namespace", "new", &json!({"metadata": {"namespace": null}}));
    let thing = object("example.com/v1", "Thing", "t", &json!({}));
    let objects = vec![definition(), outer, inner, thing, config_map("kept")];
    insta::assert_snapshot!(text(&planned(&fixture, Depth::Incremental, objects).await.unwrap()), @r"
    CustomResourceDefinition/things.example.com: Create
    Namespace/new: Create
    ConfigMap/new/inner: Unknown
    ConfigMap/ns/kept: Create
    Thing/ns/t: Unknown
    ConfigMap/ns/gone v1: stale
    Namespace/new: intended
    CustomResourceDefinition/things.example.com: intended
    ConfigMap/new/inner: intended
    ConfigMap/ns/kept: intended
    Thing/ns/t: intended
    ");
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run customresourcedefinitions/things.example.com
    dry-run namespaces/new
    dry-run ns/configmaps/kept
    ");
}

#[tokio::test(start_paused = true)]
async fn without_prune_nothing_is_stale() {
    let fixture = Fixture::new(&json!({
        "spec": {"prune": false}, "status": {"inventory": ids(&["gone"]).to_inventory()},
    }))
    .await;
    let planned = planned(&fixture, Depth::Incremental, vec![config_map("a")]).await.unwrap();
    assert!(planned.stale.is_empty() && planned.changes.deletions.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shallow_plan_is_empty() {
    let fixture = Fixture::new(&recorded(&["gone"])).await;
    let planned = planned(&fixture, Depth::Shallow, Vec::new()).await.unwrap();
    assert!(planned.stages.is_empty() && planned.changes.is_empty(), "{}", text(&planned));
    assert_eq!(fixture.requests(), "");
}

#[tokio::test(start_paused = true)]
async fn what_the_first_stage_refuses_ends_the_run_and_what_a_later_one_refuses_is_asked_again() {
    let fixture = Fixture::new(&recorded(&[])).await;
    fixture.script.on(|sent| {
        sent.path.ends_with("configmaps/a").then(|| Reply::refused(422, "Invalid", "no")).flatten()
    });
    let fault =
        planned(&fixture, Depth::Incremental, vec![config_map("a"), config_map("b")]).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Apply);
    insta::assert_snapshot!(fault.message, @"ConfigMap/ns/a dry-run failed (Invalid): no");
    let planned = planned(&fixture, Depth::Incremental, vec![config_map("a"), class()]).await.unwrap();
    insta::assert_snapshot!(text(&planned), @r"
    StorageClass/fast: Create
    ConfigMap/ns/a: Unknown
    StorageClass/fast: intended
    ConfigMap/ns/a: intended
    ");
    let Item::Later(ask) = &planned.stages[1].items[0] else { panic!("it was answered") };
    assert!(ask.known.changed, "whatever it answers then, it is applied");
}

/// Answers keep the places of those that were not asked about.
#[tokio::test(start_paused = true)]
async fn items_stand_in_apply_order() {
    let fixture = Fixture::new(&recorded(&[])).await;
    let object = config_map("b");
    let digest = manifest::digest::of(object.value());
    let change = crate::samples::change("b", Action::Unchanged);
    fixture.memory.objects.settle(&object, digest, &change);
    let objects = ["a", "b", "c"].map(config_map).to_vec();
    let planned = planned(&fixture, Depth::Incremental, objects).await.unwrap();
    insta::assert_snapshot!(text(&planned), @r"
    ConfigMap/ns/a: Create
    ConfigMap/ns/b: Unchanged
    ConfigMap/ns/c: Create
    ConfigMap/ns/a: intended
    ConfigMap/ns/b: intended
    ConfigMap/ns/c: intended
    ");
    assert!(!fixture.requests().contains("configmaps/b"));
}

/// The paths are those between the manifest applied last and this one.
#[tokio::test(start_paused = true)]
async fn a_change_names_its_paths() {
    let fixture = Fixture::new(&recorded(&[])).await;
    fixture.script.on(|sent| (sent.verb == "dry-run").then(|| Reply::Json(200, applied(&sent.body, 5))));
    let valued = |value: &str| object("v1", "ConfigMap", "a", &json!({"data": {"key": value}}));
    let before = valued("1");
    fixture.memory.objects.settle(
        &before,
        manifest::digest::of(before.value()),
        &crate::samples::change("a", Action::Configured),
    );
    insta::assert_snapshot!(text(&planned(&fixture, Depth::Incremental, vec![valued("2")]).await.unwrap()), @r#"
    ConfigMap/ns/a: Change { paths: ["/data/key"] }
    ConfigMap/ns/a: intended
    "#);
}
