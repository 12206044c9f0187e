//! Binds the pure `step` to the runtime and its effects to runs and heals.

use crate::context::Context;
use crate::step::{self, Event, HealReport, Job, Next, RunReport, State};
use crate::{heal, reconcile};
use reconcile_core::telemetry;
use reconcile_core::{Control, Effect, Lane, Machine, ObjectKey};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

const KIND: telemetry::Kind =
    telemetry::Kind { controller: "kustomization", group: api::KUSTOMIZE_GROUP, kind: "Kustomization" };

/// The controller as a machine.
pub(crate) struct Kustomizations {
    pub(crate) ctx: Arc<Context>,
}

impl Machine for Kustomizations {
    type State = State;
    type Event = Event;
    type Job = Job;

    fn controller(&self) -> &'static str {
        "kustomization"
    }

    fn new_state(&self, _key: &ObjectKey) -> State {
        State::default()
    }

    fn step(state: &mut State, event: Event, now: Instant) -> Vec<Effect<Job, Event>> {
        step::step(state, event, now)
    }

    async fn run(self: Arc<Self>, key: ObjectKey, job: Job, ctl: Control) -> Event {
        let span = telemetry::object_span(KIND, &key);
        let (ctx, tracer) = (&self.ctx, &self.ctx.tracer);
        match job {
            Job::Run { memory, failures, occasion } => {
                let run = reconcile::run(ctx, &key, &memory, &ctl, failures, occasion).instrument(span);
                Event::RunEnded(tracer.run("reconcile", KIND, &key, run).await)
            }
            Job::Heal { memory, objects } => {
                let _ahead = ctx.precedence.go_ahead();
                let heal = heal::heal(ctx, &key, &memory.objects, objects, &ctl).instrument(span);
                Event::HealEnded(tracer.run("heal", KIND, &key, heal).await)
            }
        }
    }

    fn panicked(&self, lane: Lane, message: String) -> Event {
        tracing::error!(error = %message, "panic");
        match lane {
            Lane::Run => Event::RunEnded(RunReport {
                transient: true,
                ..RunReport::next(Next::After(
                    self.ctx.options.retry.1.min(std::time::Duration::from_secs(60)),
                ))
            }),
            Lane::Heal => Event::HealEnded(HealReport { failed: true, ..HealReport::default() }),
        }
    }

    fn coalesce(queued: &mut Event, new: Event) -> Option<Event> {
        step::coalesce(queued, new)
    }

    fn is_barrier(queued: &Event) -> bool {
        step::is_barrier(queued)
    }
}

#[cfg(test)]
mod tests;
