//! Who is asked, what is known of them, and for whom it is worth waiting.

use super::{Asker, Looked, Takers, ask, depends_on, is_near, list, takes_over};
use crate::declared::{Made, Objects};
use crate::render_request;
use crate::samples::{Fixture, artifact, config_map, id, key, kustomization, object};
use cluster::TargetId;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

async fn fixture() -> Fixture {
    let fixture = Fixture::with_spec(json!({})).await;
    fixture.publish("1");
    fixture
}

fn asker(fixture: &Fixture) -> Asker<'_> {
    Asker { ctx: &fixture.ctx, key: &fixture.key, object: &fixture.object, target: &TargetId::Local }
}

async fn takers(fixture: &Fixture, stale: &[ObjectId]) -> Takers {
    ask(asker(fixture), stale, None).await
}

fn names(keys: &BTreeSet<ObjectKey>) -> Vec<&str> {
    keys.iter().map(|key| key.name.as_str()).collect()
}

#[tokio::test]
async fn nobody_is_asked_about_himself() {
    let fixture = fixture().await;
    assert_eq!(takers(&fixture, &[id("a")]).await, Takers::default());
}

#[tokio::test]
async fn one_that_is_near_and_unheard_is_unknown_until_it_declares() {
    let fixture = fixture().await;
    fixture.add("other", &json!({}));
    assert_eq!(names(&takers(&fixture, &[id("a")]).await.unknown), ["other"]);
    fixture.declare("other", &["a", "b"]);
    let takers = takers(&fixture, &[id("a"), id("c")]).await;
    assert_eq!(takers.declared, BTreeMap::from([(id("a"), key("other"))]));
    assert!(takers.unknown.is_empty());
}

/// A declaration counts for the artifact and the spec that it was made of.
#[tokio::test]
async fn an_old_declaration_does_not_count() {
    let fixture = fixture().await;
    fixture.add("other", &json!({}));
    fixture.declare("other", &["a"]);
    fixture.publish("2");
    assert_eq!(names(&takers(&fixture, &[id("a")]).await.unknown), ["other"]);
}

#[tokio::test]
async fn whoever_applies_nothing_takes_nothing_over() {
    let fixture = fixture().await;
    let rows = [
        ("suspended", json!({"spec": {"suspend": true}})),
        ("deleted", json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})),
        ("stalled", json!({"spec": {"deletionPolicy": "Archive"}})),
        ("without a source", json!({"spec": {"sourceRef": {"name": "missing"}}})),
    ];
    for (name, more) in rows {
        fixture.add(name, &more);
    }
    assert_eq!(takers(&fixture, &[id("a")]).await, Takers::default());
}

#[test]
fn suspension_deletion_and_a_stall_keep_from_taking_over() {
    assert!(takes_over(&kustomization(&json!({}))));
    assert!(!takes_over(&kustomization(&json!({"spec": {"suspend": true}}))));
    assert!(!takes_over(&kustomization(&json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}))));
    assert!(takes_over(&kustomization(&json!({"spec": {"kubeConfig": {"secretRef": {"name": "s"}}}}))));
}

#[test]
fn near_is_the_same_namespace_or_the_same_source() {
    let own = kustomization(&json!({}));
    let near = |namespace: &str, reference: &Value| {
        let other =
            kustomization(&json!({"metadata": {"namespace": namespace}, "spec": {"sourceRef": reference}}));
        is_near(&key("app"), &own, &ObjectKey::new(namespace, "other"), &other)
    };
    assert!(near("ns", &json!({"name": "other"})));
    assert!(near("far", &json!({"namespace": "ns"})));
    assert!(!near("far", &json!({})), "the name alone is another source");
    assert!(!near("far", &json!({"namespace": "ns", "kind": "Bucket"})));
    assert!(!near("far", &json!({"namespace": "ns", "name": "other"})));
}

fn declare_child(fixture: &Fixture, parent: &str, child_path: &str) {
    let spec = json!({"spec": {"interval": "1m", "prune": true, "path": child_path, "sourceRef": {"kind": "GitRepository", "name": "app"}}});
    let child = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "child", &spec);
    let parent_key = key(parent);
    let parent = fixture.ctx.kustomizations.get(&parent_key).unwrap();
    let digest = |key: &ObjectKey, spec: &_| render_request::digest(&fixture.ctx.options, key, spec);
    let made = Made {
        artifact: artifact("1").digest,
        spec: digest(&parent_key, &parent.spec),
        cluster: TargetId::Local,
    };
    fixture.ctx.declared.set(&parent_key, made, Objects::of(&TargetId::Local, &[child], digest));
}

