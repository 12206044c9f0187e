//! Events of all shapes, folded and shown.

use serde_json::json;

use super::*;

fn event(reason: &str, message: &str, last: &str) -> Value {
    json!({
        "type": "Warning", "reason": reason, "message": message, "count": 2, "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": last, "source": {"component": "kubelet"},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web-1"},
    })
}

fn told(reason: &str, message: &str, last: &str) -> Told {
    read(&event(reason, message, last)).unwrap()
}

#[test]
fn the_same_things_are_one_with_the_newest_last() {
    let events = [
        told("BackOff", "again", "2026-01-01T00:03:00Z"),
        told("Failed", "no image", "2026-01-01T00:01:00Z"),
        told("BackOff", "again", "2026-01-01T00:02:00Z"),
    ];
    let folded = folded(events);
    let shown: Vec<(&str, i64)> = folded.iter().map(|told| (told.reason.as_str(), told.count)).collect();
    assert_eq!(shown, [("Failed", 2), ("BackOff", 4)]);
    assert_eq!(folded[1].last, "2026-01-01T00:03:00Z".parse().unwrap());
    let lines =
        table(&folded, "2026-01-01T00:04:00Z".parse().unwrap()).lines(crate::present::Shape::default());
    insta::assert_snapshot!(lines.iter().map(Line::text).collect::<Vec<_>>().join("\n"), @"
    LAST  TYPE     OBJECT          REASON   MESSAGE
    3m    Warning  Pod/shop/web-1  Failed   no image (x2)
    60s   Warning  Pod/shop/web-1  BackOff  again (x4)
    ");
    assert_eq!(
        line(&folded[0]).text(),
        "2026-01-01 00:01:00Z  Warning  Pod/shop/web-1  Failed  no image (x2)"
    );
}

#[test]
fn events_of_the_newer_kind_have_their_times_elsewhere() {
    let mut event = event("A", "b", "2026-01-01T00:00:00Z");
    event["lastTimestamp"] = Value::Null;
    event["firstTimestamp"] = Value::Null;
    assert_eq!(read(&event), None);
    event["eventTime"] = json!("2026-01-01T00:05:00.000000Z");
    assert_eq!(read(&event).unwrap().last, "2026-01-01T00:05:00Z".parse().unwrap());
    event["series"] = json!({"count": 7, "lastObservedTime": "2026-01-01T00:09:00.000000Z"});
    let told = read(&event).unwrap();
    assert_eq!(
        (told.count, told.last, told.first),
        (7, "2026-01-01T00:09:00Z".parse().unwrap(), "2026-01-01T00:05:00Z".parse().unwrap())
    );
}

#[test]
fn what_others_say_is_masked_and_on_one_line() {
    let told = told("A", "clone https://user:pass@git.example/a\nfailed", "2026-01-01T00:01:00Z");
    assert!(!told.message.contains("pass") && !told.message.contains('\n'), "{}", told.message);
    let mut nobody = event("A", "b", "2026-01-01T00:00:00Z");
    nobody["involvedObject"] = json!({});
    assert_eq!(read(&nobody), None);
}
