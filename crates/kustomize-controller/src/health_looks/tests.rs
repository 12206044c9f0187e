//! Who is asked, how often, and what is made of the answer.

use super::{HealthLooks, LIFE};
use crate::samples::{Fixture, Reply, Sent, id};
use manifest::{Gvk, ObjectId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn deployments() -> Gvk {
    Gvk::parse("apps/v1", "Deployment")
}

fn web(name: &str) -> ObjectId {
    ObjectId { kind: "Deployment".into(), group: "apps".into(), ..id(name) }
}

/// A Deployment of no replicas, as a list has it: without apiVersion and kind.
fn deployment(name: &str, version: u64, available: bool) -> Value {
    let status = if available { "True" } else { "False" };
    json!({
        "metadata": {"name": name, "namespace": "ns", "resourceVersion": version.to_string(), "generation": 1},
        "spec": {"replicas": 0},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Available", "status": status}]},
    })
}

fn list(items: &[Value], more: &str) -> Option<Reply> {
    Reply::ok(json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": more}, "items": items}))
}

#[tokio::test]
async fn all_who_ask_share_one_list_and_learn_what_is_current() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent: &Sent| {
        let first = [deployment("a", 5, true), deployment("b", 6, false)];
        match (sent.is("list deployments"), sent.query.contains("continue=")) {
            (true, false) => list(&first, "more"),
            (true, true) => list(&[deployment("c", 7, true)], ""),
            _ => None,
        }
    });
    let (looks, cluster) = (Arc::new(HealthLooks::default()), &fixture.ctx.clusters.local().cluster);
    let kind = deployments();
    let asked = (0..20).map(|_| looks.of(cluster, &kind));
    for cell in futures::future::join_all(asked).await {
        let shown = cell.get().unwrap();
        let at = |name: &str| shown.current_at(&web(name));
        assert_eq!((at("a"), at("b"), at("c"), at("d")), (Some(5), None, Some(7), None));
    }
    let line = "list deployments labelSelector=kustomize.toolkit.fluxcd.io/name";
    assert_eq!(fixture.requests(), format!("{line}\n{line}"), "two pages, once");
}

#[tokio::test]
async fn what_cannot_be_listed_is_not_called_current_and_not_asked_for_again() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture
        .script
        .on(|sent| sent.is("list configmaps").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    let (looks, cluster) = (Arc::new(HealthLooks::default()), &fixture.ctx.clusters.local().cluster);
    for _ in 0..2 {
        let cell = looks.of(cluster, &Gvk::parse("v1", "ConfigMap")).await;
        assert_eq!(cell.get().unwrap().current_at(&id("a")), None);
    }
    assert_eq!(fixture.requests().lines().count(), 1);
}

/// The contents of Secrets are not asked for.
#[tokio::test]
async fn what_metadata_tells_is_asked_for_metadata() {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.script.on(|sent| {
        let metadata = json!({"name": "a", "namespace": "ns", "resourceVersion": "5"});
        let deleted = json!({"name": "b", "namespace": "ns", "resourceVersion": "5",
            "deletionTimestamp": "2026-01-01T00:00:00Z"});
        let items = [json!({"metadata": metadata}), json!({"metadata": deleted})];
        sent.is("list configmaps").then(|| list(&items, "")).flatten()
    });
    let (looks, cluster) = (Arc::new(HealthLooks::default()), &fixture.ctx.clusters.local().cluster);
    let cell = looks.of(cluster, &Gvk::parse("v1", "ConfigMap")).await;
    let shown = cell.get().unwrap();
    assert_eq!((shown.current_at(&id("a")), shown.current_at(&id("b"))), (Some(5), None));
}

#[test]
fn a_list_is_good_for_a_while() {
    let (looks, now) = (HealthLooks::default(), Instant::now());
    let first = looks.cell(&deployments(), now);
    let later = |seconds| now + Duration::from_secs(seconds);
    assert!(Arc::ptr_eq(&first, &looks.cell(&deployments(), later(29))));
    assert!(!Arc::ptr_eq(&first, &looks.cell(&Gvk::parse("v1", "Pod"), later(1))));
    assert!(!Arc::ptr_eq(&first, &looks.cell(&deployments(), later(LIFE.as_secs()))));
    assert_eq!(looks.looks.lock().len(), 2);
}