#[tokio::test]
async fn a_child_that_is_not_there_yet_is_unknown() {
    let fixture = fixture().await;
    fixture.add("parent", &json!({}));
    declare_child(&fixture, "parent", "new");
    assert_eq!(names(&takers(&fixture, &[id("a")]).await.unknown), ["child"]);
    // It is there in its former form.
    fixture.add("child", &json!({"spec": {"path": "old"}}));
    fixture.declare("child", &[]);
    assert_eq!(names(&takers(&fixture, &[id("a")]).await.unknown), ["child"]);
    fixture.add("child", &json!({"metadata": {"resourceVersion": "2"}, "spec": {"path": "new"}}));
    fixture.declare("child", &[]);
    assert!(takers(&fixture, &[id("a")]).await.unknown.is_empty());
    // One that applies nothing stays as it is.
    fixture.add(
        "child",
        &json!({"metadata": {"resourceVersion": "3"}, "spec": {"path": "old", "suspend": true}}),
    );
    assert!(takers(&fixture, &[id("a")]).await.unknown.is_empty());
}

#[tokio::test(start_paused = true)]
async fn runs_have_a_moment_to_declare_by_themselves() {
    let fixture = fixture().await;
    fixture.add("other", &json!({}));
    let stale = [id("a")];
    assert!(matches!(asker(&fixture).hear_now(&stale).await, Looked::Unheard(_)));
    let tell = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        fixture.declare("other", &["a"]);
    };
    let never = std::future::pending();
    let (looked, ()) = tokio::join!(asker(&fixture).hear_runs(&stale, never), tell);
    let Looked::Heard(takers) = looked else { panic!("{looked:?}") };
    assert!(takers.declared.contains_key(&id("a")));
    assert!(matches!(asker(&fixture).hear_now(&stale).await, Looked::Heard(_)));
}

/// What it would be built from cannot be fetched.
#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_built_is_waited_for_and_then_left() {
    let fixture = fixture().await;
    fixture.publish_unreadable();
    fixture.add("other", &json!({}));
    let begun = tokio::time::Instant::now();
    let looked = asker(&fixture).hear_all(&[id("a")], std::future::pending()).await;
    assert!(matches!(&looked, Looked::Unheard(takers) if names(&takers.unknown) == ["other"]), "{looked:?}");
    assert!((15..17).contains(&begun.elapsed().as_secs()));
    assert!(matches!(asker(&fixture).hear_all(&[id("a")], std::future::ready(())).await, Looked::Cancelled));
}

#[tokio::test]
async fn dependencies_are_followed_and_circles_end() {
    let fixture = fixture().await;
    let on = |name: &str| json!({"spec": {"dependsOn": [{"name": name}]}});
    fixture.add("one", &on("two"));
    fixture.add("two", &on("three"));
    fixture.add("three", &on("one"));
    let depends = |from: &str, to: &str| depends_on(&fixture.ctx, &key(from), &key(to));
    assert!(depends("one", "three"));
    assert!(depends("one", "one"));
    assert!(!depends("one", "app"));
    assert!(!depends("missing", "app"));
    let takers = Takers { declared: BTreeMap::from([(id("a"), key("one"))]), unknown: BTreeSet::new() };
    let ours = [(id("a"), "v1".to_owned())];
    assert!(asker(&fixture).is_awaited(&ours, &takers));
    fixture.add(
        "three",
        &json!({"metadata": {"resourceVersion": "2"}, "spec": {"dependsOn": [{"name": "app"}]}}),
    );
    assert!(!asker(&fixture).is_awaited(&ours, &takers), "it waits for us in turn");
    assert!(!asker(&fixture).is_awaited(&[(id("b"), "v1".to_owned())], &takers));
    assert!(asker(&fixture).is_kept_for(&key("one")));
    assert!(!asker(&fixture).is_kept_for(&key("missing")));
}

#[test]
fn people_read_three_names_and_a_number() {
    let objects: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|name| (id(name), "v1".to_owned())).collect();
    let declared = objects.iter().map(|(id, _)| (id.clone(), key("taker"))).collect();
    let unknown = ["k1", "k2", "k3", "k4"].iter().map(|name| key(name)).collect();
    let takers = Takers { declared, unknown };
    insta::assert_snapshot!(list(&objects, &takers), @"ConfigMap/ns/a (Kustomization ns/taker), ConfigMap/ns/b (Kustomization ns/taker), ConfigMap/ns/c (Kustomization ns/taker), and 2 more");
    insta::assert_snapshot!(list(&objects[..2], &takers), @"ConfigMap/ns/a (Kustomization ns/taker), ConfigMap/ns/b (Kustomization ns/taker)");
    insta::assert_snapshot!(takers.question(), @"Waiting to learn what Kustomization ns/k1, ns/k2, ns/k3 declares");
    let wanted =
        Takers { declared: BTreeMap::from([(id("b"), key("t"))]), ..Takers::default() }.wanted(&objects);
    assert_eq!(wanted, [(config_map("b").id(), "v1".to_owned())]);
}
