//! Every ending, as conditions, events and report.

use super::finish;
use crate::fault::{Fault, FaultKind};
use crate::reconcile::ending::Ending;
use crate::reconcile::recorder::{Digests, Step};
use crate::reconcile::telling::{Occasion, Settings};
use crate::samples::{Fixture, id, input, key, local};
use crate::status::WriteError;
use crate::step::{Next, RunReport};
use api::labels;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Ends a run that came as far as a build, as text.
async fn end(fixture: &Fixture, ending: Ending, failures: u32) -> String {
    let report = report_of(fixture, Occasion::Due, ending, failures).await;
    format!("{}\n{}\n{}", fixture.stored.conditions(), undated(&fixture.events().await), line(&report))
        .trim_start()
        .to_owned()
}

async fn report_of(fixture: &Fixture, occasion: Occasion, ending: Ending, failures: u32) -> RunReport {
    let mut recorder = fixture.recorder();
    recorder.begun(occasion);
    if matches!(ending, Ending::Failed(..) | Ending::Succeeded(_)) {
        recorder.resolved(&fixture.resolved());
        recorder.attempted();
        recorder.built(Digests { rendered: "sha256:r".into(), input: Some("i".into()) });
        recorder.enter(Step::DetectingDrift);
    }
    finish(&fixture.scope(), recorder, ending, failures).await
}

fn line(report: &RunReport) -> String {
    let RunReport { next, revision, awaits_dependency, awaits_source, transient, moved } = report;
    assert_eq!(moved, &None, "where a run's objects are is found out before it ends");
    let flags = [("dependency", awaits_dependency), ("source", awaits_source), ("transient", transient)];
    let flags: Vec<&str> = flags.iter().filter(|(_, set)| **set).map(|(name, _)| *name).collect();
    format!("-> {next:?} revision={revision:?} {}", flags.join(" ")).trim_end().to_owned()
}

fn undated(text: &str) -> String {
    let word = |word: &str| {
        let timed = word.trim_end_matches(',').ends_with("ms") || word.trim_end_matches(',').ends_with("µs");
        if timed { "<time>".to_owned() } else { word.to_owned() }
    };
    text.lines()
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn fixture() -> Fixture {
    Fixture::new(&json!({"metadata": {"annotations": {labels::REQUESTED_AT: "token"}}})).await
}

fn halted(kind: FaultKind) -> Ending {
    Ending::Halted(Fault::new(kind, "the message").event("the event"))
}

fn failed(fixture: &Fixture, kind: FaultKind) -> Ending {
    Ending::Failed(fixture.resolved(), Fault::new(kind, "the message"))
}

fn handled(fixture: &Fixture) -> Value {
    fixture.stored.status()["lastHandledReconcileAt"].clone()
}

#[tokio::test]
async fn a_success_is_recorded_reported_and_followed_by_the_interval() {
    let fixture = fixture().await;
    let text = end(&fixture, Ending::Succeeded(fixture.resolved()), 3).await;
    insta::assert_snapshot!(text, @r#"
    Ready=True ReconciliationSucceeded: Applied revision: main@sha1:1
    Normal ReconciliationSucceeded: Reconciliation finished in <time> next run in 10m0s
    -> After(600s) revision=Some("main@sha1:1")
    "#);
    let status = fixture.stored.status();
    assert_eq!((handled(&fixture), &status["lastAppliedRevision"]), (json!("token"), &json!("main@sha1:1")));
    assert_eq!(status["history"][0]["lastReconciledStatus"], "ReconciliationSucceeded");
}

/// Nobody tells of it without the drift watch, so it is looked at sooner.
#[tokio::test]
async fn a_hand_over_without_the_watch_is_looked_at_again_soon() {
    let mut fixture = fixture().await;
    fixture.memory.objects.set_handing_over(BTreeSet::from([id("a")]));
    let next = |text: String| text.lines().last().unwrap().to_owned();
    assert!(next(end(&fixture, Ending::Succeeded(fixture.resolved()), 0).await).contains("After(600s)"));
    fixture.ctx.options.drift_watch = false;
    assert!(next(end(&fixture, Ending::Succeeded(fixture.resolved()), 0).await).contains("After(30s)"));
    fixture.memory.objects.set_handing_over(BTreeSet::new());
    assert!(next(end(&fixture, Ending::Succeeded(fixture.resolved()), 0).await).contains("After(600s)"));
}

#[tokio::test]
async fn a_failure_is_recorded_reported_and_tried_again() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, failed(&fixture, FaultKind::Apply), 0).await, @r#"
    Ready=False ReconciliationFailed: the message
    Reconciling=True ProgressingWithRetry: Detecting drift for revision main@sha1:1 with a timeout of 30s
    Warning ReconciliationFailed: the message
    -> After(600s) revision=Some("main@sha1:1")
    "#);
    assert_eq!(handled(&fixture), "token");
    let retried = Fixture::with_spec(json!({"retryInterval": "15s"})).await;
    assert!(end(&retried, failed(&retried, FaultKind::Apply), 0).await.contains("After(15s)"));
}

