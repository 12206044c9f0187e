//! One kind of source as a machine: carries out what `step` asks for.

use std::sync::Arc;
use std::time::Instant;

use reconcile_core::metrics::Outcome;
use reconcile_core::telemetry::{Kind as LogKind, object_span};
use reconcile_core::{Control, Effect, Lane, Machine, ObjectKey, Store};
use tracing::Instrument as _;

use crate::context::Context;
use crate::reconcile::source::Source;
use crate::reconcile::{cleanup, reconcile};
use crate::step::{self, Event, Job, Next, State};

#[cfg(test)]
mod tests;

/// All objects of one kind.
pub(crate) struct Sources<K: Source> {
    pub(crate) ctx: Arc<Context>,
    pub(crate) objects: Store<K>,
}

impl<K: Source> Machine for Sources<K> {
    type State = State;
    type Event = Event;
    type Job = Job;

    fn controller(&self) -> &'static str {
        K::CONTROLLER
    }

    fn new_state(&self, _key: &ObjectKey) -> State {
        State::new(self.ctx.retry)
    }

    fn step(state: &mut State, event: Event, now: Instant) -> Vec<Effect<Job, Event>> {
        step::step(state, event, now)
    }

    async fn run(self: Arc<Self>, key: ObjectKey, job: Job, ctl: Control) -> Event {
        let kind = LogKind { controller: K::CONTROLLER, group: api::SOURCE_GROUP, kind: K::KIND };
        let span = object_span(kind, &key);
        match job {
            Job::Reconcile => {
                let tracer = self.ctx.tracer.clone();
                let run = self.reconcile(key.clone(), ctl).instrument(span);
                tracer.run("reconcile", kind, &key, run).await
            }
            Job::Clean { uid } => {
                let cleaned = cleanup::clean::<K>(&self.ctx, &key, &uid).instrument(span).await;
                Event::Cleaned(cleaned)
            }
        }
    }

    fn panicked(&self, _lane: Lane, message: String) -> Event {
        tracing::error!(error = %message, "a reconcile failed unexpectedly");
        // After a panic in `step` the state is a new one that has seen nothing: the run finds the object by itself.
        Event::Ended(Next::Retry)
    }

    // Tokens that are passed over are not lost: the facts keep count.
    fn coalesce(queued: &mut Event, new: Event) -> Option<Event> {
        match (queued, new) {
            (Event::Seen(queued), Event::Seen(new)) if queued.uid == new.uid => {
                queued.follow(new);
                None
            }
            (
                Event::Timer | Event::Tampered | Event::Source,
                Event::Timer | Event::Tampered | Event::Source,
            ) => None,
            (_, new) => Some(new),
        }
    }

    // An object that comes back after it was gone (its label left the selector for a moment) has the same uid.
    fn is_barrier(queued: &Event) -> bool {
        matches!(queued, Event::Gone)
    }
}

impl<K: Source> Sources<K> {
    async fn reconcile(self: Arc<Self>, key: ObjectKey, ctl: Control) -> Event {
        let started = Instant::now();
        let next = reconcile(&self.ctx, &self.objects, &key, &ctl).await;
        self.ctx.metrics.reconciled(K::CONTROLLER, K::KIND, &key, outcome(&next), started.elapsed());
        Event::Ended(next)
    }
}

/// What follows a run, as the metrics call it.
const fn outcome(next: &Next) -> Outcome {
    match next {
        Next::After(_) => Outcome::RequeueAfter,
        Next::Throttled(_) | Next::Retry => Outcome::Error,
        Next::Wait | Next::Absent => Outcome::Success,
        Next::Cancelled => Outcome::Requeue,
    }
}
