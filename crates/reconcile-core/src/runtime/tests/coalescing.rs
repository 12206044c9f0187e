//! No token and no revision is lost between who sends it and the run that takes it in, for any order of arrivals,
//! runs, cancellations and panics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::prelude::{Just, Strategy, proptest};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq, prop_oneof};
use tokio::sync::Notify;

use crate::control::Control;
use crate::key::ObjectKey;
use crate::lane::Lane;
use crate::machine::{Effect, Machine};
use crate::runtime::Runtime;

/// What a run has to take in: tokens that ask for a run, and the newest revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Input {
    tokens: Vec<u32>,
    revision: u32,
}

impl Input {
    fn absorb(&mut self, newer: Self) {
        self.tokens.extend(newer.tokens);
        self.revision = self.revision.max(newer.revision);
    }
}

enum Event {
    Input(Input),
    Cancel,
    Ended,
}

#[derive(Default)]
struct Runs {
    /// What ended runs had taken in, in order.
    done: Mutex<Vec<Input>>,
    go_on: Notify,
}

#[derive(Default)]
struct State {
    waiting: Option<Input>,
    running: bool,
}

impl State {
    fn start(&mut self) -> Vec<Effect<Input, Event>> {
        match self.waiting.take_if(|_| !self.running) {
            Some(job) => {
                self.running = true;
                vec![Effect::Start { lane: Lane::Run, job }]
            }
            None => Vec::new(),
        }
    }
}

impl Machine for Runs {
    type State = State;
    type Event = Event;
    type Job = Input;

    fn controller(&self) -> &'static str {
        "test"
    }

    fn new_state(&self, _: &ObjectKey) -> State {
        State::default()
    }

    fn step(state: &mut State, event: Event, _: Instant) -> Vec<Effect<Input, Event>> {
        match event {
            Event::Input(input) => state.waiting.get_or_insert_default().absorb(input),
            Event::Cancel => return vec![Effect::Cancel(Lane::Run)],
            Event::Ended => state.running = false,
        }
        state.start()
    }

    async fn run(self: Arc<Self>, _: ObjectKey, input: Input, ctl: Control) -> Event {
        tokio::select! {
            () = ctl.cancelled() => {}
            () = self.go_on.notified() => {}
        }
        let panics = input.tokens.contains(&PANIC);
        self.done.lock().push(input);
        assert!(!panics, "the run went off");
        Event::Ended
    }

    fn panicked(&self, _: Lane, _: String) -> Event {
        Event::Ended
    }

    fn coalesce(queued: &mut Event, new: Event) -> Option<Event> {
        match (queued, new) {
            (Event::Input(queued), Event::Input(new)) => {
                queued.absorb(new);
                None
            }
            (_, new) => Some(new),
        }
    }
}

/// The token of which a run panics.
const PANIC: u32 = 7;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send,
    Cancel,
    /// Lets one run end.
    GoOn,
    /// Lets tasks work.
    Wait,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op =
        prop_oneof![4 => Just(Op::Send), 1 => Just(Op::Cancel), 2 => Just(Op::GoOn), 3 => Just(Op::Wait)];
    proptest::collection::vec(op, 0..60)
}

/// Carries everything out; the number of tokens that were sent, and what runs took in.
async fn play(ops: Vec<Op>) -> (u32, Vec<Input>) {
    let machine = Arc::new(Runs::default());
    let runtime = Runtime::new(Arc::clone(&machine), 1);
    let key = ObjectKey::new("ns", "a");
    let mut sent = 0;
    for op in ops {
        match op {
            Op::Send => {
                sent += 1;
                runtime.send(&key, Event::Input(Input { tokens: vec![sent], revision: sent }));
            }
            Op::Cancel => drop(runtime.send_existing(&key, Event::Cancel)),
            Op::GoOn => machine.go_on.notify_one(),
            Op::Wait => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
    // Every run that is left may end; each takes in all that waited.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        machine.go_on.notify_one();
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let done = machine.done.lock().clone();
    (sent, done)
}

proptest! {
    #[test]
    fn every_token_is_in_one_run_and_the_last_run_has_the_last_revision(ops in ops()) {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (sent, done) = tokio.map_err(|error| TestCaseError::fail(error.to_string()))?.block_on(play(ops));
        let tokens: Vec<u32> = done.iter().flat_map(|run| run.tokens.clone()).collect();
        prop_assert_eq!(tokens, (1..=sent).collect::<Vec<_>>(), "in the order in which they were sent");
        prop_assert_eq!(done.last().map_or(0, |run| run.revision), sent);
        prop_assert!(done.is_sorted_by_key(|run| run.revision), "{:?}", done);
    }
}
