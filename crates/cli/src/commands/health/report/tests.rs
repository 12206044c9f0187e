//! Objects and the report on them.

use health::Rules;
use jiff::Timestamp;
use manifest::Manifest;
use serde_json::{Value, json};

use super::Report;
use crate::commands::health::around::Around;
use crate::commands::health::input::{Object, Place};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn report(objects: &[Value]) -> Report {
    let objects: Vec<Object> = objects
        .iter()
        .enumerate()
        .map(|(index, object)| Object {
            place: Place::new("x.yaml", index + 1),
            object: Manifest::new(object.clone()).unwrap(),
        })
        .collect();
    Report::of(&objects, &Around::of(&objects, now()), &Rules::with_library(), now())
}

fn text(report: &Report) -> String {
    report.lines(Some(80)).iter().map(|line| line.text() + "\n").collect()
}

#[test]
fn each_object_has_a_block() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1-a", "namespace": "apps", "labels": {"app": "web"}, "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": "web:2", "state": {"waiting": {"reason": "InvalidImageName"}}}]}});
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "apps", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}, "status": {"observedGeneration": 1, "replicas": 1}});
    let paused = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "night", "namespace": "apps"}, "spec": {"suspend": true}});
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}});
    let report = report(&[web, pod, paused.clone(), widget.clone()]);
    assert!(!report.is_fine());
    let told = text(&report);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0], "✗ Degraded Deployment/apps/web (InvalidImageName)",
        "its Pod is in the same file: {told}"
    );
    assert!(told.contains("    rule: built in; kstatus: InProgress\n"), "{told}");
    assert!(told.contains("    next: "), "{told}");
    assert!(told.contains("✗ Degraded Pod/apps/web-1-a (InvalidImageName)"), "{told}");
    assert!(told.contains("‖ Suspended CronJob/apps/night (Suspended)\n    spec.suspend is true, so that no run is started\n"), "{told}");
    assert!(
        told.contains("✔ Healthy Widget/w\n    rule: built in, for any kind, assumed; kstatus: Current\n"),
        "{told}"
    );
    assert_eq!(*lines.last().unwrap(), "4 objects: 1 Healthy, 1 Suspended, 2 Degraded");
    assert!(super::tests::report(&[paused, widget]).is_fine());
}

#[test]
fn programs_read_all_of_it() {
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "n"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "CreateFailed", "message": "no disk"}]}});
    insta::assert_snapshot!(crate::present::json(&report(&[widget])), @r#"
    {
      "objects": [
        {
          "object": "Widget/n/w",
          "group": "example.com",
          "file": "x.yaml",
          "document": 1,
          "state": "Degraded",
          "confidence": "Observed",
          "reason": "CreateFailed",
          "message": "no disk",
          "evidence": [
            "condition Ready: False (CreateFailed)"
          ],
          "hint": "read its status and its events: kubectl -n n describe widget.example.com w",
          "weight": "Gate",
          "rule": "built in, for any kind",
          "kstatus": {
            "status": "InProgress",
            "reason": "CreateFailed",
            "message": "no disk"
          }
        }
      ]
    }
    "#);
}
