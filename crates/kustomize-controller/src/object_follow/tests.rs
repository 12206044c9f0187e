//! Which watches are opened, what their events mean, and when Pods are looked at.

use super::{Followed, Follower, Target, selector_of, translate};
use crate::samples::{Fixture, Reply, config_map, id, object};
use futures::StreamExt as _;
use health::kstatus::Status;
use kube::api::{DynamicObject, WatchEvent};
use manifest::Manifest;
use serde_json::json;
use std::collections::BTreeMap;

fn target(object: &Manifest, labelled: bool) -> Target {
    Target { id: object.id(), version: object.gvk().version, object: None, labelled, may_vanish: false }
}

fn follower(fixture: &Fixture) -> Follower<'_> {
    Follower::new(fixture.ctx.clusters.local().mapper(), fixture.script.client())
}

/// Opens the watches, and what each says first.
async fn opened(fixture: &Fixture, targets: &[Target]) -> Vec<Option<Followed>> {
    let streams = follower(fixture).follow(&fixture.key, targets.iter()).await;
    let firsts = streams.into_iter().map(|mut stream| async move { stream.next().await });
    futures::future::join_all(firsts).await
}

#[tokio::test(start_paused = true)]
async fn one_watch_follows_what_carries_our_labels() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture
        .script
        .on(|sent| (sent.verb == "watch").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    let class =
        object("storage.k8s.io/v1", "StorageClass", "fast", &json!({"metadata": {"namespace": null}}));
    let elsewhere = object("v1", "ConfigMap", "x", &json!({"metadata": {"namespace": "other"}}));
    let targets = [
        target(&config_map("a"), true),
        target(&config_map("b"), true),
        target(&elsewhere, true),
        target(&class, false),
    ];
    let said = opened(&fixture, &targets).await;
    insta::assert_snapshot!(fixture.requests(), @r"
    watch ns/configmaps labelSelector=kustomize.toolkit.fluxcd.io/name=app,kustomize.toolkit.fluxcd.io/namespace=ns
    watch other/configmaps fieldSelector=metadata.name=x
    watch storageclasses fieldSelector=metadata.name=fast
    ");
    let blind: usize = said
        .iter()
        .map(|word| match word {
            Some(Followed::Blind { ids, error }) if error == "no" => ids.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(blind, 4, "all of them cannot be watched");
}

#[test]
fn a_selector_is_all_of_its_labels_and_expressions() {
    let selector = json!({"matchLabels": {"app": "web", "tier": "front"}, "matchExpressions": [
        {"key": "a", "operator": "In", "values": ["1", "2"]}, {"key": "b", "operator": "NotIn", "values": ["3"]},
        {"key": "c", "operator": "Exists"}, {"key": "d", "operator": "DoesNotExist"},
        {"key": "e", "operator": "Unheard"},
    ]});
    assert_eq!(selector_of(&selector), "app=web,tier=front,a in (1,2),b notin (3),c,!d");
    assert_eq!(selector_of(&json!({})), "");
}

/// One that is named by a health check may lack our labels.
#[tokio::test(start_paused = true)]
async fn one_that_may_lack_our_labels_has_a_watch_of_its_own() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture
        .script
        .on(|sent| (sent.verb == "watch").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    opened(&fixture, &[target(&config_map("a"), true), target(&config_map("b"), false)]).await;
    insta::assert_snapshot!(fixture.requests(), @r"
    watch ns/configmaps fieldSelector=metadata.name=a
    watch ns/configmaps fieldSelector=metadata.name=b
    ");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_served_cannot_be_followed() {
    let fixture = Fixture::with_spec(json!({})).await;
    let said = opened(&fixture, &[target(&object("example.com/v1", "Thing", "t", &json!({})), true)]).await;
    let Some(Some(Followed::Blind { error, .. })) = said.first() else { panic!("it is followed") };
    insta::assert_snapshot!(error, @r#"no matches for kind "Thing" in group "example.com""#);
}

#[test]
fn events_are_known_by_name() {
    let ids = BTreeMap::from([("a".to_owned(), id("a"))]);
    let of =
        |name: &str| -> DynamicObject { serde_json::from_value(config_map(name).value().clone()).unwrap() };
    for event in [WatchEvent::Added(of("a")), WatchEvent::Modified(of("a"))] {
        let Some(Followed::Object { id: found, object }) = translate(event, &ids) else {
            panic!("nothing is said")
        };
        assert_eq!((found, object["kind"].as_str()), (id("a"), Some("ConfigMap")));
    }
    let gone = translate(WatchEvent::Deleted(of("a")), &ids);
    assert!(matches!(gone, Some(Followed::Absent { id: found }) if found == id("a")));
    for event in [WatchEvent::Added(of("b")), WatchEvent::Deleted(of("b"))] {
        assert!(translate(event, &ids).is_none(), "nobody waits for it");
    }
}

fn stateful_set() -> Manifest {
    object("apps/v1", "StatefulSet", "db", &json!({"spec": {"selector": {"matchLabels": {"app": "db"}}}}))
}

async fn escalated(fixture: &Fixture, object: &Manifest, status: Status) -> Status {
    follower(fixture).escalate(&target(object, true), object.value(), status).await
}

#[tokio::test]
async fn pods_are_looked_at_only_where_they_decide() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent| {
        let pod = object(
            "v1",
            "Pod",
            "db-0",
            &json!({"status": {"phase": "Running", "containerStatuses": [
            {"name": "db", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}),
        );
        let list = json!({"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [pod.value()]});
        (sent.verb == "list").then(|| Reply::ok(list)).flatten()
    });
    assert_eq!(escalated(&fixture, &stateful_set(), Status::Current).await, Status::Current);
    let deployment = object(
        "apps/v1",
        "Deployment",
        "web",
        &json!({"spec": {"selector": {"matchLabels": {"app": "db"}}}}),
    );
    assert_eq!(escalated(&fixture, &deployment, Status::InProgress).await, Status::InProgress);
    let blank = object("apps/v1", "StatefulSet", "db", &json!({}));
    assert_eq!(escalated(&fixture, &blank, Status::InProgress).await, Status::InProgress);
    assert_eq!(fixture.requests(), "");
    assert_eq!(escalated(&fixture, &stateful_set(), Status::InProgress).await, Status::Failed);
    assert_eq!(fixture.requests(), "list ns/pods labelSelector=app=db");
}

#[tokio::test]
async fn pods_that_cannot_be_read_change_nothing() {
    let fixture = Fixture::with_spec(json!({})).await;
    assert_eq!(escalated(&fixture, &stateful_set(), Status::InProgress).await, Status::InProgress);
    fixture.script.on(|sent| (sent.verb == "list").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    assert_eq!(escalated(&fixture, &stateful_set(), Status::InProgress).await, Status::InProgress);
}
