//! Which objects are awaited, and what is said of their health.

use super::{all_targets, check_health, named_targets};
use crate::fault::Fault;
use crate::object_follow::Target;
use crate::reconcile::execute::Applied;
use crate::samples::{Fixture, applied, change, config_map, object};
use ::apply::{Action, Change};
use serde_json::{Value, json};

fn done(changes: Vec<Change>) -> Applied {
    Applied { changes, shallow: false }
}

/// A ConfigMap after its apply: always Current.
fn current(name: &str, action: Action) -> Change {
    Change { object: Some(applied(config_map(name).value(), 5)), ..change(name, action) }
}

/// A Deployment whose rollout is under way.
fn in_progress(name: &str) -> Change {
    let spec =
        json!({"metadata": {"generation": 2}, "spec": {"replicas": 1}, "status": {"observedGeneration": 1}});
    let deployment = object("apps/v1", "Deployment", name, &spec);
    Change {
        id: deployment.id(),
        object: Some(applied(deployment.value(), 5)),
        ..change(name, Action::Configured)
    }
}

fn text(targets: &[Target]) -> String {
    let line = |target: &Target| {
        let Target { id, version, object, labelled, may_vanish } = target;
        format!("{id} {version} seen={} labelled={labelled} may_vanish={may_vanish}", object.is_some())
    };
    targets.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn check(fixture: &Fixture, done: &Applied) -> Result<(), Fault> {
    let (scope, resolved, mut recorder) = (fixture.scope(), fixture.resolved(), fixture.recorder());
    recorder.resolved(&resolved);
    let checked = check_health(&scope, &mut recorder, &resolved, done).await;
    recorder.write().await.unwrap();
    checked
}

fn healthy(message: &str) -> Value {
    json!({"conditions": [{"type": "Healthy", "status": "True", "reason": "Succeeded", "message": message,
        "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:00:00Z"}], "lastAppliedRevision": "main@sha1:1"})
}

#[tokio::test]
async fn all_but_skipped_ones_are_awaited() {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    let own = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", &json!({}));
    let child = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "child", &json!({}));
    let job = object("batch/v1", "Job", "j", &json!({"spec": {"ttlSecondsAfterFinished": 5}}));
    let of = |object: &manifest::Manifest| Change {
        id: object.id(),
        object: Some(object.value().clone()),
        ..change("x", Action::Created)
    };
    let changes = vec![
        current("a", Action::Unchanged),
        current("skipped", Action::Skipped),
        of(&own),
        of(&child),
        of(&job),
    ];
    insta::assert_snapshot!(text(&all_targets(&fixture.scope(), &done(changes))), @r"
    ConfigMap/ns/a v1 seen=true labelled=true may_vanish=false
    Kustomization/ns/app v1 seen=true labelled=true may_vanish=false
    Kustomization/ns/child v1 seen=true labelled=true may_vanish=false
    Job/ns/j v1 seen=true labelled=true may_vanish=true
    ");
}

#[tokio::test]
async fn a_shallow_run_awaits_what_was_applied_last() {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    let skipped = change("skipped", Action::Skipped);
    fixture.memory.objects.settle(&config_map("a"), [0; 16], &change("a", Action::Created));
    fixture.memory.objects.settle(&config_map("skipped"), [0; 16], &skipped);
    let shallow = Applied { changes: Vec::new(), shallow: true };
    insta::assert_snapshot!(text(&all_targets(&fixture.scope(), &shallow)), @"ConfigMap/ns/a v1 seen=false labelled=true may_vanish=false");
}

#[tokio::test]
async fn named_objects_have_flux_s_defaults() {
    let checks = json!({"healthChecks": [
        {"kind": "Deployment", "name": "web", "namespace": "ns"},
        {"apiVersion": "", "kind": "Deployment", "name": "nowhere"},
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "namespace": "ns"},
    ]});
    let fixture = Fixture::with_spec(checks).await;
    let changes = done(vec![current("a", Action::Created)]);
    insta::assert_snapshot!(text(&named_targets(&fixture.scope(), &changes)), @r"
    Deployment/ns/web v1 seen=false labelled=false may_vanish=false
    Deployment/nowhere v1 seen=false labelled=false may_vanish=false
    ConfigMap/ns/a v1 seen=true labelled=false may_vanish=false
    ");
}

#[tokio::test]
async fn of_nothing_nothing_is_said_and_of_itself_that_it_is_well() {
    let fixture = Fixture::new(&json!({"spec": {"wait": true}, "status": healthy("before")})).await;
    check(&fixture, &done(vec![change("skipped", Action::Skipped)])).await.unwrap();
    assert_eq!((fixture.stored.conditions(), fixture.events().await), (String::new(), String::new()));
    let own = object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", &json!({}));
    let change = Change { id: own.id(), ..change("app", Action::Created) };
    check(&fixture, &done(vec![change])).await.unwrap();
    insta::assert_snapshot!(undated(&fixture.stored.conditions()), @"Healthy=True Succeeded: Health check passed in <time>");
}

#[tokio::test(start_paused = true)]
async fn an_object_in_no_namespace_is_not_waited_for() {
    let checks = json!({"healthChecks": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}]});
    let fixture = Fixture::with_spec(checks).await;
    let fault = check(&fixture, &done(vec![])).await.unwrap_err();
    assert_eq!(
        fault.unhealthy.as_deref(),
        Some("resource ConfigMap a is namespace scoped, but namespace is not set")
    );
    assert!(fault.message.starts_with("health check failed after "), "{}", fault.message);
}

