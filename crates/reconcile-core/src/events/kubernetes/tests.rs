//! The objects and patches that are sent, and when an attempt is repeated.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use jiff::Timestamp;

use super::{count_up, event_name, namespace_of, object, pause_after};
use crate::events::queue::Stamped;
use crate::events::series::{Plan, Series};
use crate::events::tests::event;
use crate::events::{Event, Severity};

fn at() -> Timestamp {
    "2026-01-02T03:04:05.987Z".parse().expect("a time")
}

fn written(event: Event, message: &str) -> String {
    let stamped = Stamped { event: Arc::new(event), at: at() };
    let object = object(&stamped, "kustomize-controller", "pod-1", 0x1234_5678_9abc_def0, message.to_owned());
    serde_json::to_string_pretty(&object).expect("JSON")
}

#[test]
fn a_first_event_says_everything() {
    let mut said = event("a", Severity::Error, "BuildFailed", "no");
    said.metadata.insert("kustomize.toolkit.fluxcd.io/revision".to_owned(), "main@sha1:1".to_owned());
    assert_snapshot!(written(said, "(combined from similar events): no"), @r#"
    {
      "apiVersion": "v1",
      "kind": "Event",
      "count": 1,
      "firstTimestamp": "2026-01-02T03:04:05Z",
      "involvedObject": {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "name": "a",
        "namespace": "ns",
        "uid": "u"
      },
      "lastTimestamp": "2026-01-02T03:04:05Z",
      "message": "(combined from similar events): no",
      "metadata": {
        "annotations": {
          "kustomize.toolkit.fluxcd.io/revision": "main@sha1:1"
        },
        "name": "a.1886caf2576a9ec09abcdef0",
        "namespace": "ns"
      },
      "reason": "BuildFailed",
      "reportingComponent": "kustomize-controller",
      "reportingInstance": "pod-1",
      "source": {
        "component": "kustomize-controller"
      },
      "type": "Warning"
    }
    "#);
}

#[test]
fn an_event_of_a_cluster_scoped_object_lives_in_default() {
    for (namespace, expected) in [(None, "default"), (Some(""), "default"), (Some("ns"), "ns")] {
        let mut said = event("a", Severity::Trace, "R", "m");
        said.involved.namespace = namespace.map(str::to_owned);
        assert_eq!(namespace_of(&said), expected);
        let text = written(said, "m");
        assert!(text.contains(&format!("\"namespace\": \"{expected}\"")), "{text}");
        assert!(text.contains("\"type\": \"Normal\""), "a Trace is Normal: {text}");
        assert!(!text.contains("annotations"), "{text}");
    }
}

#[test]
fn a_repetition_counts_up_and_a_folded_one_speaks_again() {
    assert_snapshot!(count_up(2, at(), None), @r#"{"count":2,"lastTimestamp":"2026-01-02T03:04:05Z"}"#);
    assert_snapshot!(count_up(3, at(), Some("m")), @r#"{"count":3,"lastTimestamp":"2026-01-02T03:04:05Z","message":"m"}"#);
}

#[test]
fn what_may_pass_is_tried_five_times() {
    let pauses: Vec<_> = (1..=5).map(|attempt| pause_after(true, attempt)).collect();
    let millis = |number: u64| Some(Duration::from_millis(number));
    assert_eq!(pauses, [millis(500), millis(1000), millis(2000), millis(4000), None]);
    assert_eq!(pause_after(false, 1), None, "a refusal stays one");
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
