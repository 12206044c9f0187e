//! The worker that takes spans out of the queue and sends them, several runs at a time. A receiver that is down costs
//! spans, which are counted, and one log line a minute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::{mpsc, oneshot};

use super::client::{Answer, Client};
use super::flags::Options;
use super::outlet::{Counters, Message, Outlet, QUEUE};
use super::resource::About;
use crate::Error;
use crate::backoff::Backoff;
use crate::metrics::Metrics;

#[cfg(test)]
mod tests;

/// Spans in one request, unless a single run has more.
const BATCH: usize = 512;
/// How long a batch is collected.
const COLLECT: Duration = Duration::from_secs(1);
/// Tries of a batch before it is dropped: about half a minute.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Between log lines about a receiver that does not take spans.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Where spans go; clones share. Off unless `--otlp-endpoint` is set.
#[derive(Clone, Default)]
pub struct Tracer {
    outlet: Option<Arc<Outlet>>,
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer").field("on", &self.outlet.is_some()).finish()
    }
}

impl Tracer {
    /// Starts the worker, which ends when the last clone is gone. Without options traces are off.
    ///
    /// # Errors
    /// The options cannot be honoured: a file that cannot be read, a header that is none.
    pub(crate) fn start(
        options: Option<&Options>,
        about: &About<'_>,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let Some(options) = options else { return Ok(Self::default()) };
        let counters = Counters::new(metrics);
        let client = Client::new(options, about)?;
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_endpoint(options.endpoint.as_str())
            .with_protocol(Protocol::HttpBinary)
            // Its pauses would block the thread.
            .with_retry_policy(RetryPolicy::disabled())
            .with_http_client(client.clone())
            .build()
            .map_err(|error| Error::Startup(format!("traces: {error}")))?;
        exporter.set_resource(&about.resource());
        let (queue, messages) = mpsc::channel(QUEUE);
        let worker = Worker { exporter, client, counters: counters.clone(), said: None };
        drop(tokio::spawn(worker.run(messages)));
        let outlet = Outlet::new(queue, counters, options.ratio, about.version);
        Ok(Self { outlet: Some(outlet) })
    }

    /// Waits until everything recorded so far was sent or given up, at most `deadline`; false when it was not.
    pub async fn flush(&self, deadline: Duration) -> bool {
        match &self.outlet {
            Some(outlet) => tokio::time::timeout(deadline, outlet.flush()).await.is_ok(),
            None => true,
        }
    }

    #[cfg(test)]
    pub(super) const fn of(outlet: Arc<Outlet>) -> Self {
        Self { outlet: Some(outlet) }
    }

    pub(super) fn outlet(&self) -> Option<Arc<Outlet>> {
        self.outlet.clone()
    }
}

struct Worker {
    exporter: opentelemetry_otlp::SpanExporter,
    client: Client,
    counters: Counters,
    /// When it was last said that the receiver does not take spans.
    said: Option<Instant>,
}

/// What to do about a batch after a try.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Retry(Duration),
    Drop(&'static str),
}

/// Decides after the `tries`-th try, counted from one.
fn judge(answer: &Answer, tries: u32) -> Verdict {
    match answer {
        Answer::Status { code: 200..=299, .. } => Verdict::Done,
        Answer::Status { code: 429 | 502 | 503 | 504, .. } | Answer::Unreachable(_) if tries < TRIES => {
            let wished = match answer {
                Answer::Status { retry_after, .. } => retry_after.unwrap_or_default(),
                Answer::Unreachable(_) => Duration::ZERO,
            };
            let pause = Backoff::delay(FIRST_PAUSE, LONGEST_PAUSE, tries.saturating_sub(1));
            Verdict::Retry(pause.max(wished.min(LONGEST_PAUSE)))
        }
        Answer::Status { .. } => Verdict::Drop("refused"),
        Answer::Unreachable(_) => Verdict::Drop("unreachable"),
    }
}

impl Worker {
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.recv().await {
            let (batch, flush) = collect(first, &mut messages).await;
            if !batch.is_empty() {
                self.deliver(batch).await;
            }
            if let Some(done) = flush {
                // Whoever asked may have given up.
                let _ = done.send(());
            }
        }
    }

    async fn deliver(&mut self, batch: Vec<SpanData>) {
        let count = batch.len();
        let mut tries = 0;
        loop {
            tries += 1;
            let exported = self.exporter.export(batch.clone()).await;
            // The exporter's own error says less than the answer that it is made of.
            let answer = self.client.last().unwrap_or_else(|| Answer::Unreachable(text_of(&exported)));
            match judge(&answer, tries) {
                Verdict::Done => {
                    self.counters.add("exported", count);
                    return;
                }
                Verdict::Retry(pause) => {
                    self.complain(&answer);
                    tokio::time::sleep(pause).await;
                }
                Verdict::Drop(reason) => {
                    self.complain(&answer);
                    self.counters.add(reason, count);
                    return;
                }
            }
        }
    }

    fn complain(&mut self, answer: &Answer) {
        if self.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
            self.said = Some(Instant::now());
            tracing::error!(error = %answer, "traces cannot be delivered to --otlp-endpoint; this is said once a minute");
        }
    }
}

fn text_of(exported: &opentelemetry_sdk::error::OTelSdkResult) -> String {
    exported.as_ref().err().map_or_else(|| "no answer".to_owned(), ToString::to_string)
}

/// Takes what comes within [`COLLECT`], or until the batch is full or somebody waits for it.
async fn collect(
    first: Message,
    messages: &mut mpsc::Receiver<Message>,
) -> (Vec<SpanData>, Option<oneshot::Sender<()>>) {
    let mut batch = match first {
        Message::Spans(spans) => spans,
        Message::Flush(done) => return (Vec::new(), Some(done)),
    };
    let end = tokio::time::sleep(COLLECT);
    tokio::pin!(end);
    while batch.len() < BATCH {
        let message = tokio::select! {
            () = &mut end => break,
            message = messages.recv() => message,
        };
        match message {
            Some(Message::Spans(mut spans)) => batch.append(&mut spans),
            Some(Message::Flush(done)) => return (batch, Some(done)),
            None => break,
        }
    }
    (batch, None)
}
