//! Events that are the same.

use serde_json::json;

use super::*;

#[test]
fn the_same_is_told_once() {
    let event = |message: &str, last: &str, count: i64| {
        read(
            &json!({"type": "Warning", "reason": "BackOff", "message": message, "count": count, "lastTimestamp": last}),
        )
    };
    let events = [
        event("a", "2026-11-25T09:00:00Z", 2),
        event("b", "2026-11-25T09:30:00Z", 1),
        event("a", "2026-11-25T09:40:00Z", 3),
        read(&json!({"reason": "NoTime"})),
        read(&json!({"reason": "Other", "eventTime": "2026-11-25T09:50:00.123456Z"})),
    ];
    let told: Vec<(String, i64)> = folded(events.into_iter().flatten())
        .into_iter()
        .map(|told| (told.reason + &told.message, told.count))
        .collect();
    let told: Vec<(&str, i64)> = told.iter().map(|(text, count)| (text.as_str(), *count)).collect();
    assert_eq!(told, [("Other", 1), ("BackOffa", 5), ("BackOffb", 1)]);
}

#[test]
fn the_latest_words_of_a_reason() {
    let event = |reason: &str, message: &str, last: &str| json!({"type": "Warning", "reason": reason, "message": message, "lastTimestamp": last});
    let events = [
        event("BuildFailed", "first", "2026-11-25T09:00:00Z"),
        event("BuildFailed", "line one\nline two", "2026-11-25T09:30:00Z"),
        event("Other", "x", "2026-11-25T09:40:00Z"),
    ];
    assert_eq!(latest(events.iter(), "BuildFailed").as_deref(), Some("line one\nline two"));
    assert_eq!(latest(events.iter(), "HealthCheckFailed"), None);
}
