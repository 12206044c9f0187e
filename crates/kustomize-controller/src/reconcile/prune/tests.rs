//! What becomes of stale objects: deleted, kept in the inventory, or left to another Kustomization.

use super::prune;
use crate::fault::{Fault, FaultKind};
use crate::reconcile::recorder::Step;
use crate::reconcile::worker::Worker;
use crate::samples::{Fixture, Reply, id, ids, live, object};
use ::apply::delete::deletion_order;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A fixture with these ConfigMaps recorded, all live and ours.
async fn recorded(names: &[&str], more: &Value) -> Fixture {
    let mut object = json!({"status": {"inventory": ids(names).to_inventory()}});
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fixture = Fixture::new(&object).await;
    fixture.publish("1");
    fixture.script.on(|sent| {
        let name = sent.path.strip_prefix("ns/configmaps/")?;
        (sent.verb == "get").then(|| Reply::ok(live(name, "app", 5))).flatten()
    });
    fixture
}

/// Prunes all but `applied`, and writes the status, as a run does.
async fn run(fixture: &Fixture, applied: &[&str]) -> Result<(), Fault> {
    let (scope, resolved, mut recorder) = (fixture.scope(), fixture.resolved(), fixture.recorder());
    recorder.resolved(&resolved);
    recorder.enter(Step::DetectingDrift);
    let mut worker = Worker::new(scope.control);
    worker.work().await?;
    let applied = ids(applied);
    let stale = deletion_order(recorder.inventory().minus(&applied));
    let pruned =
        prune(&scope, &mut recorder, &mut worker, &resolved, &fixture.applier(), (&applied, stale)).await;
    recorder.write().await.unwrap();
    pruned
}

