//! What an event carries, and the recorder's queues.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference};
use kube::core::ObjectMeta;
use tokio::sync::mpsc;

use super::queue::Message;
use super::{Event, LONGEST_MESSAGE, Recorder, Severity, merge_annotations, reference};
use crate::metrics::Metrics;

pub(super) fn event(name: &str, severity: Severity, reason: &str, message: &str) -> Event {
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

#[test]
fn an_object_without_annotations_adds_nothing() {
    let mut metadata = BTreeMap::from([("a/b".to_owned(), "c".to_owned())]);
    merge_annotations(&mut metadata, None);
    assert_eq!(metadata.len(), 1);
}

#[test]
fn severities_have_their_words_in_both_places() {
    let words = |severity: Severity| (severity.kubernetes_type(), severity.posted());
    assert_eq!(words(Severity::Trace), ("Normal", None));
    assert_eq!(words(Severity::Info), ("Normal", Some("info")));
    assert_eq!(words(Severity::Error), ("Warning", Some("error")));
}

#[test]
fn a_reference_names_the_object_as_the_server_gave_it() {
    let object = ConfigMap {
        metadata: ObjectMeta {
            namespace: Some("ns".to_owned()),
            name: Some("a".to_owned()),
            uid: Some("u".to_owned()),
            resource_version: Some("7".to_owned()),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    };
    let text = serde_json::to_string(&reference(&object, &())).expect("JSON");
    insta::assert_snapshot!(text, @r#"{"apiVersion":"v1","kind":"ConfigMap","name":"a","namespace":"ns","resourceVersion":"7","uid":"u"}"#);
}

/// A recorder whose queues nobody reads.
fn recorder(
    room: usize,
    posts: bool,
) -> (Recorder, mpsc::Receiver<Message>, Option<mpsc::Receiver<Message>>) {
    let (kubernetes, read) = mpsc::channel(room);
    let (post, posted) = mpsc::channel(room);
    let recorder = Recorder { kubernetes, post: posts.then_some(post), metrics: Metrics::new() };
    (recorder, read, posts.then_some(posted))
}

fn messages(queue: &mut mpsc::Receiver<Message>) -> Vec<String> {
    let mut all = Vec::new();
    while let Ok(message) = queue.try_recv() {
        all.push(match message {
            Message::Event(stamped) => stamped.event.message.clone(),
            Message::Flush(_) => "flush".to_owned(),
        });
    }
    all
}

#[test]
fn every_event_is_recorded_and_a_trace_is_not_posted() {
    let (recorder, mut kubernetes, post) = recorder(8, true);
    let mut post = post.expect("a queue");
    for severity in [Severity::Trace, Severity::Info, Severity::Error] {
        recorder.publish(event("a", severity, "R", &format!("{severity:?}")));
    }
    assert_eq!(messages(&mut kubernetes), ["Trace", "Info", "Error"]);
    assert_eq!(messages(&mut post), ["Info", "Error"]);
}

#[test]
fn what_is_recorded_alone_is_not_posted() {
    let (recorder, mut kubernetes, post) = recorder(8, true);
    let mut post = post.expect("a queue");
    recorder.record(event("a", Severity::Error, "R", "m"));
    assert_eq!((messages(&mut kubernetes), messages(&mut post)), (vec!["m".to_owned()], Vec::new()));
}

#[test]
fn a_full_queue_drops_and_counts_and_the_other_is_not_affected() {
    let (recorder, mut kubernetes, post) = recorder(1, true);
    let mut post = post.expect("a queue");
    recorder.publish(event("a", Severity::Info, "R", "1"));
    assert_eq!(messages(&mut post), ["1"]);
    recorder.publish(event("a", Severity::Info, "R", "2"));
    assert_eq!(
        (messages(&mut kubernetes), messages(&mut post)),
        (vec!["1".to_owned()], vec!["2".to_owned()])
    );
    let text = recorder.metrics.render();
    let dropped = "flyball_events_dropped_total{reason=\"queue_full\",sink=\"kubernetes\"} 1";
    let other = "flyball_events_dropped_total{reason=\"queue_full\",sink=\"post\"} 0";
    assert!(text.contains(dropped) && text.contains(other), "{text}");
}

#[test]
fn a_message_that_is_too_long_is_cut() {
    let (recorder, mut kubernetes, _) = recorder(1, false);
    recorder.publish(event("a", Severity::Info, "R", &"x".repeat(LONGEST_MESSAGE + 1)));
    let [message] = messages(&mut kubernetes).try_into().expect("one event");
    assert!(message.len() == LONGEST_MESSAGE && message.ends_with("x..."), "{}", message.len());
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_what_was_queued_but_not_for_ever() {
    let (recorder, mut kubernetes, _) = recorder(8, false);
    recorder.publish(event("a", Severity::Info, "R", "m"));
    assert!(!recorder.flush(Duration::from_secs(5)).await, "nobody reads");
    assert_eq!(messages(&mut kubernetes), ["m", "flush"]);

    let read = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let seen = Arc::clone(&read);
    drop(tokio::spawn(async move {
        while let Some(message) = kubernetes.recv().await {
            match message {
                Message::Event(stamped) => seen.lock().push(stamped.event.message.clone()),
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }));
    for message in ["1", "2"] {
        recorder.publish(event("a", Severity::Info, "R", message));
    }
    assert!(recorder.flush(Duration::from_secs(5)).await);
    assert_eq!(*read.lock(), ["1", "2"]);
}

#[tokio::test]
async fn a_worker_that_ended_is_not_waited_for() {
    let (recorder, kubernetes, _) = recorder(8, false);
    drop(kubernetes);
    recorder.publish(event("a", Severity::Info, "R", "m"));
    assert!(recorder.flush(Duration::from_secs(3600)).await);
}
