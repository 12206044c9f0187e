//! How a dependency stands, what is said of it, and which of them is awaited.

use super::{Standing, judge, ready};
use crate::fault::{Fault, FaultKind};
use crate::samples::{Fixture, Reply, kustomization};
use api::kustomization::Kustomization;
use serde_json::{Value, json};

const REVISION: &str = "main@sha1:1";

fn condition(status: &str) -> Value {
    json!([{"type": "Ready", "status": status, "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
}

fn applied(revision: &str) -> Value {
    json!({"status": {"observedGeneration": 3, "conditions": condition("True"), "lastAppliedRevision": revision}})
}

fn of_another_source() -> Value {
    json!({"spec": {"sourceRef": {"name": "other"}}})
}

fn with(mut base: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn standing(dependency: &Value) -> Standing {
    judge(&kustomization(&json!({})), "ns", &kustomization(dependency), REVISION)
}

#[test]
fn a_dependency_is_ready_when_its_newest_generation_is() {
    assert_eq!(standing(&json!({})), Standing::NotReady, "it has no status");
    assert_eq!(standing(&applied(REVISION)), Standing::Ready);
    let status = |generation: i64, ready: &str| json!({"status": {"observedGeneration": generation, "conditions": condition(ready), "lastAppliedRevision": REVISION}});
    assert_eq!(standing(&status(2, "True")), Standing::NotReady, "of an older generation");
    assert_eq!(standing(&status(3, "False")), Standing::NotReady);
    assert_eq!(standing(&status(3, "Unknown")), Standing::NotReady);
}

#[test]
fn a_dependency_of_the_same_source_has_to_be_at_the_same_revision() {
    assert_eq!(standing(&applied("main@sha1:0")), Standing::Behind);
    assert_eq!(standing(&with(applied("main@sha1:0"), &of_another_source())), Standing::Ready);
    let elsewhere = json!({"metadata": {"namespace": "elsewhere"}});
    assert_eq!(
        standing(&with(applied("main@sha1:0"), &elsewhere)),
        Standing::Ready,
        "its own namespace's source"
    );
    let kind = json!({"spec": {"sourceRef": {"kind": "Bucket"}}});
    assert_eq!(standing(&with(applied("main@sha1:0"), &kind)), Standing::Ready);
    let explicit = json!({"spec": {"sourceRef": {"namespace": "ns"}}});
    assert_eq!(standing(&with(applied("main@sha1:0"), &explicit)), Standing::Behind);
}

async fn dependent() -> Fixture {
    Fixture::with_spec(json!({"dependsOn": [{"name": "base"}]})).await
}

async fn refused(fixture: &Fixture) -> Fault {
    ready(&fixture.scope(), REVISION).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_said() {
    let fixture = dependent().await;
    let fault = refused(&fixture).await;
    assert_eq!(fault.kind, FaultKind::DependencyNotReady);
    insta::assert_snapshot!(fault.message, @r#"dependency 'ns/base' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found"#);
    insta::assert_snapshot!(fault.event.unwrap(), @"Dependencies do not meet ready condition, retrying in 30s");
    insta::assert_snapshot!(fixture.requests(), @"get ns/kustomizations/base");

    fixture.add("base", &json!({}));
    let fault = refused(&fixture).await;
    assert_eq!(fault.kind, FaultKind::DependencyNotReady);
    insta::assert_snapshot!(fault.message, @"dependency 'ns/base' is not ready");
    assert_eq!(fixture.requests(), "", "what is in the store is not read");

    fixture.add("base", &with(applied("main@sha1:0"), &json!({"metadata": {"resourceVersion": "2"}})));
    let fault = refused(&fixture).await;
    assert_eq!(fault.kind, FaultKind::DependencyBehind);
    insta::assert_snapshot!(fault.message, @"dependency 'ns/base' revision is not up to date");

    fixture.add("base", &with(applied(REVISION), &json!({"metadata": {"resourceVersion": "3"}})));
    ready(&fixture.scope(), REVISION).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_shard_s_dependency_is_read() {
    let fixture = dependent().await;
    let stored: Kustomization = kustomization(&applied(REVISION));
    fixture.script.on(move |_| Reply::ok(serde_json::to_value(&stored).unwrap()));
    ready(&fixture.scope(), REVISION).await.unwrap();
    fixture.script.on(|_| Reply::refused(403, "Forbidden", "no"));
    let fault = refused(&fixture).await;
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (FaultKind::DependencyUnread, "dependency 'ns/base' not found: no")
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_that_is_not_ready_is_the_fault() {
    let fixture =
        Fixture::with_spec(json!({"dependsOn": [{"name": "one"}, {"name": "two"}, {"name": "three"}]})).await;
    fixture.add("one", &applied(REVISION));
    fixture.add("two", &json!({}));
    assert!(refused(&fixture).await.message.contains("ns/two"));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_about_to_follow_is_awaited_for_a_moment() {
    let fixture = dependent().await;
    let busy = json!({"status": {"observedGeneration": 3, "conditions": condition("Unknown")}});
    for (version, status) in [(1, applied("main@sha1:0")), (3, busy)] {
        let at = |version: u64| json!({"metadata": {"resourceVersion": version.to_string()}});
        fixture.add("base", &with(status, &at(version)));
        let scope = fixture.scope();
        let follow = async {
            tokio::task::yield_now().await;
            fixture.add("base", &with(applied(REVISION), &at(version + 1)));
            fixture.ctx.changes.send_modify(|changes| *changes += 1);
        };
        let (ready, ()) = tokio::join!(ready(&scope, REVISION), follow);
        ready.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_input_ends_the_wait() {
    let fixture = dependent().await;
    fixture.add("base", &applied("main@sha1:0"));
    fixture.lent.cancel();
    assert_eq!(refused(&fixture).await.kind, FaultKind::Cancelled);
}
