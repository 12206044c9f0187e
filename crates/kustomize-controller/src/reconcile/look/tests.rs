//! Rows: what is known, who looks, what is asked, and what comes of it.

use super::{Looker, finds_current};
use crate::object_follow::Target;
use crate::samples::{Fixture, Reply, applied, config_map, id, object, present};
use manifest::ObjectId;
use serde_json::{Value, json};

fn target(id: ObjectId, object: Option<Value>) -> Target {
    Target { id, version: "v1".into(), object, labelled: true, may_vanish: false }
}

fn maps(names: &[&str]) -> Vec<Target> {
    names.iter().map(|name| target(id(name), None)).collect()
}

/// ConfigMaps that are tracked and live at version 5, and that are shown at this one.
async fn fixture(names: &'static [&'static str], version: u64) -> Fixture {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    let ids: Vec<ObjectId> = names.iter().map(|name| id(name)).collect();
    fixture.memory.objects.track(ids.iter().map(|id| (id.clone(), Some(present(5, 1)))));
    fixture.script.on(move |sent| {
        let items: Vec<Value> = names.iter().map(|name| applied(config_map(name).value(), version)).collect();
        let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items});
        sent.is("list configmaps").then(|| Reply::ok(list)).flatten()
    });
    fixture.script.on(move |sent| {
        let name = sent.path.strip_prefix("ns/configmaps/")?;
        let known = sent.verb == "get" && names.contains(&name);
        known.then(|| Reply::ok(applied(config_map(name).value(), version))).flatten()
    });
    fixture
}

#[tokio::test]
async fn a_newcomer_reads_whole_kinds_and_remembers() {
    let fixture = fixture(&["a", "b"], 5).await;
    let targets = maps(&["a", "b"]);
    assert!(finds_current(&fixture.scope(), Looker::Newcomer, &targets).await);
    assert_eq!(fixture.requests(), "list configmaps labelSelector=kustomize.toolkit.fluxcd.io/name");
    assert!(finds_current(&fixture.scope(), Looker::Resident, &targets).await, "it is known now");
    assert_eq!(fixture.requests(), "");
}

#[tokio::test]
async fn a_resident_reads_the_few_that_changed() {
    let fixture = fixture(&["a", "b"], 5).await;
    fixture.memory.objects.set_current(&id("a"), 5);
    assert!(finds_current(&fixture.scope(), Looker::Resident, &maps(&["a", "b"])).await);
    assert_eq!(fixture.requests(), "get ns/configmaps/b");
    let many: Vec<Target> = (0..9).map(|n| target(id(&format!("m{n}")), None)).collect();
    assert!(!finds_current(&fixture.scope(), Looker::Resident, &many).await);
    assert_eq!(fixture.requests(), "", "a wait tells of many at a time");
}

/// The list may be behind the watch; what was Current then says nothing of now.
#[tokio::test]
async fn what_is_older_than_what_the_watch_showed_does_not_count() {
    for (looker, asked) in [
        (Looker::Newcomer, "list configmaps labelSelector=kustomize.toolkit.fluxcd.io/name"),
        (Looker::Resident, "get ns/configmaps/a"),
    ] {
        let fixture = fixture(&["a"], 4).await;
        assert!(!finds_current(&fixture.scope(), looker, &maps(&["a"])).await);
        assert_eq!(fixture.requests(), asked);
        assert_eq!(fixture.memory.objects.verdict(&id("a")).0, 0);
    }
}

#[tokio::test]
async fn what_is_newer_than_what_the_watch_showed_is_as_good() {
    let fixture = fixture(&["a"], 9).await;
    assert!(finds_current(&fixture.scope(), Looker::Newcomer, &maps(&["a"])).await);
    fixture.memory.objects.observe(&id("a"), present(9, 1));
    assert!(finds_current(&fixture.scope(), Looker::Resident, &maps(&["a"])).await);
    assert_eq!(fixture.requests().lines().count(), 1, "the watch caught up with what was read");
}

#[tokio::test]
async fn what_is_not_well_or_not_there_ends_the_look() {
    let fixture = fixture(&["a"], 5).await;
    let broken =
        json!({"metadata": {"generation": 2, "resourceVersion": "5"}, "status": {"observedGeneration": 1}});
    let written = object("v1", "ConfigMap", "a", &broken).value().clone();
    let at_hand = [target(id("a"), Some(written))];
    assert!(!finds_current(&fixture.scope(), Looker::Newcomer, &at_hand).await);
    assert_eq!(fixture.requests(), "", "it was just written: what it lacks takes time");
    assert!(!finds_current(&fixture.scope(), Looker::Newcomer, &maps(&["gone"])).await);
    assert_eq!(fixture.requests(), "get ns/configmaps/gone", "what nobody tracks is read by its name");
}

/// An expression needs the whole object, and the rights of whoever wrote it.
#[tokio::test]
async fn kinds_with_expressions_are_read_one_by_one() {
    let check = json!({"apiVersion": "v1", "kind": "ConfigMap", "current": "has(data.ready)"});
    let fixture = Fixture::with_spec(json!({"wait": true, "healthCheckExprs": [check]})).await;
    fixture.memory.objects.track([(id("a"), Some(present(5, 1)))]);
    fixture.script.on(|sent| {
        let mut map = applied(config_map("a").value(), 5);
        map["data"] = json!({"ready": "yes"});
        sent.is("get ns/configmaps/a").then(|| Reply::ok(map)).flatten()
    });
    assert!(finds_current(&fixture.scope(), Looker::Newcomer, &maps(&["a"])).await);
    assert_eq!(fixture.requests(), "get ns/configmaps/a");
}
