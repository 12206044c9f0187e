//! What all runs put their spans into: a bounded queue that nobody waits for. What does not fit is dropped and counted.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample as _, SpanData};
use prometheus::IntCounterVec;
use tokio::sync::{mpsc, oneshot};

use crate::metrics::Metrics;
use crate::metrics::table::own;

/// Runs whose spans may wait.
pub(super) const QUEUE: usize = 1024;

/// What the worker is handed.
pub(super) enum Message {
    Spans(Vec<SpanData>),
    /// To be answered once everything before it was dealt with.
    Flush(oneshot::Sender<()>),
}

/// Spans by what became of them.
#[derive(Clone, Debug)]
pub(super) struct Counters(IntCounterVec);

impl Counters {
    /// `metrics` serve them from now on.
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self(metrics.counters(&own::TRACE_SPANS))
    }

    pub(super) fn add(&self, result: &str, spans: usize) {
        self.0.with_label_values(&[result]).inc_by(spans as u64);
    }
}

/// See the module.
pub(super) struct Outlet {
    queue: mpsc::Sender<Message>,
    counters: Counters,
    sampler: Sampler,
    scope: InstrumentationScope,
}

impl Outlet {
    /// `ratio` of all traces are kept; which ones follows from their ids, so that all controllers agree.
    pub(super) fn new(
        queue: mpsc::Sender<Message>,
        counters: Counters,
        ratio: f64,
        version: &'static str,
    ) -> Arc<Self> {
        let scope = InstrumentationScope::builder("flyball").with_version(version).build();
        Arc::new(Self { queue, counters, sampler: Sampler::TraceIdRatioBased(ratio), scope })
    }

    pub(super) fn samples(&self, trace: TraceId) -> bool {
        let sampled = self.sampler.should_sample(None, trace, "", &SpanKind::Internal, &[], &[]);
        sampled.decision == SamplingDecision::RecordAndSample
    }

    pub(super) fn scope(&self) -> InstrumentationScope {
        self.scope.clone()
    }

    /// Returns at once.
    pub(super) fn put(&self, spans: Vec<SpanData>) {
        let count = spans.len();
        if self.queue.try_send(Message::Spans(spans)).is_err() {
            self.counters.add("queue_full", count);
        }
    }

    /// Resolves when everything put so far was dealt with.
    pub(super) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // The worker ended: nothing is left to send.
            drop(wait.await);
        }
    }
}