#[tokio::test(start_paused = true)]
async fn stale_objects_are_deleted_in_reverse_order() {
    let fixture = recorded(&["a", "b", "c"], &json!({})).await;
    run(&fixture, &["a"]).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @r"
    get ns/configmaps/c
    delete ns/configmaps/c
    get ns/configmaps/b
    delete ns/configmaps/b
    record [a]
    ");
    insta::assert_snapshot!(fixture.events().await, @r"
    Normal Progressing: ConfigMap/ns/c deleted
    ConfigMap/ns/b deleted
    ");
    assert_eq!(fixture.stored.inventory(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted_stays_recorded() {
    let fixture = recorded(&["a", "b"], &json!({})).await;
    fixture.script.on(|sent| {
        sent.is("delete ns/configmaps/a").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    let fault = run(&fixture, &[]).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Prune);
    insta::assert_snapshot!(fault.message, @"delete failed, errors: ConfigMap/ns/a delete failed: no;");
    assert_eq!(fixture.stored.inventory(), ["a"]);
    insta::assert_snapshot!(fixture.events().await, @"Normal Progressing: ConfigMap/ns/b deleted");
}

#[tokio::test(start_paused = true)]
async fn what_is_another_s_is_let_go_and_what_cannot_be_read_is_kept() {
    let fixture = recorded(&["theirs"], &json!({})).await;
    fixture.stored.change(&json!({"status": {"inventory": {"entries": [
        {"id": id("theirs").to_inventory(), "v": "v1"}, {"id": "unreadable", "v": "v1"}]}}}));
    fixture.script.on(|sent| (sent.verb == "get").then(|| Reply::ok(live("theirs", "other", 5))).flatten());
    run(&fixture, &[]).await.unwrap();
    assert!(!fixture.requests().contains("delete"));
    assert_eq!(fixture.stored.status()["inventory"]["entries"], json!([{"id": "unreadable", "v": "v1"}]));
}

/// Nothing of them is healed or watched any more.
#[tokio::test(start_paused = true)]
async fn what_is_pruned_is_forgotten() {
    let fixture = recorded(&["a", "b"], &json!({})).await;
    let objects = &fixture.memory.objects;
    fixture.ctx.claims.claim(&fixture.key, objects, [id("a"), id("b")].into_iter());
    let pod = object("v1", "Pod", "p", &json!({})).gvk();
    fixture.kind_watches().use_by(&fixture.key, std::iter::once(pod));
    assert!(!fixture.kind_watches().are_synced(&fixture.key));
    run(&fixture, &["a"]).await.unwrap();
    assert_eq!(objects.ids(), [id("a")]);
    assert!(fixture.kind_watches().are_synced(&fixture.key), "no Pod is left to watch");
}

#[tokio::test(start_paused = true)]
async fn what_another_one_declares_is_kept_for_it() {
    let fixture = recorded(&["moves"], &json!({})).await;
    fixture.add("taker", &json!({}));
    fixture.declare("taker", &["moves"]);
    run(&fixture, &[]).await.unwrap();
    let requests = fixture.requests();
    assert!(!requests.contains("delete"), "{requests}");
    assert_eq!(fixture.stored.inventory(), ["moves"]);
    assert!(fixture.memory.objects.is_handing_over());
    insta::assert_snapshot!(fixture.stored.conditions(), @r"
    Ready=Unknown Progressing: Reconciliation in progress
    Reconciling=True Progressing: Waiting for the new owner to take over: ConfigMap/ns/moves (Kustomization ns/taker)
    ");
    insta::assert_snapshot!(fixture.events().await, @"Normal Progressing: pruning postponed until the new owner takes over: ConfigMap/ns/moves (Kustomization ns/taker)");
    // It is said once, for as long as nothing changes.
    run(&fixture, &[]).await.unwrap();
    assert_eq!(fixture.events().await, "");
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_over_is_neither_deleted_nor_recorded() {
    let fixture = recorded(&["moves"], &json!({})).await;
    fixture.add("taker", &json!({}));
    fixture.declare("taker", &["moves"]);
    let taken = Arc::new(AtomicBool::new(false));
    let is_taken = Arc::clone(&taken);
    fixture.script.on(move |sent| {
        let owner = if is_taken.load(Ordering::SeqCst) { "taker" } else { "app" };
        (sent.verb == "get").then(|| Reply::ok(live("moves", owner, 5))).flatten()
    });
    let take = async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        taken.store(true, Ordering::SeqCst);
        fixture.add("taker", &json!({"metadata": {"resourceVersion": "2"}}));
        fixture.ctx.changes.send_modify(|changes| *changes += 1);
    };
    let (pruned, ()) = tokio::join!(run(&fixture, &[]), take);
    pruned.unwrap();
    assert!(fixture.stored.inventory().is_empty());
    assert!(!fixture.requests().contains("delete") && !fixture.memory.objects.is_handing_over());
    insta::assert_snapshot!(fixture.events().await, @"Normal Progressing: ConfigMap/ns/moves skipped");
}

/// Another tenant must not keep our objects from being pruned.
#[tokio::test(start_paused = true)]
async fn one_that_is_not_near_has_its_time_and_no_more() {
    let fixture = recorded(&["moves"], &json!({"spec": {"sourceRef": {"namespace": "ns"}}})).await;
    let mut far = crate::samples::kustomization(
        &json!({"metadata": {"namespace": "far", "name": "taker"}, "spec": {"sourceRef": {"name": "theirs"}}}),
    );
    far.metadata.uid = Some("far".into());
    let key = reconcile_core::ObjectKey::new("far", "taker");
    let spec = crate::render_request::digest(&fixture.ctx.options, &key, &far.spec);
    fixture.ctx.kustomizations.insert(Arc::new(far));
    let source = reconcile_core::ObjectKey::new("far", "theirs");
    fixture.ctx.sources.put(
        api::meta::SourceKind::GitRepository,
        &source,
        Some(crate::samples::artifact("1")),
    );
    let made = crate::declared::Made {
        artifact: crate::samples::artifact("1").digest,
        spec,
        cluster: Default::default(),
    };
    let objects = crate::declared::Objects::of(
        &cluster::TargetId::Local,
        &[crate::samples::config_map("moves")],
        |_, _| [0; 32],
    );
    fixture.ctx.declared.set(&key, made, objects);
    let begun = tokio::time::Instant::now();
    run(&fixture, &[]).await.unwrap();
    assert!(begun.elapsed().as_secs() >= 30);
    assert!(fixture.requests().contains("delete ns/configmaps/moves"));
    assert!(fixture.stored.inventory().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_for_us_is_not_waited_for() {
    let fixture = recorded(&["moves"], &json!({})).await;
    fixture.add("taker", &json!({"spec": {"dependsOn": [{"name": "app"}]}}));
    fixture.declare("taker", &["moves"]);
    let begun = tokio::time::Instant::now();
    run(&fixture, &[]).await.unwrap();
    assert!(begun.elapsed().as_secs() < 1);
    assert_eq!(fixture.stored.inventory(), ["moves"]);
}

#[tokio::test(start_paused = true)]
async fn a_newer_input_ends_the_wait_and_nothing_is_deleted() {
    let fixture = recorded(&["moves"], &json!({})).await;
    fixture.add("taker", &json!({}));
    fixture.lent.cancel();
    let fault = run(&fixture, &[]).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Cancelled);
    assert!(!fixture.requests().contains("delete"));
    assert_eq!(fixture.stored.inventory(), ["moves"]);
}
