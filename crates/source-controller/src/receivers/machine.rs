//! Receivers as a machine: carries out what `step` asks for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reconcile_core::metrics::{Metrics, Outcome};
use reconcile_core::telemetry::{Kind as LogKind, object_span};
use reconcile_core::{Control, Effect, Lane, Machine, ObjectKey};
use tracing::Instrument as _;

use super::look::Looker;
use super::step::{self, Event, Job, Next, State};

const CONTROLLER: &str = "receiver";
const KIND: &str = "Receiver";

/// All of them.
pub(super) struct Receivers {
    pub(super) looker: Looker,
    pub(super) metrics: Arc<Metrics>,
    pub(super) retry: (Duration, Duration),
}

impl Machine for Receivers {
    type State = State;
    type Event = Event;
    type Job = Job;

    fn controller(&self) -> &'static str {
        CONTROLLER
    }

    fn new_state(&self, _key: &ObjectKey) -> State {
        State::new(self.retry)
    }

    fn step(state: &mut State, event: Event, now: Instant) -> Vec<Effect<Job, Event>> {
        step::step(state, event, now)
    }

    async fn run(self: Arc<Self>, key: ObjectKey, job: Job, ctl: Control) -> Event {
        if job == Job::Forget {
            self.looker.forget(&key);
            self.metrics.forget(KIND, &key);
            return Event::Forgotten;
        }
        let started = Instant::now();
        let span =
            object_span(LogKind { controller: CONTROLLER, group: api::NOTIFICATION_GROUP, kind: KIND }, &key);
        let look = async {
            let Some(_permit) = ctl.permit().await else { return Next::Retry };
            tokio::select! {
                biased;
                () = ctl.cancelled() => Next::Retry,
                next = self.looker.look(&key) => next,
            }
        };
        let next = look.instrument(span).await;
        let outcome = match next {
            Next::After(_) => Outcome::RequeueAfter,
            Next::Retry => Outcome::Error,
            Next::Wait => Outcome::Success,
        };
        self.metrics.reconciled(CONTROLLER, KIND, &key, outcome, started.elapsed());
        Event::Ended(next)
    }

    fn panicked(&self, _lane: Lane, message: String) -> Event {
        tracing::error!(error = %message, "a look at a Receiver failed unexpectedly");
        Event::Panicked
    }

    fn coalesce(queued: &mut Event, new: Event) -> Option<Event> {
        match (queued, new) {
            (Event::Seen(queued), Event::Seen(new)) => {
                *queued = new;
                None
            }
            (Event::Timer, Event::Timer) => None,
            (_, new) => Some(new),
        }
    }

    // The next one of that name has been seen by nobody.
    fn is_barrier(queued: &Event) -> bool {
        matches!(queued, Event::Gone)
    }
}
