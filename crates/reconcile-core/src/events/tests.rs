//! Aggregation, the POST body, and what its answers mean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ObjectReference;

use super::kubernetes::event_name;
use super::post::{Verdict, body_of, judge};
use super::series::{Plan, Series};
use super::{Event, Severity, merge_annotations};

fn event(name: &str, severity: Severity, reason: &str, message: &str) -> Event {
    Event {
        involved: ObjectReference {
            api_version: Some("example.com/v1".to_owned()),
            kind: Some("Widget".to_owned()),
            namespace: Some("ns".to_owned()),
            name: Some(name.to_owned()),
            uid: Some("u".to_owned()),
            ..ObjectReference::default()
        },
        severity,
        reason: reason.to_owned(),
        message: message.to_owned(),
        metadata: BTreeMap::new(),
    }
}

/// Plans an event and carries a creation out; the text of the plan.
fn publish(series: &mut Series, event: &Event, now: Instant, name: &str) -> String {
    match series.plan(event, now) {
        Plan::Create { key, message } => {
            series.created(key, name.to_owned(), now);
            format!("create {name}: {message}")
        }
        Plan::Patch { name, count, message, folded, .. } => {
            format!("patch {name} {count} {}", if folded { &message } else { "" })
        }
    }
}

#[test]
fn equal_events_count_up_and_different_ones_do_not() {
    let mut series = Series::default();
    let now = Instant::now();
    let base = event("a", Severity::Info, "R", "m");
    assert_eq!(publish(&mut series, &base, now, "e1"), "create e1: m");
    assert_eq!(publish(&mut series, &base, now, "e2"), "patch e1 2 ");
    assert_eq!(publish(&mut series, &base, now, "e2"), "patch e1 3 ");
    for (number, other) in [
        event("b", Severity::Info, "R", "m"),
        event("a", Severity::Error, "R", "m"),
        event("a", Severity::Info, "S", "m"),
        event("a", Severity::Info, "R", "n"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("o{number}");
        assert!(publish(&mut series, other, now, &name).starts_with("create"), "{other:?}");
    }
    // A Trace is Normal too.
    assert_eq!(publish(&mut series, &event("a", Severity::Trace, "R", "m"), now, "e2"), "patch e1 4 ");
}

#[test]
fn old_and_lost_events_are_created_anew() {
    let mut series = Series::default();
    let now = Instant::now();
    let base = event("a", Severity::Info, "R", "m");
    publish(&mut series, &base, now, "e1");
    let later = now + Duration::from_secs(3600);
    assert_eq!(publish(&mut series, &base, later, "e2"), "create e2: m");
    let Plan::Patch { key, .. } = series.plan(&base, later) else { panic!("a patch") };
    series.lost(key);
    assert_eq!(publish(&mut series, &base, later, "e3"), "create e3: m");
}

#[test]
fn an_event_that_is_created_anew_has_the_whole_message() {
    let mut series = Series::default();
    let now = Instant::now();
    for number in 0..11_u32 {
        publish(&mut series, &event("a", Severity::Info, "R", &format!("m{number}")), now, "e");
    }
    let folded = series.plan(&event("a", Severity::Info, "R", "m11"), now);
    let Plan::Patch { message, folded: true, .. } = folded else { panic!("{folded:?}") };
    assert_eq!(message, "(combined from similar events): m11");
    let single = series.plan(&event("a", Severity::Info, "R", "m0"), now);
    let Plan::Patch { message, folded: false, .. } = single else { panic!("{single:?}") };
    assert_eq!(message, "m0");
}

#[test]
fn events_of_one_nanosecond_have_different_names_and_one_event_has_one() {
    let mut gadget = event("a", Severity::Info, "R", "m");
    gadget.involved.kind = Some("Gadget".to_owned());
    let all = [
        event("a", Severity::Info, "R", "m"),
        event("a", Severity::Info, "R", "n"),
        event("a", Severity::Info, "S", "m"),
        gadget,
    ];
    let at = "2026-01-02T03:04:05.987Z".parse().expect("a time");
    let name = |event: &Event| {
        let Plan::Create { key, .. } = Series::default().plan(event, Instant::now()) else {
            panic!("a creation")
        };
        event_name("a", at, key)
    };
    let names: BTreeSet<String> = all.iter().map(name).collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
    assert_eq!(name(&all[0]), name(&all[0]), "an attempt whose answer was lost is recognised");
}

#[test]
fn many_different_messages_are_folded_within_the_window() {
    let mut series = Series::default();
    let now = Instant::now();
    let say = |number: u32| event("a", Severity::Info, "R", &format!("m{number}"));
    for number in 0..10 {
        assert_eq!(publish(&mut series, &say(number), now, "e"), format!("create e: m{number}"));
    }
    assert_eq!(
        publish(&mut series, &say(10), now, "folded"),
        "create folded: (combined from similar events): m10"
    );
    assert_eq!(
        publish(&mut series, &say(11), now, "x"),
        "patch folded 2 (combined from similar events): m11"
    );
    // Another reason is another group; a quiet window begins anew.
    assert_eq!(publish(&mut series, &event("a", Severity::Info, "S", "m"), now, "s"), "create s: m");
    let later = now + Duration::from_secs(601);
    assert_eq!(publish(&mut series, &say(12), later, "y"), "create y: m12");
}

#[test]
fn memory_of_events_is_bounded() {
    let mut series = Series::default();
    let mut now = Instant::now();
    for number in 0..20_000_u32 {
        now += Duration::from_millis(1);
        publish(&mut series, &event(&number.to_string(), Severity::Info, "R", "m"), now, "e");
    }
    assert!(series.len() <= 4096, "{}", series.len());
}

#[test]
fn the_post_has_flux_form() {
    let mut said = event("a", Severity::Error, "BuildFailed", "no");
    said.involved.resource_version = Some("7".to_owned());
    said.metadata.insert("kustomize.toolkit.fluxcd.io/revision".to_owned(), "main@sha1:1".to_owned());
    let at = "2026-01-02T03:04:05.987Z".parse().expect("a time");
    let body = body_of(&said, at, "kustomize-controller", "pod-1").expect("posted");
    assert_eq!(
        body,
        serde_json::json!({
            "involvedObject": {"kind": "Widget", "namespace": "ns", "name": "a", "uid": "u",
                "apiVersion": "example.com/v1", "resourceVersion": "7"},
            "severity": "error",
            "timestamp": "2026-01-02T03:04:05Z",
            "message": "no",
            "reason": "BuildFailed",
            "metadata": {"kustomize.toolkit.fluxcd.io/revision": "main@sha1:1"},
            "reportingController": "kustomize-controller",
            "reportingInstance": "pod-1",
        })
    );
    assert!(body_of(&event("a", Severity::Trace, "R", "m"), at, "c", "i").is_none());
    let info = body_of(&event("a", Severity::Info, "R", "m"), at, "c", "i").expect("posted");
    assert_eq!(info["severity"], "info");
}

#[test]
fn answers_of_the_receiver() {
    for (code, verdict) in [
        (200, Verdict::Done),
        (202, Verdict::Done),
        (429, Verdict::Done),
        (500, Verdict::Retry),
        (503, Verdict::Retry),
        (400, Verdict::Refused),
        (404, Verdict::Refused),
    ] {
        assert_eq!(judge(code), verdict, "{code}");
    }
}

#[test]
fn the_objects_event_annotations_win() {
    let mut metadata = BTreeMap::from([("event.toolkit.fluxcd.io/env".to_owned(), "ours".to_owned())]);
    let annotations = BTreeMap::from([
        ("event.toolkit.fluxcd.io/env".to_owned(), "theirs".to_owned()),
        ("event.toolkit.fluxcd.io/team".to_owned(), "blue".to_owned()),
        ("other/key".to_owned(), "no".to_owned()),
    ]);
    merge_annotations(&mut metadata, Some(&annotations));
    let pairs: Vec<(&str, &str)> =
        metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("event.toolkit.fluxcd.io/env", "theirs"), ("event.toolkit.fluxcd.io/team", "blue")]);
}
