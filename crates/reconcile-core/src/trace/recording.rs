//! What a run tells about itself, and the spans that become of it when it ends. Sending them is the `outlet`'s.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};
use parking_lot::Mutex;

use super::outlet::Outlet;
use super::{id, keys};
use crate::key::ObjectKey;
use crate::telemetry::Kind;

#[cfg(test)]
mod tests;

/// Steps of one run; what goes beyond is not recorded.
const STEPS: usize = 64;
/// Longest attribute, in bytes.
const LONGEST: usize = 256;
/// The field of log lines.
const FIELD: &str = "traceID";

/// How a run is related to a revision of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It published the revision: the span that has no parent. One run of a trace at most.
    Root,
    /// It brings the revision to Ready.
    Part,
    /// It comes after that, and has a trace of its own with a link to the revision's: a trace has to end some time.
    Later,
}

/// Where a run's span stands.
#[derive(Clone, Debug, PartialEq)]
struct Standing {
    trace: TraceId,
    span: SpanId,
    parent: SpanId,
    link: Option<SpanContext>,
}

struct Told {
    name: &'static str,
    span: SpanId,
    /// A step; none for the run itself.
    parent: Option<usize>,
    began: SystemTime,
    ended: Option<SystemTime>,
    done: bool,
    attributes: Vec<KeyValue>,
}

struct State {
    began: SystemTime,
    attributes: Vec<KeyValue>,
    steps: Vec<Told>,
    open: Vec<usize>,
    standing: Option<Standing>,
    failure: Option<String>,
    keep: bool,
}

/// One run.
pub(super) struct Recording {
    outlet: Arc<Outlet>,
    name: &'static str,
    state: Mutex<State>,
}

impl Recording {
    pub(super) fn new(outlet: Arc<Outlet>, name: &'static str, kind: Kind, key: &ObjectKey) -> Self {
        let attributes = vec![
            KeyValue::new(keys::GROUP, kind.group),
            KeyValue::new(keys::KIND, kind.kind),
            KeyValue::new(keys::NAMESPACE, key.namespace.clone()),
            KeyValue::new(keys::NAME, key.name.clone()),
        ];
        let state = State {
            began: SystemTime::now(),
            attributes,
            steps: Vec::new(),
            open: Vec::new(),
            standing: None,
            failure: None,
            keep: true,
        };
        Self { outlet, name, state: Mutex::new(state) }
    }

    pub(super) fn note(&self, key: &'static str, value: Value) {
        let mut state = self.state.lock();
        let step = state.open.last().copied();
        let attributes = match step.and_then(|index| state.steps.get_mut(index)) {
            Some(step) => &mut step.attributes,
            None => &mut state.attributes,
        };
        put(attributes, key, value);
    }

    pub(super) fn belongs(&self, place: Place, uid: &str, revision: &str) {
        let commit = id::of_revision(uid, revision);
        let root = id::root(commit);
        let mut state = self.state.lock();
        put(&mut state.attributes, keys::REVISION, Value::from(bounded(revision)));
        let own = own_span(state.standing.as_ref());
        let standing = match place {
            Place::Root => Standing { trace: commit, span: root, parent: SpanId::INVALID, link: None },
            Place::Part => Standing { trace: commit, span: own, parent: root, link: None },
            Place::Later => Standing { link: Some(context(commit, root, true)), ..alone() },
        };
        Self::stand(&mut state, standing);
    }

    pub(super) fn stand_alone(&self) {
        Self::stand(&mut self.state.lock(), alone());
    }

    pub(super) fn settle(&self) {
        let mut state = self.state.lock();
        if state.standing.is_none() {
            Self::stand(&mut state, alone());
        }
    }

    fn stand(state: &mut State, standing: Standing) {
        tracing::Span::current().record(FIELD, tracing::field::display(standing.trace));
        state.standing = Some(standing);
    }

    pub(super) fn ended(&self, reason: &str, failed: bool) {
        let mut state = self.state.lock();
        put(&mut state.attributes, keys::REASON, Value::from(bounded(reason)));
        state.failure = failed.then(|| bounded(reason));
    }

    pub(super) fn keep(&self, keep: bool) {
        self.state.lock().keep = keep;
    }

    pub(super) fn since(&self, began: SystemTime) {
        self.state.lock().began = began;
    }

    pub(super) fn trace_id(&self) -> Option<String> {
        self.state.lock().standing.as_ref().map(|standing| standing.trace.to_string())
    }

