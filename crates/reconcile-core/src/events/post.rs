//! The sink that posts to `--events-addr` (contracts/source-controller.md 14): five seconds per try, four retries on
//! connection errors and 5xx, 429 means that the receiver has the event already.
//!
//! Other answers are final: the event is dropped and counted.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::event::Event;
use super::queue::{Message, Options, Stamped};
use crate::Error;
use crate::backoff::Backoff;
use crate::metrics::Metrics;

#[cfg(test)]
mod tests;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// Tries after the first one.
const RETRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// More than the tries come to: each pause is twice the one before.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

pub(super) struct Sink {
    http: reqwest::Client,
    address: reqwest::Url,
    controller: String,
    instance: String,
    metrics: Arc<Metrics>,
}

/// What follows from how a try ended.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Delivered, or a duplicate.
    Done,
    /// Try again after this long.
    Retry(Duration),
    /// Drop the event, and say why.
    Drop(String),
}

/// Decides after the `tries`-th try, counted from one. `answer` is the receiver's code, or why there is none.
fn judge(answer: Result<u16, String>, tries: u32) -> Verdict {
    let (why, passing) = match answer {
        Ok(200..=299 | 429) => return Verdict::Done,
        Ok(code) => (format!("the receiver answered {code}"), matches!(code, 500..=599)),
        Err(why) => (why, true),
    };
    if passing && tries <= RETRIES {
        Verdict::Retry(Backoff::delay(FIRST_PAUSE, LONGEST_PAUSE, tries.saturating_sub(1)))
    } else {
        Verdict::Drop(why)
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
                // Whoever asked may have given up.
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }

    async fn deliver(&self, stamped: &Stamped) {
        let Some(body) = body(&stamped.event, stamped.at, &self.controller, &self.instance) else { return };
        let body = body.to_string();
        let mut tries = 0;
        let why = loop {
            tries += 1;
            match judge(self.post(body.clone()).await, tries) {
                Verdict::Done => return,
                Verdict::Retry(pause) => tokio::time::sleep(pause).await,
                Verdict::Drop(why) => break why,
            }
        };
        self.metrics.event_dropped("post", "refused");
        let involved = &stamped.event.involved;
        tracing::error!(error = %why, reason = %stamped.event.reason,
            namespace = involved.namespace.as_deref().unwrap_or_default(),
            name = involved.name.as_deref().unwrap_or_default(), "unable to send the event to --events-addr");
    }

    async fn post(&self, body: String) -> Result<u16, String> {
        let request = self.http.post(self.address.clone());
        let request = request.header(http::header::CONTENT_TYPE, "application/json").body(body);
        // The address may hold a token.
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        Ok(answer.status().as_u16())
    }
}

/// What is posted of an event, the JSON of contract 14; none for a Trace. `controller` and `instance`: who reports.
pub fn body(event: &Event, at: Timestamp, controller: &str, instance: &str) -> Option<Value> {
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
