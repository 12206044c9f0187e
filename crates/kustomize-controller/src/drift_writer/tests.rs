//! Which requests a report takes, and what their answers mean.

use super::{change, judged, object, publish, restore};
use crate::drift_report::{Finding, Job, Refusal, Written};
use crate::samples::{Fixture, Reply, id, key};
use api::drift_report::DriftReportStatus;
use jiff::Timestamp;
use kube::core::Status;
use serde_json::{Value, json};
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
        let report = object(&job(None, None));
        sent.path.contains("driftreports").then(|| Reply::ok(report)).flatten()
    });
    fixture
}

#[tokio::test]
async fn a_report_is_made_changed_and_deleted() {
    let fixture = fixture().await;
    let done = publish(&fixture.ctx.client, &job(None, Some(status("a")))).await.unwrap();
    assert_eq!(done, Written::Done);
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
    assert_eq!((gone, missing), (Written::Done, Written::Missing));
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
    let mut complains = true;
    let standing = Written::Refused(Refusal::Standing);
    assert_eq!(judged(&error(404, ""), &mut complains), standing, "the kind is not served");
    assert!(!complains);
    assert_eq!(judged(&error(403, "Forbidden"), &mut complains), standing);
    assert_eq!(judged(&error(422, "Invalid"), &mut complains), standing);
    assert_eq!(
        judged(&error(404, "NotFound"), &mut complains),
        Written::Leaving,
        "there is no such namespace"
    );
    assert_eq!(judged(&error(500, "InternalError"), &mut complains), Written::Refused(Refusal::Passing));
    assert_eq!(judged(&error(429, "TooManyRequests"), &mut complains), Written::Refused(Refusal::Passing));
    let terminating: Status = serde_json::from_value(json!({
        "code": 403, "reason": "Forbidden", "message": "m", "details": {"causes": [{"reason": "NamespaceTerminating"}]},
    }))
    .unwrap();
    assert_eq!(judged(&cluster::Error::from(terminating), &mut complains), Written::Leaving);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_at_the_start_is_listed_until_it_is_known() {
    let fixture = Fixture::new(&json!({})).await;
    fixture.script.on(|sent| {
        (sent.path == "driftreports").then(|| Reply::refused(500, "InternalError", "not now")).flatten()
    });
    let note = || {
        let now = Timestamp::now();
        fixture
            .ctx
            .drift
            .note(&fixture.object, now, |findings| findings.drifted(&id("a"), &Finding::of_deleted(), now));
    };
    note();
    let mut complains = true;
    let listing = restore(&fixture.ctx, None, &mut complains);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(30), listing).await.is_err());
    let due = || fixture.ctx.drift.due(Timestamp::now(), Instant::now(), 0).0.len();
    assert_eq!(due(), 0, "it might be written over what is not known");
    fixture.script.on(|sent| {
        (sent.path == "driftreports").then(|| Reply::refused(403, "Forbidden", "never")).flatten()
    });
    restore(&fixture.ctx, None, &mut true).await;
    assert_eq!(due(), 1, "it is tried, and refused on its own");
}
