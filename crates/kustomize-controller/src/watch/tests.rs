//! From what watches say to whom it concerns.

use super::{IN_TRANSIT, Links, connect, facts, on_kustomization, on_pool};
use crate::claims::{Alarm, Claims};
use crate::machine::Kustomizations;
use crate::memory::LaneObjects;
use crate::references::References;
use crate::samples::{Fixture, change, config_map, id, key, kustomization, local};
use crate::step::Facts;
use ::apply::Action;
use api::labels;
use cluster::TargetId;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use parking_lot::Mutex;
use reconcile_core::watch::{Change, Gone};
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use reconcile_core::{ObjectKey, Runtime};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

#[test]
fn facts_are_what_decides() {
    assert_eq!(
        facts(&kustomization(&json!({}))),
        Facts { generation: 3, finalized: true, ..Facts::default() }
    );
    let all = kustomization(&json!({
        "metadata": {
            "annotations": {labels::REQUESTED_AT: "r", labels::FULL_PASS_AT: "f"},
            "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["theirs"],
        },
        "spec": {"suspend": true},
    }));
    let wanted = Facts {
        generation: 3,
        requested: (Some("r".into()), Some("f".into())),
        deleting: true,
        suspended: true,
        finalized: false,
        ..Facts::default()
    };
    assert_eq!(facts(&all), wanted);
}

fn config_maps() -> WatchedKind {
    WatchedKind { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() }
}

fn seen(name: &str, version: u64, metadata: &Value) -> PoolEvent {
    let mut whole = json!({"name": name, "namespace": "ns", "uid": "u", "resourceVersion": version.to_string(),
        "labels": {labels::OWNER_NAME: "app", labels::OWNER_NAMESPACE: "ns"}});
    for (key, value) in metadata.as_object().unwrap() {
        whole[key] = value.clone();
    }
    let metadata: ObjectMeta = serde_json::from_value(whole).unwrap();
    PoolEvent::Applied(Box::new(Seen { kind: config_maps(), metadata, body: Value::Null }))
}

fn gone(name: &str, uid: &str) -> PoolEvent {
    PoolEvent::Deleted { kind: config_maps(), gone: Gone { key: key(name), uid: uid.into(), missed: false } }
}

/// Claims of `ns/app`, what it heard, and its memory.
struct Ear {
    claims: Arc<Claims>,
    memory: Arc<LaneObjects>,
    heard: Arc<Mutex<Vec<String>>>,
    news: watch::Sender<u64>,
}

impl Ear {
    /// It has applied `a`.
    fn new() -> Self {
        let (claims, memory) = (Arc::new(Claims::default()), Arc::new(LaneObjects::default()));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&heard);
        claims.on_alarm(move |key, alarm| {
            let what = match alarm {
                Alarm::Drift(ids) => {
                    ids.iter().map(|object| object.id.name.clone()).collect::<Vec<_>>().join(",")
                }
                Alarm::TakenOver => "taken over".to_owned(),
            };
            hear.lock().push(format!("{key}: {what}"));
        });
        claims.claim(&key("app"), &memory, std::iter::once(id("a")));
        memory.settle(&config_map("a"), [0; 16], &change("a", Action::Created));
        Self { claims, memory, heard, news: watch::Sender::new(0) }
    }

    fn say(&self, event: PoolEvent) -> Vec<String> {
        on_pool(&TargetId::Local, &self.claims, &self.news, event);
        std::mem::take(&mut self.heard.lock())
    }
}

#[tokio::test]
async fn what_a_pool_sees_goes_to_whom_it_concerns() {
    let ear = Ear::new();
    assert!(ear.say(seen("a", 4, &json!({}))).is_empty(), "older than our own write");
    assert_eq!(ear.say(seen("a", 9, &json!({}))), ["ns/app: a"], "our entry is gone");
    assert!(ear.say(seen("other", 9, &json!({}))).is_empty());
    assert_eq!(ear.say(gone("a", "u")), ["ns/app: a"]);
    assert_eq!(*ear.news.borrow(), 0, "no watch has changed its state");
}

