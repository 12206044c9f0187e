//! Which requests a report takes, and what their answers mean.

use super::{change, judged, look, object, publish};
use crate::drift_report::{Finding, Job, Refusal, Written};
use crate::samples::{Fixture, Reply, id, key};
use api::drift_report::DriftReportStatus;
use jiff::Timestamp;
use kube::core::Status;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

fn status(id: &str) -> DriftReportStatus {
    serde_json::from_value(json!({"mode": "Heal", "objects": [
        {"id": id, "state": "Drifted", "since": "2026-01-01T00:00:00Z"}]}))
    .unwrap()
}

fn job(stored: Option<DriftReportStatus>, wanted: Option<DriftReportStatus>) -> Job {
    Job { key: key("app"), owner: "k".to_owned(), stored, wanted }
}

/// Answers with the object that is written.
async fn fixture() -> Fixture {
    let fixture = Fixture::new(&json!({})).await;
    fixture.script.on(|sent| {
        let mut report = object(&job(None, None));
        report["metadata"]["resourceVersion"] = json!("7");
        sent.path.contains("driftreports").then(|| Reply::ok(report)).flatten()
    });
    fixture
}

#[tokio::test]
async fn a_report_is_made_changed_and_deleted() {
    let fixture = fixture().await;
    let done = publish(&fixture.ctx.client, &job(None, Some(status("a")))).await.unwrap();
    assert_eq!(done, Written::Done(7));
    insta::assert_snapshot!(fixture.requests(), @r"
    apply ns/driftreports/app
    patch ns/driftreports/app/status
    ");
    publish(&fixture.ctx.client, &job(Some(status("a")), Some(status("b")))).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @"patch ns/driftreports/app/status");
    publish(&fixture.ctx.client, &job(Some(status("a")), None)).await.unwrap();
    insta::assert_snapshot!(fixture.requests(), @"delete ns/driftreports/app");
}

#[tokio::test]
async fn one_that_somebody_deleted_is_missing() {
    let fixture = fixture().await;
    fixture.script.on(|_| Reply::refused(404, "NotFound", "no such report"));
    let gone = publish(&fixture.ctx.client, &job(Some(status("a")), None)).await.unwrap();
    let missing = publish(&fixture.ctx.client, &job(Some(status("a")), Some(status("b")))).await.unwrap();
    assert_eq!((gone, missing), (Written::Done(0), Written::Missing));
    assert!(publish(&fixture.ctx.client, &job(None, Some(status("a")))).await.is_err());
}

#[test]
fn it_belongs_to_its_kustomization() {
    let object = object(&job(None, None));
    assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], "k");
    assert_eq!(
        (&object["metadata"]["name"], &object["metadata"]["namespace"]),
        (&json!("app"), &json!("ns"))
    );
}

#[test]
fn only_what_differs_is_sent_and_of_the_unknown_everything() {
    let sent = change(Some(&status("a")), &status("b"));
    assert_eq!(sent.as_object().unwrap().keys().collect::<Vec<_>>(), ["objects"]);
    let sent = change(None, &status("a"));
    assert_eq!(sent["mode"], "Heal");
    assert_eq!(
        (&sent["fights"], &sent["ignored"], &sent["omitted"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(sent.as_object().unwrap().len(), 7);
}

#[test]
fn refusals_are_told_apart_and_logged_once() {
    let error = |code: u16, reason: &str| {
        cluster::Error::from(Status {
            code,
            reason: reason.to_owned(),
            message: "m".to_owned(),
            ..Status::default()
        })
    };
    let complains = AtomicBool::new(true);
    let standing = Written::Refused(Refusal::Standing);
    assert_eq!(judged(&error(404, ""), &complains), standing, "the kind is not served");
    assert!(!complains.load(Relaxed));
    assert_eq!(judged(&error(403, "Forbidden"), &complains), standing);
    assert_eq!(judged(&error(422, "Invalid"), &complains), standing);
    assert_eq!(judged(&error(404, "NotFound"), &complains), Written::Leaving, "there is no such namespace");
    assert_eq!(judged(&error(500, "InternalError"), &complains), Written::Refused(Refusal::Passing));
    assert_eq!(judged(&error(429, "TooManyRequests"), &complains), Written::Refused(Refusal::Passing));
    let terminating: Status = serde_json::from_value(json!({
        "code": 403, "reason": "Forbidden", "message": "m", "details": {"causes": [{"reason": "NamespaceTerminating"}]},
    }))
    .unwrap();
    assert_eq!(judged(&cluster::Error::from(terminating), &complains), Written::Leaving);
}

/// A watch that is answered so.
async fn looked(answer: fn() -> Option<Reply>) -> (Fixture, bool) {
    let fixture = Fixture::new(&json!({})).await;
    fixture.script.on(move |sent| (sent.path == "driftreports").then(answer).flatten());
    let now = Timestamp::now();
    let tell = |findings: &mut crate::drift_report::Findings| {
        findings.drifted(&id("a"), &Finding::of_deleted(), now);
    };
    fixture.ctx.drift.note(&fixture.object, now, tell);
    let complains = AtomicBool::new(true);
    let looking = look(&fixture.ctx, None, &complains);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(30), looking).await.is_err());
    (fixture, complains.load(Relaxed))
}

fn due(fixture: &Fixture) -> usize {
    fixture.ctx.drift.due(Timestamp::now(), Instant::now(), 0).0.len()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_before_it_is_known_what_is_there() {
    let (fixture, _) = looked(|| Reply::refused(500, "InternalError", "not now")).await;
    assert_eq!(due(&fixture), 0, "it might be written over what is not known");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lets_nobody_watch_reports_has_none() {
    let (fixture, complains) = looked(|| Reply::refused(403, "Forbidden", "never")).await;
    assert_eq!(due(&fixture), 1, "it is tried, and refused on its own");
    assert!(!complains);
}

/// By the garbage collector, say, in the moment in which it was made.
#[tokio::test]
async fn one_that_goes_before_it_is_filled_is_missing() {
    let fixture = fixture().await;
    fixture.script.on(|sent| {
        let is_status = sent.path.ends_with("/status");
        is_status.then(|| Reply::refused(404, "NotFound", "no such report")).flatten()
    });
    let missing = publish(&fixture.ctx.client, &job(None, Some(status("a")))).await.unwrap();
    assert_eq!(missing, Written::Missing);
}
