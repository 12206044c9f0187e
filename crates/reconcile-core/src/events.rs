//! The event recorder: each event becomes one core/v1 Event and one POST to `--events-addr`
//! (contracts/source-controller.md 14, decisions 2.4).
//!
//! Publishing never waits: a bounded queue per sink and one worker each, so that events stay in order and a slow
//! receiver delays nobody. What is worth an event is the controller's decision.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use tokio::sync::{mpsc, oneshot};

use crate::metrics::Metrics;

mod event;
mod kubernetes;
mod post;
mod queue;
mod series;
#[cfg(test)]
mod tests;

pub use event::{Event, Severity};
pub use post::body;
pub use queue::Options;
use queue::{Message, Stamped};

/// Events that may wait per sink.
const QUEUE: usize = 1024;
/// Longest message, in bytes (contract 14).
const LONGEST_MESSAGE: usize = 39_000;

/// Adds the object's `event.toolkit.fluxcd.io/*` annotations, which win (contract 14).
pub fn merge_annotations(
    metadata: &mut BTreeMap<String, String>,
    annotations: Option<&BTreeMap<String, String>>,
) {
    let ours =
        annotations.into_iter().flatten().filter(|(key, _)| key.starts_with(api::labels::EVENT_PREFIX));
    metadata.extend(ours.map(|(key, value)| (key.clone(), value.clone())));
}

/// An [`ObjectReference`] to an object as the API server gave it.
pub fn reference<K: kube::Resource>(object: &K, dynamic: &K::DynamicType) -> ObjectReference {
    let metadata = object.meta();
    ObjectReference {
        api_version: Some(K::api_version(dynamic).into_owned()),
        kind: Some(K::kind(dynamic).into_owned()),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        resource_version: metadata.resource_version.clone(),
        field_path: None,
    }
}

/// With the time, the trace that it belongs to, and no longer a message than is taken.
fn stamped(mut event: Event) -> Stamped {
    event.message = crate::condition::cut(&event.message, LONGEST_MESSAGE);
    if let Some(id) = crate::trace::trace_id() {
        event.metadata.entry(api::labels::TRACE_ID.to_owned()).or_insert(id);
    }
    Stamped { event: Arc::new(event), at: Timestamp::now() }
}

/// Takes events; clones share the queues.
#[derive(Clone)]
pub struct Recorder {
    kubernetes: mpsc::Sender<Message>,
    post: Option<mpsc::Sender<Message>>,
    metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("posts", &self.post.is_some()).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Starts the workers; they end when the last clone is gone.
    ///
    /// # Errors
    /// `--events-addr` is not a URL.
    pub fn new(client: Client, options: &Options, metrics: Arc<Metrics>) -> Result<Self, crate::Error> {
        let (kubernetes, queue) = mpsc::channel(QUEUE);
        let sink = kubernetes::Sink::new(client, options, Arc::clone(&metrics));
        drop(tokio::spawn(sink.run(queue)));
        let post = if options.events_addr.is_empty() {
            None
        } else {
            let sink = post::Sink::new(options, Arc::clone(&metrics))?;
            let (post, queue) = mpsc::channel(QUEUE);
            drop(tokio::spawn(sink.run(queue)));
            Some(post)
        };
        Ok(Self { kubernetes, post, metrics })
    }

    /// Queues an event and returns at once. When a queue is full the event is dropped there, and counted.
    pub fn publish(&self, event: Event) {
        let stamped = stamped(event);
        if let (Some(post), true) = (&self.post, stamped.event.severity.posted().is_some())
            && post.try_send(Message::Event(stamped.clone())).is_err()
        {
            self.metrics.event_dropped("post", "queue_full");
        }
        self.record_stamped(stamped);
    }

    /// As [`Self::publish`], in Kubernetes alone: whoever has its own way to `--events-addr` posts [`body`] there.
    pub fn record(&self, event: Event) {
        self.record_stamped(stamped(event));
    }

    fn record_stamped(&self, stamped: Stamped) {
        if self.kubernetes.try_send(Message::Event(stamped)).is_err() {
            self.metrics.event_dropped("kubernetes", "queue_full");
        }
    }

    /// Waits until everything queued so far was sent, at most `deadline`; false when it was not.
    pub async fn flush(&self, deadline: Duration) -> bool {
        let all = async {
            for queue in std::iter::once(&self.kubernetes).chain(&self.post) {
                let (done, wait) = oneshot::channel();
                if queue.send(Message::Flush(done)).await.is_ok() {
                    // The worker ended: nothing is left to send.
                    drop(wait.await);
                }
            }
        };
        tokio::time::timeout(deadline, all).await.is_ok()
    }
}