    fn begin(&self, name: &'static str) -> Option<usize> {
        let mut state = self.state.lock();
        let index = state.steps.len();
        if index >= STEPS {
            return None;
        }
        let step = Told {
            name,
            span: RandomIdGenerator::default().new_span_id(),
            parent: state.open.last().copied(),
            began: SystemTime::now(),
            ended: None,
            done: false,
            attributes: Vec::new(),
        };
        state.steps.push(step);
        state.open.push(index);
        Some(index)
    }

    fn finish(&self, index: usize, done: bool) {
        let mut state = self.state.lock();
        state.open.retain(|open| *open != index);
        if let Some(step) = state.steps.get_mut(index) {
            step.ended = Some(SystemTime::now());
            step.done = done;
        }
    }

    /// The spans, the run's first; none if it is not kept or not sampled.
    fn spans(&self, panics: bool) -> Vec<SpanData> {
        let mut state = self.state.lock();
        let standing = state.standing.take().unwrap_or_else(alone);
        if !(state.keep || panics) || !self.outlet.samples(standing.trace) {
            return Vec::new();
        }
        let failure = if panics { Some("panic".to_owned()) } else { state.failure.take() };
        let now = SystemTime::now();
        let mut run = self.span(&standing, (standing.span, standing.parent), self.name);
        (run.start_time, run.end_time) = (state.began, now.max(state.began));
        run.attributes = std::mem::take(&mut state.attributes);
        if let Some(link) = &standing.link {
            run.links.links.push(Link::with_context(link.clone()));
        }
        if let Some(failure) = &failure {
            fail(&mut run, failure);
        }
        let steps = std::mem::take(&mut state.steps);
        let ids: Vec<SpanId> = steps.iter().map(|step| step.span).collect();
        let mut spans = vec![run];
        for step in steps {
            let parent = step.parent.and_then(|index| ids.get(index).copied()).unwrap_or(standing.span);
            let mut span = self.span(&standing, (step.span, parent), step.name);
            (span.start_time, span.end_time) = (step.began, step.ended.unwrap_or(now).max(step.began));
            span.attributes = step.attributes;
            if let (false, Some(failure)) = (step.done, &failure) {
                fail(&mut span, failure);
            }
            spans.push(span);
        }
        spans
    }

    fn span(&self, standing: &Standing, (span, parent): (SpanId, SpanId), name: &'static str) -> SpanData {
        SpanData {
            span_context: context(standing.trace, span, false),
            parent_span_id: parent,
            // The root is another process's.
            parent_span_is_remote: parent == id::root(standing.trace) && span == standing.span,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.outlet.scope(),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let spans = self.spans(std::thread::panicking());
        if !spans.is_empty() {
            self.outlet.put(spans);
        }
    }
}

/// A step of a run. One that is dropped without [`Step::end`] was left early: if the run fails, it is where.
#[must_use = "a step lasts until it is dropped"]
pub struct Step {
    of: Option<(Arc<Recording>, usize)>,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("recorded", &self.of.is_some()).finish()
    }
}

impl Step {
    pub(super) fn begin(recording: Option<Arc<Recording>>, name: &'static str) -> Self {
        let of = recording.and_then(|recording| recording.begin(name).map(|index| (recording, index)));
        Self { of }
    }

    /// It did what it was to do.
    pub fn end(mut self) {
        if let Some((recording, index)) = self.of.take() {
            recording.finish(index, true);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some((recording, index)) = self.of.take() {
            recording.finish(index, false);
        }
    }
}

/// At most [`LONGEST`] bytes.
pub(super) fn bounded(text: &str) -> String {
    crate::condition::cut(text, LONGEST)
}

fn put(attributes: &mut Vec<KeyValue>, key: &'static str, value: Value) {
    attributes.retain(|known| known.key.as_str() != key);
    attributes.push(KeyValue::new(key, value));
}

fn fail(span: &mut SpanData, reason: &str) {
    put(&mut span.attributes, keys::ERROR, Value::from(reason.to_owned()));
    span.status = Status::error(reason.to_owned());
}

fn own_span(standing: Option<&Standing>) -> SpanId {
    // It may have been a root's.
    let own = standing.filter(|standing| standing.parent != SpanId::INVALID).map(|standing| standing.span);
    own.unwrap_or_else(|| RandomIdGenerator::default().new_span_id())
}

fn alone() -> Standing {
    let ids = RandomIdGenerator::default();
    Standing { trace: ids.new_trace_id(), span: ids.new_span_id(), parent: SpanId::INVALID, link: None }
}

fn context(trace: TraceId, span: SpanId, remote: bool) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, remote, TraceState::default())
}
