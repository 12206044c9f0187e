//! Traces: one from a commit to Ready across the controllers, which never talk to each other. Off unless
//! `--otlp-endpoint` is set; then a run that is wrapped in [`Tracer::run`] becomes a span with a child per [`step`].
//!
//! ```text
//! Tracer::run ──▶ Recording (step, note, belongs, ended) ──run ends──▶ queue ──▶ OTLP over HTTP
//! ```
//!
//! Everybody derives the same trace from what the source's object says (`id`), so nothing is written for it.
//! What a run finds out about itself, also to which trace it belongs, it tells the recording that is current in its task;
//! elsewhere these functions do nothing. Attributes hold names, revisions, counts and reasons, never messages: those
//! are for people with rights. Which spans there are is the controllers' business.

use std::sync::Arc;
use std::time::SystemTime;

use crate::key::ObjectKey;
use crate::telemetry::Kind;

mod client;
mod export;
mod flags;
mod headers;
mod id;
pub mod keys;
mod outlet;
mod recording;
mod resource;
#[cfg(test)]
mod tests;

pub use export::Tracer;
pub use flags::{Options, TraceFlags};
pub use recording::{Place, Step};
pub(crate) use resource::About;

use recording::Recording;

tokio::task_local! {
    static CURRENT: Option<Arc<Recording>>;
}

impl Tracer {
    /// Wraps a run of an object, so that it becomes a span when it ends, whichever way. Free when traces are off.
    pub fn run<F: Future>(
        &self,
        name: &'static str,
        kind: Kind,
        key: &ObjectKey,
        run: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let recording = self.outlet().map(|outlet| Arc::new(Recording::new(outlet, name, kind, key)));
        CURRENT.scope(recording, run)
    }
}

fn current() -> Option<Arc<Recording>> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Whether what is told here becomes part of a span.
pub fn is_on() -> bool {
    CURRENT.try_with(Option::is_some).unwrap_or(false)
}

/// Begins a step of the run. Steps that begin within it are its children.
pub fn step(name: &'static str) -> Step {
    Step::begin(current(), name)
}

/// Adds an attribute to the innermost open step, or else to the run.
pub fn note(key: &'static str, value: &str) {
    if let Some(recording) = current() {
        recording.note(key, opentelemetry::Value::from(recording::bounded(value)));
    }
}

/// As [`note`], a number.
pub fn count(key: &'static str, value: usize) {
    if let Some(recording) = current() {
        recording.note(key, opentelemetry::Value::from(i64::try_from(value).unwrap_or(i64::MAX)));
    }
}

/// Says to which trace the run belongs: the one of a revision of a source. `None`: to one of its own. Log lines carry
/// the trace's id from here on. What is said last holds. The closure is not called when traces are off.
pub fn belongs<T: AsRef<str>>(of: impl FnOnce() -> Option<(Place, T, T)>) {
    if let Some(recording) = current() {
        match of() {
            Some((place, uid, revision)) => recording.belongs(place, uid.as_ref(), revision.as_ref()),
            None => recording.stand_alone(),
        }
    }
}

/// Lets a run that has not said where it belongs have a trace of its own, so that the log lines that follow carry its id.
pub fn settle() {
    if let Some(recording) = current() {
        recording.settle();
    }
}

/// How the run ended: the reason of its condition, and whether that is a failure.
pub fn ended(reason: &str, failed: bool) {
    if let Some(recording) = current() {
        recording.ended(reason, failed);
    }
}

/// Whether the run becomes a span at all; one that finds nothing to do is not worth one.
pub fn keep(keep: bool) {
    if let Some(recording) = current() {
        recording.keep(keep);
    }
}

/// The span covers the time since then, which the run has only found the end of.
pub fn since(began: SystemTime) {
    if let Some(recording) = current() {
        recording.since(began);
    }
}

/// The id of the trace, once it is known to which the run belongs.
pub fn trace_id() -> Option<String> {
    current()?.trace_id()
}
