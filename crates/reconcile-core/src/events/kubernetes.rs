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
use serde_json::json;
use tokio::sync::mpsc;

use super::queue::{Message, Options, Stamped};
use super::series::{Plan, Series};
use crate::metrics::Metrics;

/// Attempts per event when the API server cannot be reached or fails.
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

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
                // Nobody may wait any more.
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }

    async fn deliver(&mut self, stamped: &Stamped) {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let Err(error) = self.send(stamped).await else { return };
            if !error.is_transient() || attempt == ATTEMPTS {
                self.metrics.event_dropped("kubernetes", "refused");
                tracing::error!(error = %error, reason = %stamped.event.reason,
                    kind = stamped.event.involved.kind.as_deref().unwrap_or_default(),
                    namespace = stamped.event.involved.namespace.as_deref().unwrap_or_default(),
                    name = stamped.event.involved.name.as_deref().unwrap_or_default(),
                    "an event could not be recorded");
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn send(&mut self, stamped: &Stamped) -> Result<(), cluster::Error> {
        let namespace = stamped.event.involved.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        // Events of cluster-scoped objects live in `default`, as client-go puts them.
        let api: Api<CoreEvent> = Api::namespaced(self.client.clone(), namespace.unwrap_or("default"));
        match self.series.plan(&stamped.event, Instant::now()) {
            Plan::Create { key, message } => self.create(&api, stamped, key, message).await,
            Plan::Patch { key, name, count, message, folded } => {
                let mut patch = json!({ "count": count, "lastTimestamp": Time(stamped.at) });
                if folded {
                    patch["message"] = json!(message);
                }
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
        let involved = &stamped.event.involved;
        let name = event_name(involved.name.as_deref().unwrap_or_default(), stamped.at, key);
        let metadata = &stamped.event.metadata;
        let event = CoreEvent {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                namespace: Some(
                    involved.namespace.clone().filter(|n| !n.is_empty()).unwrap_or_else(|| "default".into()),
                ),
                annotations: (!metadata.is_empty()).then(|| metadata.clone()),
                ..ObjectMeta::default()
            },
            involved_object: involved.clone(),
            reason: Some(stamped.event.reason.clone()),
            message: Some(message),
            type_: Some(stamped.event.severity.kubernetes_type().to_owned()),
            source: Some(EventSource { component: Some(self.controller.clone()), host: None }),
            reporting_component: Some(self.controller.clone()),
            reporting_instance: Some(self.instance.clone()),
            first_timestamp: Some(Time(stamped.at)),
            last_timestamp: Some(Time(stamped.at)),
            count: Some(1),
            ..CoreEvent::default()
        };
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

/// `<object>.<hex>`, as client-go names events, of the nanoseconds and the series: a clock that is coarse or was set back
/// gives several events one time, also those of objects of other kinds with this name.
pub(crate) fn event_name(object: &str, at: Timestamp, key: u64) -> String {
    let [.., a, b, c, d] = key.to_be_bytes();
    format!("{object}.{:x}{:08x}", at.as_nanosecond(), u32::from_be_bytes([a, b, c, d]))
}
