//! A deletion: which objects go, which are left, and when the finalizer comes off.

use super::{clean_up, deletes};
use crate::reconcile::access::Lost;
use crate::reconcile::ending::Ending;
use crate::samples::{Fixture, Reply, ids, kustomization, live};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn the_policy_decides_and_a_suspended_one_deletes_nothing() {
    let rows = [
        (json!({}), true),
        (json!({"prune": false}), false),
        (json!({"deletionPolicy": "MirrorPrune", "prune": false}), false),
        (json!({"deletionPolicy": "Delete", "prune": false}), true),
        (json!({"deletionPolicy": "WaitForTermination", "prune": false}), true),
        (json!({"deletionPolicy": "Orphan"}), false),
        (json!({"deletionPolicy": "OfTheFuture"}), false),
        (json!({"deletionPolicy": "Delete", "suspend": true}), false),
    ];
    for (spec, wanted) in rows {
        assert_eq!(deletes(&kustomization(&json!({ "spec": spec }))), wanted, "{spec}");
    }
}

/// One that is being deleted, with two live ConfigMaps of ours.
async fn deleting(spec: Value) -> Fixture {
    let fixture = Fixture::new(&json!({
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": {api::labels::REQUESTED_AT: "token"}},
        "spec": spec, "status": {"inventory": ids(&["a", "b"]).to_inventory()},
    }))
    .await;
    fixture.publish("1");
    fixture.script.on(|sent| {
        let name = sent.path.strip_prefix("ns/configmaps/")?;
        (sent.verb == "get").then(|| Reply::ok(live(name, "app", 5))).flatten()
    });
    fixture
}

async fn end(fixture: &Fixture) -> Ending {
    clean_up(&fixture.scope(), &mut fixture.recorder()).await
}

