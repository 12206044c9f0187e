//! The task of one object: takes events in turn, steps, carries effects out.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::control::Control;
use crate::key::ObjectKey;
use crate::lane::Lane;
use crate::machine::{Effect, Machine};
use crate::mailbox::{Entry, Mailbox};
use crate::metrics::requests::counted;
use crate::panic;

/// Lives in the object's own task, so that one that was replaced or taken back cannot fire late. Its clock is the
/// monotonic one: a wall clock that is set moves nothing, and after a suspension of the machine it is late, never early.
struct Timer<E> {
    slot: &'static str,
    at: Instant,
    event: E,
}

struct Running {
    number: u64,
    token: CancellationToken,
}

struct LaneState<J> {
    running: Option<Running>,
    held: VecDeque<J>,
}

impl<J> Default for LaneState<J> {
    fn default() -> Self {
        Self { running: None, held: VecDeque::new() }
    }
}

struct Object<M: Machine> {
    shared: Arc<Shared<M>>,
    key: ObjectKey,
    mailbox: Arc<Mailbox<M::Event>>,
    state: M::State,
    lanes: [LaneState<M::Job>; Lane::ALL.len()],
    timers: Vec<Timer<M::Event>>,
    jobs: u64,
    stop: bool,
}

/// Lives until a `Stop`, or until the runtime shuts down.
pub(super) async fn live<M: Machine>(
    shared: Arc<Shared<M>>,
    key: ObjectKey,
    mailbox: Arc<Mailbox<M::Event>>,
) {
    let stopping = shared.stopping.clone();
    let state = shared.machine.new_state(&key);
    let mut object = Object {
        shared,
        key,
        mailbox,
        state,
        lanes: Default::default(),
        timers: Vec::new(),
        jobs: 0,
        stop: false,
    };
    loop {
        let due = object.timers.iter().map(|timer| timer.at).min();
        let event = tokio::select! {
            biased;
            () = stopping.cancelled() => {
                // Jobs hold child tokens of this one; the tracker waits for them.
                return;
            }
            entry = object.mailbox.next() => match entry {
                Entry::Event(event) => Some(event),
                Entry::Ended { lane, number, event } => object.ended(lane, number).then_some(event),
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => object.take_due(),
        };
        if let Some(event) = event {
            object.step(event).await;
        }
        if object.stop && object.end().await {
            return;
        }
    }
}

impl<M: Machine> Object<M> {
    fn take_due(&mut self) -> Option<M::Event> {
        let now = Instant::now();
        let first = self.timers.iter().enumerate().min_by_key(|(_, timer)| timer.at)?;
        let (position, at) = (first.0, first.1.at);
        (at <= now).then(|| self.timers.swap_remove(position).event)
    }

    /// Frees the lane; false when the job belongs to a life that is over.
    fn ended(&mut self, lane: Lane, number: u64) -> bool {
        let slot = self.lane(lane);
        if slot.running.as_ref().is_none_or(|running| running.number != number) {
            return false;
        }
        slot.running = None;
        true
    }

    fn lane(&mut self, lane: Lane) -> &mut LaneState<M::Job> {
        &mut self.lanes[lane.index()]
    }

    async fn step(&mut self, event: M::Event) {
        if let Err(cause) = self.try_step(event) {
            let text = panic::text(&*cause);
            tracing::error!(controller = self.shared.machine.controller(), namespace = %self.key.namespace,
                name = %self.key.name, error = %text, "step panicked; the object starts over");
            self.shared.count_panic();
            self.start_over().await;
            let event = self.shared.machine.panicked(Lane::Run, text);
            if let Err(cause) = self.try_step(event) {
                tracing::error!(controller = self.shared.machine.controller(), namespace = %self.key.namespace,
                    name = %self.key.name, error = %panic::text(&*cause), "step panicked again; the event is dropped");
                self.start_over().await;
            }
        }
        // Jobs that were held for a lane which is free now.
        for lane in Lane::ALL {
            if self.lane(lane).running.is_none()
                && let Some(job) = self.lane(lane).held.pop_front()
            {
                self.start(lane, job);
            }
        }
    }

    fn try_step(&mut self, event: M::Event) -> Result<(), Box<dyn Any + Send>> {
        let now = Instant::now().into_std();
        let state = &mut self.state;
        // The state is thrown away when this fails, so a torn one is never seen.
        let effects = catch_unwind(AssertUnwindSafe(|| M::step(state, event, now)))?;
        for effect in effects {
            self.carry_out(effect);
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect<M::Job, M::Event>) {
        match effect {
            Effect::Start { lane, job } => {
                if self.lane(lane).running.is_some() {
                    self.lane(lane).held.push_back(job);
                } else {
                    self.start(lane, job);
                }
            }
            Effect::Cancel(lane) => {
                let slot = self.lane(lane);
                slot.held.clear();
                if let Some(running) = &slot.running {
                    running.token.cancel();
                }
            }
            Effect::Wake { slot, after, event } => {
                self.timers.retain(|timer| timer.slot != slot);
                self.timers.push(Timer { slot, at: Instant::now() + after, event });
            }
            Effect::Unwake(slot) => self.timers.retain(|timer| timer.slot != slot),
            Effect::Stop => self.stop = true,
        }
    }

    fn start(&mut self, lane: Lane, job: M::Job) {
        self.jobs += 1;
        let number = self.jobs;
        let token = self.shared.stopping.child_token();
        self.lane(lane).running = Some(Running { number, token: token.clone() });
        let machine = Arc::clone(&self.shared.machine);
        let mailbox = Arc::clone(&self.mailbox);
        let shared = Arc::clone(&self.shared);
        let key = self.key.clone();
        let ctl =
            Control::new(token, Arc::clone(&self.shared.permits), Arc::from(self.key.namespace.as_str()));
        let work = async move {
            let run = AssertUnwindSafe(async { Arc::clone(&machine).run(key.clone(), job, ctl).await });
            let (ended, requests) = counted(run.catch_unwind()).await;
            shared.count_requests(lane, requests);
            let event = match ended {
                Ok(event) => event,
                Err(cause) => {
                    let text = panic::text(&*cause);
                    tracing::error!(controller = machine.controller(), namespace = %key.namespace, name = %key.name,
                        error = %text, "job panicked");
                    shared.count_panic();
                    machine.panicked(lane, text)
                }
            };
            mailbox.ended(lane, number, event);
        };
        drop(self.shared.tasks.spawn(work));
    }

    /// Cancels everything and starts a new life with what arrives meanwhile; events of the old life's jobs are not
    /// delivered. The jobs are waited for: one that was asked to end may go on for a while, and two must never work at
    /// one object.
    async fn start_over(&mut self) {
        for slot in &mut self.lanes {
            slot.held.clear();
            if let Some(running) = &slot.running {
                running.token.cancel();
            }
        }
        let mut kept = Vec::new();
        while self.lanes.iter().any(|slot| slot.running.is_some()) {
            match self.mailbox.next().await {
                Entry::Event(event) => kept.push(event),
                Entry::Ended { lane, number, .. } => {
                    self.ended(lane, number);
                }
            }
        }
        self.timers.clear();
        self.state = self.shared.machine.new_state(&self.key);
        self.mailbox.restore(kept);
    }

    /// After a `Stop`: waits for the jobs, then ends the task (true), or begins a new life with what arrived.
    async fn end(&mut self) -> bool {
        self.stop = false;
        self.start_over().await;
        self.shared.retire(&self.key, &self.mailbox)
    }
}