#[tokio::test]
async fn health_that_failed_has_a_condition_of_its_own() {
    let fixture = fixture().await;
    let fault =
        Fault { unhealthy: Some("what is wrong".into()), ..Fault::new(FaultKind::Unhealthy, "the message") };
    insta::assert_snapshot!(end(&fixture, Ending::Failed(fixture.resolved(), fault), 0).await, @r#"
    Healthy=False HealthCheckFailed: what is wrong
    Ready=False HealthCheckFailed: the message
    Reconciling=True ProgressingWithRetry: Detecting drift for revision main@sha1:1 with a timeout of 30s
    Warning HealthCheckFailed: the message
    -> After(600s) revision=Some("main@sha1:1")
    "#);
}

#[tokio::test]
async fn a_missing_artifact_is_waited_for_without_an_event() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, failed(&fixture, FaultKind::ArtifactMissing), 0).await, @r#"
    Ready=False ArtifactFailed: the message
    Reconciling=True ProgressingWithRetry: Detecting drift for revision main@sha1:1 with a timeout of 30s

    -> After(30s) revision=Some("main@sha1:1") source
    "#);
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::SourceMissing), 0).await, @r"
    Ready=False ArtifactFailed: the message
    Reconciling=True ProgressingWithRetry: Detecting drift for revision main@sha1:1 with a timeout of 30s

    -> After(600s) revision=None source
    ");
}

#[tokio::test]
async fn a_dependency_is_reported_once_per_message() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::DependencyNotReady), 0).await, @r"
    Ready=False DependencyNotReady: the message
    Normal DependencyNotReady: the event
    -> After(30s) revision=None dependency
    ");
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::DependencyNotReady), 0).await, @r"
    Ready=False DependencyNotReady: the message

    -> After(30s) revision=None dependency
    ");
    // After a success it is news again.
    end(&fixture, Ending::Succeeded(fixture.resolved()), 0).await;
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::DependencyNotReady), 0).await, @r"
    Ready=False DependencyNotReady: the message
    the same for the 2. time
    -> After(30s) revision=None dependency
    ");
}

#[tokio::test]
async fn a_stall_is_reported_once_and_waits_for_a_change() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::Unsupported), 0).await, @r"
    Ready=False UnsupportedField: the message
    Stalled=True UnsupportedField: the message
    Warning UnsupportedField: the event
    -> OnChange revision=None
    ");
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::Unsupported), 0).await, @r"
    Ready=False UnsupportedField: the message
    Stalled=True UnsupportedField: the message

    -> OnChange revision=None
    ");
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::AccessDenied), 0).await, @r"
    Ready=False AccessDenied: the message
    Stalled=True AccessDenied: the message
    Warning AccessDenied: the event
    -> OnChange revision=None
    ");
}

#[tokio::test]
async fn passing_trouble_backs_off() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, halted(FaultKind::DependencyUnread), 3).await, @r"
    Ready=False DependencyNotReady: the message
    Normal DependencyNotReady: the event
    -> After(8s) revision=None transient
    ");
    let fixture = Fixture::with_spec(json!({})).await;
    insta::assert_snapshot!(end(&fixture, Ending::Unfinished, 1).await, @"-> After(2s) revision=None transient");
    insta::assert_snapshot!(end(&fixture, failed(&fixture, FaultKind::Status), 40).await, @r#"
    Ready=False ReconciliationFailed: the message
    Reconciling=True ProgressingWithRetry: Detecting drift for revision main@sha1:1 with a timeout of 30s

    -> After(900s) revision=Some("main@sha1:1") transient
    "#);
}

