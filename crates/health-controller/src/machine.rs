//! Kustomizations as a machine: carries out what `step` asks for, which is one assessment after another.

use std::sync::Arc;
use std::time::Instant;

use reconcile_core::telemetry::Kind;
use reconcile_core::{Control, Lane, Machine, ObjectKey};

use crate::context::Context;
use crate::reconcile::{self, Held};
use crate::step::{self, Event, State};

/// What is assessed.
const KIND: Kind = Kind { controller: "convergence", group: api::KUSTOMIZE_GROUP, kind: "Kustomization" };

/// Runs assessments.
pub(crate) struct Assessor {
    context: Arc<Context>,
}

impl Machine for Assessor {
    type State = State<Box<Held>>;
    type Event = Event<Box<Held>>;
    type Job = Box<Held>;

    fn controller(&self) -> &'static str {
        "convergence"
    }

    fn new_state(&self, _key: &ObjectKey) -> Self::State {
        State::new(Box::default())
    }

    fn step(state: &mut Self::State, event: Self::Event, now: Instant) -> Vec<Effect> {
        step::step(state, event, now)
    }

    async fn run(self: Arc<Self>, key: ObjectKey, mut job: Self::Job, ctl: Control) -> Self::Event {
        let permit = ctl.permit().await;
        let recheck = match permit {
            Some(_permit) => {
                let assessment = reconcile::assess(&self.context, &key, &mut job);
                self.context.process.tracer.run("health", KIND, &key, assessment).await
            }
            None => None,
        };
        if self.context.kustomizations.get(&key).is_none() {
            // It went during the assessment: what that has subscribed to since then is for nobody.
            self.context.forget(&key);
        }
        Event::Assessed { held: job, recheck }
    }

    fn panicked(&self, _lane: Lane, message: String) -> Self::Event {
        tracing::error!(error = %message, "an assessment panicked");
        Event::Panicked
    }

    fn coalesce(queued: &mut Self::Event, new: Self::Event) -> Option<Self::Event> {
        if matches!((queued, &new), (Event::Changed, Event::Changed)) { None } else { Some(new) }
    }

    // What is told after a deletion is told of a successor.
    fn is_barrier(queued: &Self::Event) -> bool {
        matches!(queued, Event::Gone)
    }
}

type Effect = reconcile_core::Effect<Box<Held>, Event<Box<Held>>>;

impl Assessor {
    pub(crate) const fn new(context: Arc<Context>) -> Self {
        Self { context }
    }
}

#[cfg(test)]
mod tests;
