//! What is healed, what is left alone, and what is said of it.

use super::{belongs_to_another, heal, last_foreign_manager};
use crate::drift::Live;
use crate::samples::{
    Fixture, Reply, absent, applied, change, config_map, id, key, kustomization, local, owned_by, present,
};
use crate::step::HealReport;
use ::apply::Action;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One that applied `a`, which somebody changed.
async fn drifted(more: &Value) -> Fixture {
    let fixture = Fixture::new(more).await;
    let object = config_map("a");
    fixture.memory.objects.settle(
        &object,
        manifest::digest::of(object.value()),
        &change("a", Action::Configured),
    );
    fixture.memory.objects.observe(&id("a"), present(9, 2));
    fixture.script.on(|sent| match sent.verb {
        "dry-run" => Reply::ok(applied(&sent.body, 9)),
        "apply" => Reply::ok(applied(&sent.body, 10)),
        "get" if sent.path.contains("configmaps") => Reply::ok(edited(9)),
        _ => None,
    });
    fixture
}

/// What somebody made of it.
fn edited(version: u64) -> Value {
    let mut live = applied(config_map("a").value(), version);
    live["metadata"]["labels"] = json!({"added": "by hand"});
    live["metadata"]["managedFields"] = json!([{
        "manager": "kubectl-label", "operation": "Update", "time": "2026-01-02T00:00:00Z",
        "fieldsV1": {"f:metadata": {"f:labels": {"f:added": {}}}},
    }]);
    live
}

/// One line for each object of the report, and one for each fight.
fn told(fixture: &Fixture) -> String {
    let Some(status) = fixture.drift_report() else { return String::new() };
    let objects = status.objects.iter().map(|object| {
        let paths = object.paths.iter().map(|path| {
            let (live, manager) = (path.live.as_deref(), path.manager.as_deref());
            format!(" {} {} by {}", path.path, live.unwrap_or("-"), manager.unwrap_or("?"))
        });
        let gone = if object.deleted { " deleted" } else { "" };
        let message = object.message.as_deref().map(|message| format!(" ({message})")).unwrap_or_default();
        format!("{:?}{gone}{}{message}", object.state, paths.collect::<String>())
    });
    let fights = status.fights.iter().map(|fight| {
        let retry = if fight.retry_at.is_some() { " and waits" } else { "" };
        format!("fight {} {}x{retry}", fight.path, fight.corrections)
    });
    objects.chain(fights).collect::<Vec<_>>().join("\n")
}

async fn run(fixture: &Fixture) -> HealReport {
    let objects = BTreeSet::from([local("a")]);
    heal(&fixture.ctx, &fixture.key, &fixture.memory.objects, objects, &fixture.lent.control).await
}