#[tokio::test]
async fn a_newer_input_leaves_no_trace() {
    let fixture = fixture().await;
    let cancelled = Ending::Failed(fixture.resolved(), Fault::cancelled());
    insta::assert_snapshot!(end(&fixture, cancelled, 0).await, @r#"-> Now revision=Some("main@sha1:1")"#);
    insta::assert_snapshot!(end(&fixture, Ending::Halted(Fault::cancelled()), 0).await, @"-> Now revision=None");
    assert!(fixture.stored.patches.lock().is_empty());
}

#[tokio::test]
async fn a_suspended_one_is_acknowledged_only() {
    let fixture = fixture().await;
    insta::assert_snapshot!(end(&fixture, Ending::Suspended, 0).await, @"-> OnChange revision=None");
    assert_eq!(handled(&fixture), "token");
    assert!(fixture.stored.status().get("observedGeneration").is_none(), "it is not ready");
    let ready = json!([{"type": "Ready", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    let fixture = Fixture::new(&json!({"status": {"conditions": ready, "observedGeneration": 2}})).await;
    end(&fixture, Ending::Suspended, 0).await;
    assert_eq!(fixture.stored.status()["observedGeneration"], 3);
    let fixture = self::fixture().await;
    fixture.stored.refusals.lock().push(500);
    insta::assert_snapshot!(end(&fixture, Ending::Suspended, 0).await, @"-> After(1s) revision=None transient");
}

#[tokio::test]
async fn one_that_is_gone_is_done_with() {
    let fixture = fixture().await;
    assert_eq!(end(&fixture, Ending::Gone, 0).await, "-> Never revision=None");
    fixture.declare("app", &["a"]);
    fixture.ctx.claims.claim(&fixture.key, &fixture.memory.objects, std::iter::once(id("a")));
    assert_eq!(end(&fixture, Ending::Removed, 0).await, "-> Never revision=None");
    assert_eq!(fixture.ctx.declared.is_declared_by(&key("app"), &local("a")), None, "nothing of it is kept");
    assert!(fixture.memory.objects.ids().is_empty());
    assert_eq!(end(&fixture, Ending::HeldBack, 0).await, "-> OnChange revision=None");
    assert_eq!(end(&fixture, Ending::Postponed, 0).await, "-> After(30s) revision=None");
}

/// The schema allows a millisecond.
#[tokio::test]
async fn no_interval_is_shorter_than_a_second() {
    let fixture = Fixture::with_spec(json!({"interval": "1ms", "retryInterval": "2ms"})).await;
    let text = end(&fixture, Ending::Succeeded(fixture.resolved()), 0).await;
    assert!(text.ends_with("-> After(1s) revision=Some(\"main@sha1:1\")"), "{text}");
    let text = end(&fixture, failed(&fixture, FaultKind::Build), 0).await;
    assert!(text.ends_with("-> After(1s) revision=Some(\"main@sha1:1\")"), "{text}");
}

#[tokio::test]
async fn an_excess_is_told_and_an_early_try_is_not() {
    let fixture = Fixture::with_spec(json!({})).await;
    let after = |kind| Fault::new(kind, "too much").after(Duration::from_secs(77));
    let excess = Ending::Failed(fixture.resolved(), after(FaultKind::BuildExceeded));
    let text = end(&fixture, excess, 5).await;
    assert!(
        text.contains("Ready=False BuildFailed: too much") && text.contains("Warning BuildFailed: too much"),
        "{text}"
    );
    assert!(text.ends_with("-> After(77s) revision=Some(\"main@sha1:1\")"), "{text}");
    let early = Ending::Failed(fixture.resolved(), after(FaultKind::Throttled));
    let text = end(&fixture, early, 5).await;
    assert!(text.contains("Ready=False BuildFailed: too much") && !text.contains("Warning"), "{text}");
    assert!(text.ends_with("-> After(77s) revision=Some(\"main@sha1:1\")"), "{text}");
}

#[tokio::test]
async fn a_status_that_cannot_be_written_backs_off_or_ends() {
    let fixture = fixture().await;
    let refused = || WriteError::Api(cluster::Error::invalid_request("no"));
    for (error, wanted) in [
        (WriteError::Gone, "-> Never revision=None"),
        (WriteError::Overtaken, "-> After(2s) revision=None transient"),
        (refused(), "-> After(2s) revision=None transient"),
    ] {
        assert_eq!(end(&fixture, Ending::Unwritten(error), 1).await, wanted);
    }
    for ending in [failed(&fixture, FaultKind::Apply), Ending::Succeeded(fixture.resolved())] {
        fixture.stored.refusals.lock().push(500);
        fixture.memory.builds.set_input(Some(input()));
        let text = end(&fixture, ending, 0).await;
        assert!(
            fixture.memory.builds.input().is_none(),
            "what was pruned is not recorded: it is looked at again"
        );
        assert_eq!(
            text, "-> After(1s) revision=Some(\"main@sha1:1\") transient",
            "nothing is sent before it is stored"
        );
    }
    fixture.stored.refusals.lock().push(404);
    assert_eq!(end(&fixture, halted(FaultKind::SourceMissing), 0).await, "-> Never revision=None");
}

/// A success of one occasion: the events, how much was written, and when the next run is due.
async fn told(fixture: &Fixture, occasion: Occasion) -> (usize, usize, Duration) {
    let before = fixture.stored.patches.lock().len();
    let report = report_of(fixture, occasion, Ending::Succeeded(fixture.resolved()), 0).await;
    let Next::After(next) = report.next else { panic!("{report:?}") };
    let written = fixture.stored.patches.lock().len() - before;
    (fixture.events().await.lines().count(), written, next)
}

fn totals(fixture: &Fixture) -> Value {
    fixture.stored.status()["history"][0]["totalReconciliations"].clone()
}

const INTERVAL: Duration = Duration::from_secs(600);

#[tokio::test]
async fn between_two_runs_that_are_due_only_news_is_told_and_the_interval_goes_on() {
    let fixture = fixture().await;
    assert_eq!(told(&fixture, Occasion::Between).await, (1, 1, INTERVAL), "everything is new");
    let (events, written, next) = told(&fixture, Occasion::Between).await;
    assert_eq!((events, written), (0, 0));
    assert!(next <= INTERVAL && next > INTERVAL - Duration::from_secs(30), "{next:?}");
    // As if it had begun five minutes ago.
    let mut history = fixture.stored.status()["history"].clone();
    let begun = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(300);
    history[0]["lastReconciled"] = json!(begun.to_string());
    fixture.stored.change(&json!({"status": {"history": history}}));
    let (events, written, next) = told(&fixture, Occasion::Between).await;
    assert_eq!((events, written, totals(&fixture)), (0, 0, json!(1)));
    assert!(next <= INTERVAL / 2, "{next:?}");
    assert_eq!(told(&fixture, Occasion::Due).await, (1, 1, INTERVAL), "the interval is over");
    assert_eq!(totals(&fixture), 2);
}

#[tokio::test]
async fn a_mark_is_renewed_without_a_word() {
    let fixture = fixture().await;
    told(&fixture, Occasion::Due).await;
    fixture.stored.change(&json!({"status": {"history": [{
        "digest": "sha256:r", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
        "lastReconciledDuration": "1s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 5,
        "metadata": {"revision": "main@sha1:1", labels::INPUT: "i", labels::FINGERPRINT: "old"},
    }]}}));
    let (events, written, _) = told(&fixture, Occasion::Between).await;
    assert_eq!((events, written, totals(&fixture)), (0, 1, json!(5)));
    let mark = fixture.stored.status()["history"][0]["metadata"][labels::FINGERPRINT].clone();
    assert!(mark.is_string() && mark != "old", "{mark}");
}

#[tokio::test]
async fn runs_that_change_nothing_are_told_of_as_the_flags_say() {
    for (status, events) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut fixture = fixture().await;
        fixture.ctx.options.noop = Settings { status, events };
        assert_eq!(told(&fixture, Occasion::Due).await, (1, 1, INTERVAL), "everything is new");
        let expected = (usize::from(events), usize::from(status), INTERVAL);
        assert_eq!(told(&fixture, Occasion::Due).await, expected);
        assert_eq!(totals(&fixture), if status { 2 } else { 1 });
    }
}
