//! Rows: what is new, why the run began, and what is told.

use super::{News, Occasion, Settings, Telling, due_in, keep_times, news, telling};
use api::kustomization::KustomizationStatus;
use api::labels;
use serde_json::{Value, json};
use std::time::Duration;

const ALL: Settings = Settings { status: true, events: true };
const NONE: Settings = Settings { status: false, events: false };

fn status(more: &Value) -> KustomizationStatus {
    let mut status = json!({
        "lastAppliedRevision": "main@sha1:1",
        "history": [{
            "digest": "d", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
            "lastReconciledDuration": "1s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 1,
            "metadata": {"revision": "main@sha1:1", labels::FINGERPRINT: "f", labels::INPUT: "i"},
        }],
    });
    crate::samples::merge(&mut status, more);
    serde_json::from_value(status).unwrap()
}

/// The first item of the history with another field.
fn with(field: &str, value: &Value) -> KustomizationStatus {
    let mut status = serde_json::to_value(status(&json!({}))).unwrap();
    status["history"][0][field] = value.clone();
    serde_json::from_value(status).unwrap()
}

fn marked(mark: Option<&str>, input: &str) -> KustomizationStatus {
    let mut metadata = json!({"revision": "main@sha1:1", labels::INPUT: input});
    if let Some(mark) = mark {
        metadata[labels::FINGERPRINT] = json!(mark);
    }
    with("metadata", &metadata)
}

#[test]
fn times_and_counters_are_no_news_and_the_mark_is_for_nobody_to_see() {
    let stored = status(&json!({}));
    for (wanted, expected) in [
        (stored.clone(), News::Times),
        (with("lastReconciled", &json!("2026-02-01T00:00:00Z")), News::Times),
        (with("lastReconciledDuration", &json!("2s")), News::Times),
        (with("totalReconciliations", &json!(2)), News::Times),
        (marked(Some("other"), "i"), News::Mark),
        (marked(None, "i"), News::Mark),
        (marked(Some("f"), "other"), News::Something),
        (marked(Some("other"), "other"), News::Something),
        (with("lastReconciledStatus", &json!("ReconciliationFailed")), News::Something),
        (with("digest", &json!("other")), News::Something),
        (status(&json!({"lastAppliedRevision": "main@sha1:2"})), News::Something),
        (status(&json!({"lastHandledReconcileAt": "now"})), News::Something),
        (status(&json!({"history": []})), News::Something),
    ] {
        assert_eq!(news(&stored, &wanted), expected, "{wanted:?}");
    }
    assert_eq!(news(&marked(None, "i"), &stored), News::Mark, "a mark that was withdrawn comes back");
}

#[test]
fn every_row_of_what_is_told() {
    let told = |times, event| Telling { times, event };
    for (occasion, news, settings, expected) in [
        (Occasion::Due, News::Something, NONE, told(true, true)),
        (Occasion::Between, News::Something, NONE, told(true, true)),
        (Occasion::Due, News::Times, ALL, told(true, true)),
        (Occasion::Due, News::Mark, ALL, told(true, true)),
        (Occasion::Due, News::Times, Settings { events: false, ..ALL }, told(true, false)),
        (Occasion::Due, News::Times, Settings { status: false, ..ALL }, told(false, true)),
        (Occasion::Due, News::Mark, NONE, told(false, false)),
        (Occasion::Between, News::Times, ALL, told(false, false)),
        (Occasion::Between, News::Mark, ALL, told(false, false)),
    ] {
        assert_eq!(telling(occasion, news, settings), expected, "{occasion:?} {news:?} {settings:?}");
    }
}

#[test]
fn what_is_not_told_is_left_as_it_is_stored() {
    let stored = status(&json!({}));
    let mut wanted = with("totalReconciliations", &json!(2));
    keep_times(&stored, &mut wanted);
    assert!(reconcile_core::status::changes(&stored, &wanted).is_none());
    let mut renewed = marked(Some("other"), "i");
    keep_times(&stored, &mut renewed);
    assert_eq!(renewed.history[0].metadata[labels::FINGERPRINT], "other");
    // Another outcome has times of its own.
    let mut other = with("digest", &json!("other"));
    other.history[0].total_reconciliations = 7;
    keep_times(&stored, &mut other);
    assert_eq!(other.history[0].total_reconciliations, 7);
}

#[test]
fn a_run_is_due_an_interval_after_the_last_one() {
    let last = &status(&json!({})).history[0];
    let (minute, ten) = (Duration::from_secs(60), Duration::from_secs(600));
    for (now, expected) in [
        ("2026-01-01T00:00:00Z", Some(ten)),
        ("2026-01-01T00:09:00Z", Some(minute)),
        ("2026-01-01T00:10:00Z", None),
        ("2026-01-02T00:00:00Z", None),
        // A clock that was ahead.
        ("2025-12-31T00:00:00Z", Some(ten)),
    ] {
        assert_eq!(due_in(last, ten, now.parse().unwrap()), expected, "{now}");
    }
}