#[tokio::test]
async fn without_a_check_nothing_is_said_of_health() {
    let fixture = Fixture::new(&json!({"status": healthy("before")})).await;
    check(&fixture, &done(vec![in_progress("web")])).await.unwrap();
    assert_eq!(fixture.stored.conditions(), "", "an old word is taken back");
    assert_eq!(fixture.events().await, "");
}

/// Durations are cut off: how long it took is not what this is about.
fn undated(text: &str) -> String {
    let timed = |word: &str| ["ms", "ms:", "µs", "µs:"].iter().any(|unit| word.ends_with(unit));
    let words = text.split_whitespace().map(|word| if timed(word) { "<time>" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test(start_paused = true)]
async fn objects_at_hand_that_are_current_need_no_wait() {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    check(&fixture, &done(vec![current("a", Action::Created)])).await.unwrap();
    insta::assert_snapshot!(undated(&fixture.stored.conditions()), @"Healthy=True Succeeded: Health check passed in <time>");
    insta::assert_snapshot!(undated(&fixture.events().await), @"Normal Progressing: Health check passed in <time>");
    assert_eq!(fixture.requests(), "status Healthy=True");
}

#[tokio::test(start_paused = true)]
async fn what_stays_healthy_keeps_its_message() {
    let status = json!({"spec": {"wait": true}, "status": healthy("Health check passed in 1s")});
    let fixture = Fixture::new(&status).await;
    check(&fixture, &done(vec![current("a", Action::Unchanged)])).await.unwrap();
    assert_eq!(fixture.requests(), "", "a run that changes nothing writes nothing");
    assert_eq!(fixture.events().await, "");
    // A new revision that wrote something is reported.
    let mut status = status;
    status["status"]["lastAppliedRevision"] = json!("main@sha1:0");
    let fixture = Fixture::new(&status).await;
    check(&fixture, &done(vec![current("a", Action::Unchanged)])).await.unwrap();
    assert_eq!(fixture.events().await, "", "it wrote nothing");
    check(&fixture, &done(vec![current("a", Action::Configured)])).await.unwrap();
    assert!(fixture.events().await.contains("Health check passed"));
}

#[tokio::test(start_paused = true)]
async fn time_runs_out() {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    let fault = check(&fixture, &done(vec![in_progress("web")])).await.unwrap_err();
    insta::assert_snapshot!(undated(&fault.message), @"health check failed after <time> timeout waiting for: [Deployment/ns/web status: 'InProgress']");
    insta::assert_snapshot!(fault.unhealthy.unwrap(), @"timeout waiting for: [Deployment/ns/web status: 'InProgress']");
    insta::assert_snapshot!(fixture.stored.conditions(), @r"
    Healthy=Unknown Progressing: Running health checks for revision main@sha1:1 with a timeout of 30s
    Ready=Unknown Progressing: Reconciliation in progress
    Reconciling=True Progressing: Running health checks for revision main@sha1:1 with a timeout of 30s
    ");
    insta::assert_snapshot!(fixture.requests(), @r"
    status Reconciling=True Ready=Unknown Healthy=Unknown
    watch ns/deployments fieldSelector=metadata.name=web
    ");
}

#[tokio::test(start_paused = true)]
async fn a_newer_input_ends_the_wait() {
    let fixture = Fixture::with_spec(json!({"wait": true})).await;
    fixture.lent.cancel();
    let fault = check(&fixture, &done(vec![in_progress("web")])).await.unwrap_err();
    assert_eq!(fault.kind, crate::fault::FaultKind::Cancelled);
}