#[tokio::test]
async fn an_object_that_drifted_is_asked_about_and_put_back() {
    let fixture = drifted(&json!({})).await;
    let report = run(&fixture).await;
    assert!(!report.failed && report.braked.is_none());
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    get ns/configmaps/a
    apply ns/configmaps/a
    ");
    insta::assert_snapshot!(fixture.events().await, @"Normal Progressing: ConfigMap/ns/a configured");
    insta::assert_snapshot!(told(&fixture), @r#"Healed /metadata/labels/added "by hand" by kubectl-label"#);
    run(&fixture).await;
    assert_eq!(fixture.requests(), "", "it is as it should be");
    assert_eq!(told(&fixture), "", "and nothing is to be written");
}

/// What people are told holds nothing up.
#[tokio::test]
async fn an_object_that_cannot_be_read_is_healed_all_the_same() {
    let fixture = drifted(&json!({})).await;
    fixture.script.on(|sent| (sent.verb == "get").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    assert!(!run(&fixture).await.failed);
    assert!(fixture.requests().ends_with("apply ns/configmaps/a"));
    assert_eq!(told(&fixture), "Healed");
}

/// The values are those that the dry-run was answered about.
#[tokio::test]
async fn one_that_somebody_writes_meanwhile_is_asked_about_once_more() {
    let fixture = drifted(&json!({})).await;
    fixture.script.on(|sent| (sent.verb == "get").then(|| Reply::ok(edited(11))).flatten());
    run(&fixture).await;
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    get ns/configmaps/a
    dry-run ns/configmaps/a
    get ns/configmaps/a
    apply ns/configmaps/a
    ");
    assert_eq!(told(&fixture), "Healed", "that it was another object is not told");
}

#[tokio::test]
async fn a_deleted_object_is_told_as_one() {
    let fixture = drifted(&json!({})).await;
    fixture.memory.objects.observe(&id("a"), absent("u"));
    fixture.script.on(|sent| match sent.verb {
        "dry-run" => Reply::ok(sent.body.clone()),
        _ => None,
    });
    run(&fixture).await;
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    apply ns/configmaps/a
    ");
    assert_eq!(told(&fixture), "Healed deleted");
}

fn reporting() -> Value {
    json!({"metadata": {"annotations": {api::labels::DRIFT_MODE: "Report"}}})
}

#[tokio::test]
async fn in_mode_report_an_object_is_looked_at_and_left() {
    let fixture = drifted(&reporting()).await;
    let before = run(&fixture).await;
    assert!(!before.failed && before.braked.is_none());
    insta::assert_snapshot!(fixture.requests(), @r"
    dry-run ns/configmaps/a
    get ns/configmaps/a
    ");
    insta::assert_snapshot!(told(&fixture), @r#"Drifted /metadata/labels/added "by hand" by kubectl-label"#);
    assert_eq!(fixture.events().await, "");
    assert!(fixture.memory.objects.is_dirty(&id("a")), "it is still to be healed");
    // As it was seen it is not asked about again; another state of it is, after a while.
    run(&fixture).await;
    fixture.memory.objects.observe(&id("a"), present(10, 2));
    let (objects, delay) = run(&fixture).await.braked.unwrap();
    assert_eq!((objects, delay.as_secs()), (BTreeSet::from([local("a")]), 9));
    assert_eq!((fixture.requests(), told(&fixture)), (String::new(), String::new()));
}

/// Somebody put it back by hand: who owns what differs still, and no value does.
#[tokio::test]
async fn what_was_put_back_by_hand_is_not_told_any_more() {
    let fixture = drifted(&reporting()).await;
    run(&fixture).await;
    assert!(told(&fixture).starts_with("Drifted"));
    fixture.script.on(|sent| {
        let live = applied(config_map("a").value(), 9);
        (sent.verb == "get").then(|| Reply::ok(live)).flatten()
    });
    // As after a while.
    fixture.memory.objects.unlook(&id("a"));
    run(&fixture).await;
    assert_eq!(told(&fixture), "");
    assert_eq!(fixture.ctx.drift.figures().drifted, 0);
    assert!(!fixture.requests().contains("apply"));
}

#[tokio::test]
async fn one_that_is_stopped_heals_nothing() {
    let rows = [
        json!({"spec": {"suspend": true}}),
        json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
    ];
    for more in rows {
        let fixture = drifted(&more).await;
        run(&fixture).await;
        assert_eq!(fixture.requests(), "", "{more}");
    }
}

#[tokio::test]
async fn what_was_struck_or_cancelled_is_not_healed() {
    let fixture = drifted(&json!({})).await;
    fixture.lent.cancel();
    run(&fixture).await;
    assert_eq!(fixture.requests(), "");
    let fixture = drifted(&json!({})).await;
    fixture.memory.objects.strike(&id("a"));
    run(&fixture).await;
    assert_eq!(fixture.requests(), "");
    let fixture = drifted(&json!({})).await;
    fixture.memory.objects.close();
    run(&fixture).await;
    assert_eq!(fixture.requests(), "");
}

#[tokio::test]
async fn a_refusal_is_left_to_a_run() {
    let fixture = drifted(&json!({})).await;
    fixture
        .script
        .on(|sent| (sent.verb == "apply").then(|| Reply::refused(403, "Forbidden", "no")).flatten());
    assert!(run(&fixture).await.failed);
    assert_eq!(fixture.events().await, "", "Ready tells");
    insta::assert_snapshot!(told(&fixture), @r#"Failed /metadata/labels/added "by hand" by kubectl-label (ConfigMap/ns/a apply failed: no)"#);
}

/// A deletion belongs behind a recorded inventory.
#[tokio::test]
async fn nothing_is_recreated() {
    let fixture = drifted(&json!({"spec": {"force": true}})).await;
    fixture.script.on(|sent| match sent.verb {
        "dry-run" => Reply::refused(422, "Invalid", "field is immutable"),
        "get" => Reply::ok(applied(config_map("a").value(), 9)),
        _ => None,
    });
    assert!(run(&fixture).await.failed);
    assert!(!fixture.requests().contains("delete"));
}

#[tokio::test]
async fn a_fight_is_slowed_down_and_named_once() {
    let fixture = drifted(&json!({})).await;
    let fought = |sent: &crate::samples::Sent| {
        let mut live = applied(config_map("a").value(), 9);
        live["metadata"]["managedFields"] = json!([
            {"manager": "kustomize-controller", "operation": "Apply", "time": "2026-01-03T00:00:00Z"},
            {"manager": "rival", "operation": "Update", "time": "2026-01-02T00:00:00Z"},
        ]);
        (sent.verb == "get").then(|| Reply::ok(live)).flatten()
    };
    fixture.script.on(fought);
    let mut reports = Vec::new();
    for version in 11..18 {
        fixture.memory.objects.observe(&id("a"), present(version, 2));
        reports.push(run(&fixture).await);
    }
    let braked: Vec<bool> = reports.iter().map(|report| report.braked.is_some()).collect();
    assert_eq!(braked, [false, false, false, false, false, true, true]);
    let (objects, delay) = reports[5].braked.clone().unwrap();
    assert_eq!((objects, delay.as_secs()), (BTreeSet::from([local("a")]), 10));
    let events = fixture.events().await;
    let warnings: Vec<&str> = events.lines().filter(|line| line.starts_with("Warning")).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"Warning DriftFight: ConfigMap/ns/a keeps being changed by rival: drift was corrected 5 times within a minute, further corrections are delayed");
    insta::assert_snapshot!(told(&fixture), @r"
    Drifted
    fight  5x and waits
    ");
}

#[test]
fn the_newest_foreign_manager_is_named() {
    let live = |entries: Value| json!({"metadata": {"managedFields": entries}});
    let entry = |manager: &str, day: u8, subresource: &str| json!({"manager": manager, "time": format!("2026-01-{day:02}T00:00:00Z"), "subresource": subresource});
    let found = |entries: Value| last_foreign_manager(&live(entries), "ours");
    assert_eq!(found(json!([])), None);
    assert_eq!(found(json!([entry("ours", 9, ""), entry("kubelet", 9, "status")])), None);
    let entries =
        json!([entry("old", 1, ""), entry("new", 2, ""), entry("ours", 3, ""), entry("s", 4, "status")]);
    assert_eq!(found(entries).as_deref(), Some("new"));
}

async fn belongs(fixture: &Fixture, live: &Live) -> Result<bool, cluster::Error> {
    belongs_to_another(&fixture.ctx, live, &local("a")).await
}

fn inventory(name: &str) -> Value {
    json!({"status": {"inventory": {"entries": [{"id": id(name).to_inventory(), "v": "v1"}]}}})
}

#[tokio::test]
async fn an_object_with_another_s_labels_is_the_other_s_if_it_declares_or_lists_it() {
    let fixture = Fixture::new(&json!({})).await;
    assert!(!belongs(&fixture, &present(9, 2)).await.unwrap(), "it has our labels");
    assert!(!belongs(&fixture, &Live::Unseen).await.unwrap());
    assert_eq!(fixture.requests(), "");
    let theirs = owned_by("other", 9, 2);
    assert!(!belongs(&fixture, &theirs).await.unwrap(), "there is no such Kustomization");
    assert_eq!(fixture.requests(), "get ns/kustomizations/other");
    fixture.add("other", &inventory("a"));
    assert!(belongs(&fixture, &theirs).await.unwrap());
    // What it declares is newer than what it recorded.
    fixture.declare("other", &["b"]);
    assert!(!belongs(&fixture, &theirs).await.unwrap());
    fixture.declare("other", &["a"]);
    assert!(belongs(&fixture, &theirs).await.unwrap());
    fixture.add(
        "other",
        &json!({"metadata": {"resourceVersion": "2", "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
    );
    assert!(!belongs(&fixture, &theirs).await.unwrap(), "one that is on its way out lets go");
    assert_eq!(fixture.requests(), "");
}

/// Another process' Kustomization, or one whose inventory the watch has not shown yet.
#[tokio::test]
async fn what_this_process_does_not_know_is_read() {
    let fixture = Fixture::new(&json!({})).await;
    fixture.add("other", &inventory("b"));
    let theirs = owned_by("other", 9, 2);
    assert!(!belongs(&fixture, &theirs).await.unwrap());
    let stored = kustomization(&inventory("a"));
    fixture.script.on(move |_| Reply::ok(serde_json::to_value(&stored).unwrap()));
    assert!(belongs(&fixture, &theirs).await.unwrap());
    fixture.script.on(|_| Reply::refused(500, "InternalError", "no"));
    assert!(belongs(&fixture, &theirs).await.is_err());
    // It ends in a report, and nothing is written.
    let fixture = drifted(&json!({})).await;
    fixture.memory.objects.observe(&id("a"), owned_by("other", 10, 3));
    fixture.add("other", &inventory("a"));
    let report = run(&fixture).await;
    assert!(!report.failed);
    assert_eq!(fixture.requests(), "");
    assert!(fixture.memory.objects.is_dirty(&id("a")), "{}", key("app"));
}