#[tokio::test(start_paused = true)]
async fn objects_go_before_the_finalizer() {
    let fixture = deleting(json!({})).await;
    let ending = end(&fixture).await;
    assert!(matches!(ending, Ending::Removed), "{ending:?}");
    insta::assert_snapshot!(fixture.requests(), @r"
    get ns/configmaps/b
    delete ns/configmaps/b
    get ns/configmaps/a
    delete ns/configmaps/a
    status
    finalizers []
    ");
    insta::assert_snapshot!(fixture.events().await, @r"
    Normal info: ConfigMap/ns/b deleted
    ConfigMap/ns/a deleted
    ");
    assert_eq!(fixture.stored.status()["lastHandledReconcileAt"], "token");
    assert!(fixture.memory.objects.is_closed(), "nothing is healed any more");
}

#[tokio::test(start_paused = true)]
async fn what_the_policy_leaves_is_left() {
    let fixture = deleting(json!({"deletionPolicy": "Orphan"})).await;
    assert!(matches!(end(&fixture).await, Ending::Removed));
    insta::assert_snapshot!(fixture.requests(), @r"
    status
    finalizers []
    ");
    assert_eq!(fixture.events().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_refused_deletion_keeps_the_finalizer() {
    let fixture = deleting(json!({})).await;
    fixture.script.on(|sent| {
        sent.is("delete ns/configmaps/a").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    let ending = end(&fixture).await;
    assert!(matches!(ending, Ending::Unfinished), "{ending:?}");
    let requests = fixture.requests();
    assert!(requests.contains("delete ns/configmaps/b") && !requests.contains("finalizers"), "{requests}");
    assert_eq!(
        fixture.stored.conditions(),
        "Ready=False PruneFailed: ConfigMap/ns/a delete failed: no; set spec.deletionPolicy to Orphan to leave them"
    );
    insta::assert_snapshot!(fixture.events().await, @"Warning error: pruning for deleted resource failed");
}

#[tokio::test(start_paused = true)]
async fn events_carry_the_reason_that_ready_has() {
    let fixture = deleting(json!({})).await;
    fixture.stored.change(
        &json!({"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed",
        "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}),
    );
    assert!(matches!(end(&fixture).await, Ending::Removed));
    assert!(fixture.events().await.starts_with("Normal BuildFailed: "));
}

/// The objects can only be deleted as the account: the finalizer stays until it is back, and says so once.
#[tokio::test(start_paused = true)]
async fn a_missing_account_keeps_the_finalizer() {
    let fixture = deleting(json!({"serviceAccountName": "gone"})).await;
    let ending = end(&fixture).await;
    assert!(matches!(ending, Ending::Postponed), "{ending:?}");
    insta::assert_snapshot!(fixture.requests(), @r"
    get ns/serviceaccounts/gone
    try ns/events
    status Ready=False
    ");
    let message = "ServiceAccount \"gone\" does not exist in namespace ns: 2 objects cannot be deleted as it; create it again with its rights, or set spec.deletionPolicy to Orphan to leave them";
    assert_eq!(fixture.stored.conditions(), format!("Ready=False PruneFailed: {message}"));
    assert_eq!(fixture.events().await, format!("Warning PruneFailed: {message}"));
    assert_eq!(fixture.stored.status()["lastHandledReconcileAt"], "token");
    assert_eq!(fixture.stored.inventory(), ["a", "b"]);
    // Asked again, it is still so: nothing is written or told.
    assert!(matches!(end(&fixture).await, Ending::Postponed));
    assert!(!fixture.requests().contains("status"));
    assert_eq!(fixture.events().await, "");
    let orphaned = deleting(json!({"serviceAccountName": "gone", "deletionPolicy": "Orphan"})).await;
    assert!(matches!(end(&orphaned).await, Ending::Removed), "the way out");
}

#[tokio::test(start_paused = true)]
async fn whether_an_account_is_there_has_to_be_known() {
    let fixture = deleting(json!({"serviceAccountName": "hidden"})).await;
    fixture.script.on(|sent| {
        sent.path.contains("serviceaccounts").then(|| Reply::refused(403, "Forbidden", "no")).flatten()
    });
    assert!(matches!(end(&fixture).await, Ending::Unfinished));
    // What cannot be a name is not asked for: it would be another path.
    let fixture = deleting(json!({"serviceAccountName": "../../secrets/x"})).await;
    assert!(matches!(end(&fixture).await, Ending::Postponed));
    assert!(!fixture.requests().contains("secrets"));
}

/// With its namespace an account goes for good, and a finalizer would keep the namespace.
#[tokio::test(start_paused = true)]
async fn in_a_namespace_that_ends_the_objects_are_left() {
    let fixture = deleting(json!({"serviceAccountName": "gone"})).await;
    fixture.script.on(|sent| {
        let ends = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden",
            "message": "it is being terminated", "details": {"causes": [{"reason": "NamespaceTerminating"}]}});
        sent.is("try ns/events").then_some(Reply::Json(403, ends))
    });
    assert!(matches!(end(&fixture).await, Ending::Removed));
    insta::assert_snapshot!(fixture.requests(), @r"
    get ns/serviceaccounts/gone
    try ns/events
    status
    finalizers []
    ");
}

fn with_problem(fixture: &Fixture, spec: &Value) {
    let mut object = serde_json::to_value(&*fixture.object).unwrap();
    crate::samples::merge(&mut object, &json!({ "spec": spec }));
    fixture.ctx.unreadable.report(&fixture.key, "k");
    assert!(fixture.ctx.unreadable.settle(&fixture.key, crate::unreadable::salvage(&object), drop));
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_read_is_finalised_unless_it_is_not_known_how() {
    let fixture = deleting(json!({})).await;
    with_problem(&fixture, &json!({"interval": "99999999h"}));
    assert!(matches!(end(&fixture).await, Ending::Removed));
    assert!(fixture.requests().contains("delete ns/configmaps/a"));

    let fixture = deleting(json!({})).await;
    with_problem(&fixture, &json!({"serviceAccountName": 7}));
    assert!(matches!(end(&fixture).await, Ending::HeldBack));
    insta::assert_snapshot!(fixture.requests(), @"status Stalled=True Ready=False");
    assert!(fixture.stored.conditions().contains("InvalidSpec: spec.serviceAccountName cannot be read"));
}

/// Of one whose cluster cannot be told, whatever its policy.
async fn end_lost(fixture: &Fixture) -> Ending {
    let mut scope = fixture.scope();
    scope.target = Arc::clone(fixture.ctx.clusters.nowhere());
    scope.lost = Some(Lost { text: "no kubeconfig".to_owned(), certain: true });
    clean_up(&scope, &mut fixture.recorder()).await
}

/// Nothing is deleted anywhere, the finalizer stays, and Ready says why and what can be done; once.
#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_out_of_reach_keeps_the_finalizer() {
    let fixture = deleting(json!({"kubeConfig": {"secretRef": {"name": "s"}}})).await;
    assert!(matches!(end_lost(&fixture).await, Ending::Postponed));
    let message = "no kubeconfig: 2 objects in the cluster of spec.kubeConfig cannot be deleted; set spec.deletionPolicy to Orphan to leave them";
    assert_eq!(fixture.stored.conditions(), format!("Ready=False PruneFailed: {message}"));
    assert_eq!(fixture.requests(), "status Ready=False");
    assert_eq!(fixture.events().await, format!("Warning PruneFailed: {message}"));
    assert!(matches!(end_lost(&fixture).await, Ending::Postponed));
    assert_eq!((fixture.requests().as_str(), fixture.events().await.as_str()), ("", ""));
    // The ways out, and where there is nothing to delete.
    for spec in [
        json!({"kubeConfig": {"secretRef": {"name": "s"}}, "deletionPolicy": "Orphan"}),
        json!({"kubeConfig": {"secretRef": {"name": "s"}}, "prune": false}),
    ] {
        assert!(matches!(end_lost(&deleting(spec).await).await, Ending::Removed));
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_one_declares_is_left_to_it() {
    let fixture = deleting(json!({})).await;
    fixture.add("taker", &json!({}));
    fixture.declare("taker", &["a"]);
    assert!(matches!(end(&fixture).await, Ending::Removed));
    let requests = fixture.requests();
    assert!(
        !requests.contains("delete ns/configmaps/a") && requests.contains("delete ns/configmaps/b"),
        "{requests}"
    );
    insta::assert_snapshot!(fixture.events().await, @r"
    Warning error: not deleted, left to the new owner: ConfigMap/ns/a (Kustomization ns/taker)
    Normal info: ConfigMap/ns/b deleted
    ");
}

#[tokio::test(start_paused = true)]
async fn termination_is_waited_for_until_time_is_up() {
    let fixture = deleting(json!({"deletionPolicy": "WaitForTermination", "timeout": "1m"})).await;
    let begun = tokio::time::Instant::now();
    assert!(matches!(end(&fixture).await, Ending::Removed));
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert!(fixture.events().await.contains("failed to wait for resources termination"));

    let fixture = deleting(json!({"deletionPolicy": "WaitForTermination", "timeout": "1m"})).await;
    let asked = Arc::new(AtomicU32::new(0));
    fixture.script.on(move |sent| {
        if sent.verb != "get" {
            return None;
        }
        // Gone after a while; what has its name then is another object.
        let mut object = live("a", "app", 5);
        if asked.fetch_add(1, Ordering::SeqCst) > 6 {
            object["metadata"]["uid"] = json!("successor");
        }
        Reply::ok(object)
    });
    assert!(matches!(end(&fixture).await, Ending::Removed));
    assert!(!fixture.events().await.contains("failed to wait"));
}

#[tokio::test(start_paused = true)]
async fn a_status_or_finalizer_that_cannot_be_written_is_an_ending() {
    for refused in 0..2 {
        let fixture = deleting(json!({"deletionPolicy": "Orphan"})).await;
        let mut refusals = vec![500_u16; 1];
        if refused == 1 {
            // The status is written already.
            fixture.stored.change(&json!({"status": {"lastHandledReconcileAt": "token"}}));
            refusals = vec![409];
        }
        *fixture.stored.refusals.lock() = refusals;
        let ending = end(&fixture).await;
        assert!(matches!(ending, Ending::Unwritten(_)), "{ending:?}");
    }
}
