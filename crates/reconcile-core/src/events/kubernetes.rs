//! The sink that writes core/v1 Events: one request per event, a create or a patch.
//!
//! kube's own recorder writes events.k8s.io and folds different notes of one reason (decisions 2.4).

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event as CoreEvent, EventSource};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::ObjectMeta;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::event::Event;
use super::queue::{Message, Options, Stamped};
use super::series::{Plan, Series};
use crate::backoff::Backoff;
use crate::metrics::Metrics;

#[cfg(test)]
mod tests;

/// Attempts per event when the API server cannot be reached or fails.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// More than the attempts come to: each pause is twice the one before.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

pub(super) struct Sink {
    client: Client,
    controller: String,
    instance: String,
    metrics: Arc<Metrics>,
    series: Series,
}

impl Sink {
    pub(super) fn new(client: Client, options: &Options, metrics: Arc<Metrics>) -> Self {
        Self {
            client,
            controller: options.controller.clone(),
            instance: options.instance.clone(),
            metrics,
            series: Series::default(),
        }
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(message) = queue.recv().await {
            match message {
                Message::Event(stamped) => self.deliver(&stamped).await,
                // Whoever asked may have given up.
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }

    async fn deliver(&mut self, stamped: &Stamped) {
        for attempt in 1..=ATTEMPTS {
            let Err(error) = self.send(stamped).await else { return };
            let Some(pause) = pause_after(error.is_transient(), attempt) else {
                self.metrics.event_dropped("kubernetes", "refused");
                tracing::error!(error = %error, reason = %stamped.event.reason,
                    kind = stamped.event.involved.kind.as_deref().unwrap_or_default(),
                    namespace = stamped.event.involved.namespace.as_deref().unwrap_or_default(),
                    name = stamped.event.involved.name.as_deref().unwrap_or_default(),
                    "an event could not be recorded");
                return;
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn send(&mut self, stamped: &Stamped) -> Result<(), cluster::Error> {
        let api: Api<CoreEvent> = Api::namespaced(self.client.clone(), namespace_of(&stamped.event));
        match self.series.plan(&stamped.event, Instant::now()) {
            Plan::Create { key, message } => self.create(&api, stamped, key, message).await,
            Plan::Patch { key, name, count, message, folded } => {
                let patch = count_up(count, stamped.at, folded.then_some(message.as_str()));
                let params =
                    PatchParams { field_manager: Some(self.controller.clone()), ..PatchParams::default() };
                match api
                    .patch_metadata(&name, &params, &Patch::Merge(patch))
                    .await
                    .map_err(cluster::Error::from)
                {
                    Ok(_) => Ok(()),
                    Err(error) => {
                        self.series.lost(key);
                        if error.classify() != cluster::Class::NotFound {
                            return Err(error);
                        }
                        self.create(&api, stamped, key, message).await
                    }
                }
            }
        }
    }

    async fn create(
        &mut self,
        api: &Api<CoreEvent>,
        stamped: &Stamped,
        key: u64,
        message: String,
    ) -> Result<(), cluster::Error> {
        let event = object(stamped, &self.controller, &self.instance, key, message);
        let name = event.metadata.name.clone().unwrap_or_default();
        let params = PostParams { field_manager: Some(self.controller.clone()), ..PostParams::default() };
        match api.create(&params, &event).await.map_err(cluster::Error::from) {
            Ok(_) => {}
            // An attempt whose answer was lost: no other event has the name.
            Err(error) if error.classify() == cluster::Class::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        self.series.created(key, name, Instant::now());
        Ok(())
    }
}

/// How long to wait after the `attempt`-th attempt failed, counted from one; none to give up.
fn pause_after(transient: bool, attempt: u32) -> Option<Duration> {
    let again = transient && attempt < ATTEMPTS;
    again.then(|| Backoff::delay(FIRST_PAUSE, LONGEST_PAUSE, attempt.saturating_sub(1)))
}

/// Events of cluster-scoped objects live in `default`, as client-go puts them.
fn namespace_of(event: &Event) -> &str {
    event.involved.namespace.as_deref().filter(|namespace| !namespace.is_empty()).unwrap_or("default")
}

/// The merge patch that counts an Event up; with the message if that is another one now.
fn count_up(count: i32, at: Timestamp, message: Option<&str>) -> Value {
    let mut patch = json!({ "count": count, "lastTimestamp": Time(at) });
    if let Some(message) = message {
        patch["message"] = json!(message);
    }
    patch
}

/// The Event object of the first event of a series.
fn object(stamped: &Stamped, controller: &str, instance: &str, key: u64, message: String) -> CoreEvent {
    let Stamped { event, at } = stamped;
    let name = event_name(event.involved.name.as_deref().unwrap_or_default(), *at, key);
    CoreEvent {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(namespace_of(event).to_owned()),
            annotations: (!event.metadata.is_empty()).then(|| event.metadata.clone()),
            ..ObjectMeta::default()
        },
        involved_object: event.involved.clone(),
        reason: Some(event.reason.clone()),
        message: Some(message),
        type_: Some(event.severity.kubernetes_type().to_owned()),
        source: Some(EventSource { component: Some(controller.to_owned()), host: None }),
        reporting_component: Some(controller.to_owned()),
        reporting_instance: Some(instance.to_owned()),
        first_timestamp: Some(Time(*at)),
        last_timestamp: Some(Time(*at)),
        count: Some(1),
        ..CoreEvent::default()
    }
}

/// `<object>.<hex>`, as client-go names events, of the nanoseconds and the series: a clock that is coarse or was set back
/// gives several events one time, also those of objects of other kinds with this name.
fn event_name(object: &str, at: Timestamp, key: u64) -> String {
    let [.., a, b, c, d] = key.to_be_bytes();
    format!("{object}.{:x}{:08x}", at.as_nanosecond(), u32::from_be_bytes([a, b, c, d]))
}