/// A directive on the live object, or owner references, keep it from being healed.
#[tokio::test]
async fn what_the_metadata_says_counts() {
    let ear = Ear::new();
    ear.memory.settle(&config_map("a"), [0; 16], &change("a", Action::Skipped));
    assert!(ear.say(seen("a", 9, &json!({"annotations": {labels::RECONCILE: "disabled"}}))).is_empty());
    assert_eq!(ear.say(seen("a", 10, &json!({}))), ["ns/app: a"], "the directive was lifted");
    let ear = Ear::new();
    let owned = json!({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "x"}]});
    ear.say(seen("a", 9, &owned));
    assert!(ear.say(gone("a", "u")).is_empty(), "the garbage collector removed it");
    let ear = Ear::new();
    ear.memory.set_handing_over([id("a")].into());
    ear.memory.strike(&id("a"));
    let theirs = json!({"labels": {labels::OWNER_NAME: "other", labels::OWNER_NAMESPACE: "ns"}});
    assert_eq!(ear.say(seen("a", 9, &theirs)), ["ns/app: taken over"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_complete_list_lacks_is_missed_a_moment_later() {
    let ear = Ear::new();
    assert!(ear.say(PoolEvent::Synced(config_maps())).is_empty());
    assert_eq!(*ear.news.borrow(), 1);
    tokio::time::sleep(IN_TRANSIT * 2).await;
    assert_eq!(*ear.heard.lock(), ["ns/app: a"]);
    // Word of it was only on its way.
    let ear = Ear::new();
    ear.say(PoolEvent::Synced(config_maps()));
    on_pool(&TargetId::Local, &ear.claims, &ear.news, seen("a", 4, &json!({})));
    tokio::time::sleep(IN_TRANSIT * 2).await;
    assert!(ear.heard.lock().is_empty());
}

#[tokio::test]
async fn a_failed_watch_is_news_and_a_stopped_one_is_forgotten() {
    let ear = Ear::new();
    let error = cluster::Error::no_match("", "v1", "ConfigMap");
    ear.say(PoolEvent::Failed { kind: config_maps(), error });
    assert_eq!(*ear.news.borrow(), 1);
    // Of an object that nobody has claimed yet.
    ear.say(seen("b", 9, &json!({})));
    ear.say(PoolEvent::Stopped(config_maps()));
    ear.claims.claim(&key("app"), &ear.memory, std::iter::once(id("b")));
    ear.memory.settle(&config_map("b"), [0; 16], &change("b", Action::Created));
    assert!(ear.memory.is_unseen(&id("b")), "what was kept of it is stale");
    assert!(matches!(ear.say(gone("b", "other")).as_slice(), []));
}

/// A runtime whose jobs do nothing that matters here, since all of them are suspended.
async fn routed() -> (Arc<Runtime<Kustomizations>>, Fixture, Links) {
    let fixture = Fixture::with_spec(json!({"suspend": true})).await;
    let other = Fixture::with_spec(json!({"suspend": true})).await;
    let machine = Arc::new(Kustomizations { ctx: Arc::new(other.ctx) });
    (Runtime::new(machine, 1), fixture, Links::default())
}

#[tokio::test]
async fn a_kustomization_is_linked_to_its_source_and_its_dependencies() {
    let (runtime, fixture, links) = routed().await;
    let spec = json!({"metadata": {"resourceVersion": "2"}, "spec": {
        "suspend": true, "dependsOn": [{"name": "base"}, {"name": "far", "namespace": "other"}]}});
    on_kustomization(&fixture.ctx, &runtime, &links, Change::Applied(kustomization(&spec)));
    assert_eq!(runtime.len(), 1);
    assert_eq!(*fixture.ctx.changes.borrow(), 1);
    let source = (api::meta::SourceKind::GitRepository, key("app"));
    assert_eq!(links.by_source.dependants(&source), [key("app")]);
    assert_eq!(fixture.ctx.dependants.dependants(&key("base")), [key("app")]);
    assert_eq!(fixture.ctx.dependants.dependants(&ObjectKey::new("other", "far")), [key("app")]);
    // Another source: the old link goes.
    let moved = json!({"metadata": {"resourceVersion": "3"}, "spec": {"suspend": true, "sourceRef": {"name": "moved"}}});
    on_kustomization(&fixture.ctx, &runtime, &links, Change::Applied(kustomization(&moved)));
    assert!(links.by_source.dependants(&source).is_empty());
    assert!(fixture.ctx.dependants.dependants(&key("base")).is_empty());
    runtime.shutdown().await;
}

#[tokio::test]
async fn of_one_that_is_gone_nothing_is_kept() {
    let (runtime, fixture, links) = routed().await;
    fixture.declare("app", &["a"]);
    on_kustomization(&fixture.ctx, &runtime, &links, Change::Applied(kustomization(&json!({}))));
    let gone = Gone { key: key("app"), uid: "k".into(), missed: false };
    on_kustomization(&fixture.ctx, &runtime, &links, Change::Deleted(gone));
    assert!(fixture.ctx.kustomizations.get(&key("app")).is_none());
    assert!(links.by_source.dependants(&(api::meta::SourceKind::GitRepository, key("app"))).is_empty());
    assert_eq!(fixture.ctx.declared.is_declared_by(&key("app"), &local("a")), None);
    assert_eq!(*fixture.ctx.changes.borrow(), 2);
    // One that cannot be read, and the end of a list, change nothing.
    on_kustomization(&fixture.ctx, &runtime, &links, Change::Synced);
    assert_eq!(*fixture.ctx.changes.borrow(), 2);
    runtime.shutdown().await;
}

#[tokio::test]
async fn an_alarm_reaches_only_a_task_that_is_there() {
    let (runtime, _fixture, _links) = routed().await;
    let claims = Claims::default();
    connect(&claims, &References::new(None, CancellationToken::new()), &runtime);
    let memory = Arc::new(LaneObjects::default());
    claims.claim(&key("nobody"), &memory, std::iter::once(id("a")));
    memory.settle(&config_map("a"), [0; 16], &change("a", Action::Created));
    claims.observe(&local("a"), crate::samples::present(9, 2));
    assert!(runtime.is_empty(), "no task is begun for it");
    runtime.shutdown().await;
}
