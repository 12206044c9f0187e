//! The sink that posts to `--events-addr` (contracts/source-controller.md 14): five seconds per try, four retries on
//! connection errors and 5xx, 429 means that the receiver has the event already.
//!
//! Other answers are final: the event is dropped and counted.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::queue::{Message, Options, Stamped};
use crate::Error;
use crate::metrics::Metrics;

const TRY: Duration = Duration::from_secs(5);
const RETRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Sink {
    http: reqwest::Client,
    address: reqwest::Url,
    controller: String,
    instance: String,
    metrics: Arc<Metrics>,
}

/// How a try ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Delivered, or a duplicate.
    Done,
    /// Worth another try.
    Retry,
    /// Refused.
    Refused,
}

/// What an answer's code means.
pub(crate) const fn judge(code: u16) -> Verdict {
    match code {
        200..=299 | 429 => Verdict::Done,
        500..=599 => Verdict::Retry,
        _ => Verdict::Refused,
    }
}

impl Sink {
    pub(super) fn new(options: &Options, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let address = reqwest::Url::parse(&options.events_addr).map_err(|error| Error::EventsAddress {
            address: options.events_addr.clone(),
            reason: error.to_string(),
        })?;
        let http = reqwest::Client::builder()
            .timeout(TRY)
            .pool_max_idle_per_host(1)
            .user_agent(options.controller.clone())
            .build()
            .map_err(|error| Error::HttpClient(error.to_string()))?;
        Ok(Self {
            http,
            address,
            controller: options.controller.clone(),
            instance: options.instance.clone(),
            metrics,
        })
    }

    pub(super) async fn run(self, mut queue: mpsc::Receiver<Message>) {
        while let Some(message) = queue.recv().await {
            match message {
                Message::Event(stamped) => self.deliver(&stamped).await,
                // Nobody may wait any more.
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }

    async fn deliver(&self, stamped: &Stamped) {
        let Some(body) = body(stamped, &self.controller, &self.instance) else { return };
        let body = body.to_string();
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        let why = loop {
            tries += 1;
            let answer = self
                .http
                .post(self.address.clone())
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(body.clone())
                .send()
                .await;
            let why = match answer {
                Ok(answer) => {
                    let code = answer.status().as_u16();
                    match judge(code) {
                        Verdict::Done => return,
                        Verdict::Refused => break format!("the receiver answered {code}"),
                        Verdict::Retry => format!("the receiver answered {code}"),
                    }
                }
                Err(error) => error.without_url().to_string(),
            };
            if tries > RETRIES {
                break why;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        };
        self.metrics.event_dropped("post", "refused");
        let involved = &stamped.event.involved;
        tracing::error!(error = %why, reason = %stamped.event.reason,
            namespace = involved.namespace.as_deref().unwrap_or_default(),
            name = involved.name.as_deref().unwrap_or_default(), "unable to send the event to --events-addr");
    }
}

/// The JSON of contract 14; none for a Trace.
pub(crate) fn body_of(
    event: &super::Event,
    at: Timestamp,
    controller: &str,
    instance: &str,
) -> Option<Value> {
    let severity = event.severity.posted()?;
    let seconds = at.round(TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc));
    let mut body = json!({
        "involvedObject": event.involved,
        "severity": severity,
        "timestamp": seconds.unwrap_or(at).to_string(),
        "message": event.message,
        "reason": event.reason,
        "reportingController": controller,
        "reportingInstance": instance,
    });
    if !event.metadata.is_empty() {
        body["metadata"] = json!(event.metadata);
    }
    Some(body)
}

fn body(stamped: &Stamped, controller: &str, instance: &str) -> Option<Value> {
    body_of(&stamped.event, stamped.at, controller, instance)
}
