//! What a controller implements: a pure state machine per object, and the jobs it asks for.
//!
//! How machines are run is in `runtime`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::control::Control;
use crate::key::ObjectKey;
use crate::lane::Lane;

/// One kind of object, run as a task per object with a mailbox (decisions 1.1).
///
/// # Guarantees
/// - An object's [`step`](Self::step) is called by one task, so never twice at a time.
/// - A lane of an object runs one job at a time, in the order of their `Start`s.
/// - A job that began is answered by one event: its own, or that of [`panicked`](Self::panicked). Only the end of the
///   object's life takes the answer away (a [`Effect::Stop`], a panic in `step`, the shutdown of the runtime).
/// - What a job sends to its own object is stepped on before the event that it returns.
/// - After a panic in `step` the object starts over: jobs are cancelled and awaited, timers are forgotten, the state is
///   new, and the next event is that of `panicked`. What was waiting is delivered to the new state.
///
/// # Assumptions
/// - `step`, [`coalesce`](Self::coalesce) and [`is_barrier`](Self::is_barrier) are quick. The latter two run in the
///   sender's thread, under the lock that all objects of the kind share.
/// - [`run`](Self::run) returns soon after it was cancelled. An object that starts over waits for it without a limit.
/// - [`new_state`](Self::new_state) and `panicked` do not panic: nothing catches that, and the object, or the lane,
///   would be stuck until the process ends. A panic in `coalesce` or `is_barrier` is the sender's.
///
/// # Caveats
/// - An event that is merged into an older one overtakes what waits between the two, the ends of jobs included, unless
///   a barrier stands there.
/// - A timer is due when nothing waits in the mailbox: events come first.
pub trait Machine: Sized + Send + Sync + 'static {
    /// What is remembered of one object between events.
    type State: Send + 'static;
    /// Why an object wakes.
    type Event: Send + 'static;
    /// Work to carry out.
    type Job: Send + 'static;

    /// The `controller` label of metrics and logs: the kind in lower case.
    fn controller(&self) -> &'static str;

    /// The state of an object that was never seen.
    fn new_state(&self, key: &ObjectKey) -> Self::State;

    /// Decides. Pure: no I/O and no clock but `now`.
    fn step(state: &mut Self::State, event: Self::Event, now: Instant)
    -> Vec<Effect<Self::Job, Self::Event>>;

    /// Carries a job out and says how it ended. When [`Control::cancelled`] resolves, it must return promptly; its
    /// event is delivered all the same.
    fn run(
        self: Arc<Self>,
        key: ObjectKey,
        job: Self::Job,
        ctl: Control,
    ) -> impl Future<Output = Self::Event> + Send;

    /// The event that stands for a panic: of a job (`lane` says which), or of `step` itself ([`Lane::Run`]; the
    /// object has then been given a new state and its jobs have ended).
    fn panicked(&self, lane: Lane, message: String) -> Self::Event;

    /// Merges `new` into an event that still waits; `None` when that was possible. Tried from the youngest waiting
    /// event to the oldest, or to the first that [`Self::is_barrier`] says nothing passes.
    fn coalesce(_queued: &mut Self::Event, new: Self::Event) -> Option<Self::Event> {
        Some(new)
    }

    /// Whether nothing that comes later may be merged into what waits before this event. For an event that ends
    /// something, such as a deletion: what is said of the successor would be taken in before it, and lost by it.
    fn is_barrier(_queued: &Self::Event) -> bool {
        false
    }
}

/// What `step` wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<J, E> {
    /// Begin a job. On a busy lane it begins when the running one ends.
    Start {
        /// Where.
        lane: Lane,
        /// What.
        job: J,
    },
    /// Ask the lane's job to end, and forget those that have not begun. The running job's event still comes.
    Cancel(Lane),
    /// Deliver `event` after a while; replaces what the slot held.
    Wake {
        /// Names the timer.
        slot: &'static str,
        /// From now.
        after: Duration,
        /// What to deliver.
        event: E,
    },
    /// Forget the slot's timer.
    Unwake(&'static str),
    /// The object is done with: jobs are cancelled and awaited, their events dropped, the task ends. An event that
    /// comes later, or waits already, begins a new life with a new state.
    Stop,
}
