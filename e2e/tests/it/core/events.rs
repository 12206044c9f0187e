//! The recorder: what the API server stores, what the receiver gets, and how many requests it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::core::v1::Event as CoreEvent;
use kube::Api;
use parking_lot::Mutex;
use reconcile_core::events::{Event, Options, Recorder, Severity, reference};
use reconcile_core::metrics::Metrics;

use super::{config_map, config_maps, connector, kubeconfig};

/// Counts requests for events.
#[derive(Default)]
struct Count(Mutex<BTreeMap<String, u32>>);

impl cluster::Observe for Count {
    fn observe(&self, call: &cluster::Call<'_>) {
        if call.path.contains("/events") {
            *self.0.lock().entry(call.method.to_string()).or_default() += 1;
        }
    }
}

#[tokio::test]
async fn repeated_events_count_up_and_each_costs_one_request() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-events").await?;
    let (admin, ns) = (plane.client().await?, namespace.name().to_owned());
    let object = config_map(&admin, &ns, "subject", "1").await?;
    let sink = testkit::events::EventSink::start().await?;
    let count = Arc::new(Count::default());
    let observe = Arc::clone(&count) as Arc<dyn cluster::Observe>;
    let client = connector(kubeconfig(&plane), Some(observe)).await?.client()?;
    let options = Options {
        controller: "test-controller".to_owned(),
        instance: "pod-1".to_owned(),
        events_addr: sink.url(),
    };
    let recorder = Recorder::new(client, &options, Metrics::new())?;
    let say = |severity, message: &str| {
        recorder.publish(Event {
            involved: reference(&object, &config_maps()),
            severity,
            reason: "Tested".to_owned(),
            message: message.to_owned(),
            metadata: BTreeMap::from([("example.com/revision".to_owned(), "main@sha1:1".to_owned())]),
        });
    };
    say(Severity::Info, "same");
    say(Severity::Info, "same");
    say(Severity::Trace, "same");
    say(Severity::Error, "other");
    assert!(recorder.flush(Duration::from_secs(20)).await, "not delivered in time");

    assert_eq!(*count.0.lock(), BTreeMap::from([("PATCH".to_owned(), 2), ("POST".to_owned(), 2)]));
    let stored = Api::<CoreEvent>::namespaced(admin, &ns).list(&kube::api::ListParams::default()).await?;
    let mut stored: Vec<CoreEvent> =
        stored.items.into_iter().filter(|e| e.reason.as_deref() == Some("Tested")).collect();
    stored.sort_by_key(|event| event.message.clone());
    assert_eq!(stored.len(), 2, "{stored:?}");
    let (other, same) = (&stored[0], &stored[1]);
    assert_eq!(
        (same.count, same.type_.as_deref(), same.message.as_deref()),
        (Some(3), Some("Normal"), Some("same"))
    );
    assert_eq!(
        (other.count, other.type_.as_deref(), other.message.as_deref()),
        (Some(1), Some("Warning"), Some("other"))
    );
    assert_eq!(same.source.as_ref().and_then(|source| source.component.as_deref()), Some("test-controller"));
    assert_eq!(same.reporting_component.as_deref(), Some("test-controller"));
    assert_eq!(same.reporting_instance.as_deref(), Some("pod-1"));
    assert_eq!(same.involved_object.uid, object.metadata.uid);
    assert!(same.first_timestamp <= same.last_timestamp);
    let annotations = same.metadata.annotations.clone().unwrap_or_default();
    assert_eq!(annotations.get("example.com/revision").map(String::as_str), Some("main@sha1:1"));

    let posted: Vec<(String, String)> = sink
        .received()
        .iter()
        .map(|body| {
            (
                body["severity"].as_str().unwrap_or_default().to_owned(),
                body["message"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let expected = [("info", "same"), ("info", "same"), ("error", "other")];
    assert_eq!(
        posted,
        expected.map(|(severity, message)| (severity.to_owned(), message.to_owned())),
        "no Trace, in order"
    );
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_knows_the_event_is_not_asked_again() -> Result<()> {
    let plane = testkit::cluster::ControlPlane::shared().await?;
    let namespace = plane.namespace("core-duplicate").await?;
    let object = config_map(&plane.client().await?, namespace.name(), "subject", "1").await?;
    let sink = testkit::events::EventSink::start().await?;
    sink.answer_with(429);
    let options = Options {
        controller: "test-controller".to_owned(),
        instance: "pod-1".to_owned(),
        events_addr: sink.url(),
    };
    let metrics = Metrics::new();
    let recorder = Recorder::new(plane.client().await?, &options, Arc::clone(&metrics))?;
    recorder.publish(Event {
        involved: reference(&object, &config_maps()),
        severity: Severity::Info,
        reason: "Tested".to_owned(),
        message: "known".to_owned(),
        metadata: BTreeMap::new(),
    });
    assert!(recorder.flush(Duration::from_secs(10)).await);
    assert_eq!(sink.received().len(), 1);
    let text = metrics.render();
    let mut dropped = text.lines().filter(|line| line.starts_with("flyball_events_dropped_total{"));
    assert!(dropped.all(|line| line.ends_with(" 0")), "429 is a success: {text}");
    Ok(())
}
