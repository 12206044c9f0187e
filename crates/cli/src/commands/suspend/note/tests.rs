//! What is written, and what is taken away again.

use super::*;

fn note(by: Option<&str>, reason: Option<&str>) -> Note {
    Note {
        by: by.map(str::to_owned),
        at: "2026-01-01T00:00:00.5Z".parse().unwrap(),
        reason: reason.map(str::to_owned),
    }
}

#[test]
fn who_when_and_why_are_noted() {
    let patch = suspended(&json!({"spec": {}}), &note(Some("jane"), Some("moving"))).unwrap();
    let wanted = json!({
        "metadata": {"annotations": {
            "flyball.dev/suspendedBy": "jane", "flyball.dev/suspendedAt": "2026-01-01T00:00:00Z",
            "flyball.dev/suspendReason": "moving",
        }},
        "spec": {"suspend": true},
    });
    assert_eq!(patch, wanted);
}

#[test]
fn what_is_not_known_takes_older_notes_away() {
    let patch = suspended(&json!({"spec": {"suspend": false}}), &note(None, None)).unwrap();
    let annotations = &patch["metadata"]["annotations"];
    assert_eq!(annotations["flyball.dev/suspendedBy"], Value::Null);
    assert_eq!(annotations["flyball.dev/suspendReason"], Value::Null);
    assert!(annotations.as_object().unwrap().contains_key("flyball.dev/suspendReason"));
}

#[test]
fn who_suspended_first_stays() {
    let object = json!({"spec": {"suspend": true}});
    assert_eq!(suspended(&object, &note(Some("joe"), None)), None);
    let patch = suspended(&object, &note(Some("joe"), Some("still moving"))).unwrap();
    assert_eq!(patch, json!({"metadata": {"annotations": {"flyball.dev/suspendReason": "still moving"}}}));
}

#[test]
fn resuming_takes_the_notes_that_there_are() {
    let object = json!({"metadata": {"annotations": {"flyball.dev/suspendedBy": "jane", "other": "stays"}}});
    let wanted =
        json!({"spec": {"suspend": false}, "metadata": {"annotations": {"flyball.dev/suspendedBy": null}}});
    assert_eq!(resumed(&object), wanted);
    assert_eq!(resumed(&json!({"metadata": {}})), json!({"spec": {"suspend": false}}));
}
