//! The runtime with tokio's clock paused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::Runtime;
use crate::control::Control;
use crate::key::ObjectKey;
use crate::lane::Lane;
use crate::machine::{Effect, Machine};
use crate::mailbox::Mailbox;

mod coalescing;
mod lives;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Ev {
    /// Carry these out.
    Do(Vec<Effect<Job, Self>>),
    /// Coalesces by adding.
    Add(u32),
    Said(&'static str),
    Ended(&'static str),
    Panicked(Lane, String),
    /// Panics in `step`.
    Bomb,
    /// Nothing is merged past it.
    Barrier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Job {
    /// Ends when released or cancelled.
    Hold(&'static str),
    /// Takes a permit, then ends when released.
    Permitted(&'static str),
    /// Sends, then ends.
    Tell,
    Panic,
}

struct Test {
    seen: mpsc::UnboundedSender<(String, Ev, Instant)>,
    release: Notify,
    begun: Mutex<Vec<&'static str>>,
    permitted: AtomicUsize,
    most: AtomicUsize,
    lives: AtomicUsize,
    runtime: OnceLock<Weak<Runtime<Self>>>,
}

struct State {
    key: ObjectKey,
    seen: mpsc::UnboundedSender<(String, Ev, Instant)>,
}

impl Machine for Test {
    type State = State;
    type Event = Ev;
    type Job = Job;

    fn controller(&self) -> &'static str {
        "test"
    }

    fn new_state(&self, key: &ObjectKey) -> State {
        self.lives.fetch_add(1, Ordering::SeqCst);
        State { key: key.clone(), seen: self.seen.clone() }
    }

    fn step(state: &mut State, event: Ev, now: Instant) -> Vec<Effect<Job, Ev>> {
        if event == Ev::Bomb {
            panic!("step went off");
        }
        state.seen.send((state.key.name.clone(), event.clone(), now)).unwrap();
        match event {
            Ev::Do(effects) => effects,
            _ => Vec::new(),
        }
    }

    async fn run(self: Arc<Self>, own: ObjectKey, job: Job, ctl: Control) -> Ev {
        match job {
            Job::Hold(name) => {
                self.begun.lock().push(name);
                tokio::select! {
                    () = ctl.cancelled() => Ev::Ended("cancelled"),
                    () = self.release.notified() => Ev::Ended(name),
                }
            }
            Job::Permitted(name) => {
                let Some(_permit) = ctl.permit().await else { return Ev::Ended("no permit") };
                let now = self.permitted.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.permitted.fetch_sub(1, Ordering::SeqCst);
                Ev::Ended(name)
            }
            Job::Tell => {
                let runtime = self.runtime.get().and_then(Weak::upgrade).expect("the runtime lives");
                assert!(runtime.send_existing(&own, Ev::Said("during")));
                runtime.send(&key("other"), Ev::Said("from afar"));
                Ev::Ended("tell")
            }
            Job::Panic => panic!("job went off"),
        }
    }

    fn panicked(&self, lane: Lane, message: String) -> Ev {
        Ev::Panicked(lane, message)
    }

    fn coalesce(queued: &mut Ev, new: Ev) -> Option<Ev> {
        match (queued, new) {
            (Ev::Add(sum), Ev::Add(more)) => {
                *sum += more;
                None
            }
            (_, new) => Some(new),
        }
    }

    fn is_barrier(queued: &Ev) -> bool {
        *queued == Ev::Barrier
    }
}

type Seen = mpsc::UnboundedReceiver<(String, Ev, Instant)>;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

fn runtime(concurrent: usize) -> (Arc<Runtime<Test>>, Arc<Test>, Seen) {
    let (seen, events) = mpsc::unbounded_channel();
    let machine = Arc::new(Test {
        seen,
        release: Notify::new(),
        begun: Mutex::default(),
        permitted: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        lives: AtomicUsize::new(0),
        runtime: OnceLock::new(),
    });
    let runtime = Runtime::new(Arc::clone(&machine), concurrent);
    machine.runtime.set(Arc::downgrade(&runtime)).expect("set once");
    (runtime, machine, events)
}

async fn next(seen: &mut Seen) -> Ev {
    seen.recv().await.expect("an event").1
}

fn start(lane: Lane, job: Job) -> Effect<Job, Ev> {
    Effect::Start { lane, job }
}

#[tokio::test(start_paused = true)]
async fn waiting_events_coalesce_and_keep_their_order() {
    let (runtime, _, mut seen) = runtime(1);
    // Nothing runs before the first await.
    for event in [Ev::Add(1), Ev::Said("a"), Ev::Add(2), Ev::Said("b"), Ev::Add(3)] {
        runtime.send(&key("x"), event);
    }
    assert_eq!(next(&mut seen).await, Ev::Add(6));
    assert_eq!(next(&mut seen).await, Ev::Said("a"));
    assert_eq!(next(&mut seen).await, Ev::Said("b"));
    assert_eq!(runtime.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_merged_past_a_barrier() {
    let (runtime, _, mut seen) = runtime(1);
    for event in [Ev::Add(1), Ev::Barrier, Ev::Add(2), Ev::Said("a"), Ev::Add(3)] {
        runtime.send(&key("x"), event);
    }
    for expected in [Ev::Add(1), Ev::Barrier, Ev::Add(5), Ev::Said("a")] {
        assert_eq!(next(&mut seen).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_life_waits_for_the_jobs_of_the_old_one() {
    let (runtime, machine, mut seen) = runtime(2);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Permitted("deaf"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    runtime.send(&key("x"), Ev::Bomb);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Permitted("next"))]));
    assert_eq!(next(&mut seen).await, Ev::Panicked(Lane::Run, "step went off".to_owned()));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Ended("next"));
    assert_eq!(machine.most.load(Ordering::SeqCst), 1, "never two jobs on one lane");
}

#[tokio::test(start_paused = true)]
async fn lanes_run_beside_each_other_and_one_lane_runs_one_job() {
    let (runtime, machine, mut seen) = runtime(1);
    let effects = vec![
        start(Lane::Run, Job::Hold("first")),
        start(Lane::Run, Job::Hold("second")),
        start(Lane::Heal, Job::Hold("heal")),
    ];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(*machine.begun.lock(), ["first", "heal"]);
    machine.release.notify_waiters();
    let mut ended = vec![next(&mut seen).await, next(&mut seen).await];
    ended.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(ended, [Ev::Ended("first"), Ev::Ended("heal")]);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(*machine.begun.lock(), ["first", "heal", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_still_answers_and_held_ones_are_forgotten() {
    let (runtime, machine, mut seen) = runtime(1);
    let effects = vec![start(Lane::Run, Job::Hold("first")), start(Lane::Run, Job::Hold("second"))];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    runtime.send(&key("x"), Ev::Do(vec![Effect::Cancel(Lane::Run), start(Lane::Run, Job::Hold("third"))]));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Ended("cancelled"));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(*machine.begun.lock(), ["first", "third"]);
}

#[tokio::test(start_paused = true)]
async fn timers_replace_by_slot_and_keep_time() {
    let (runtime, _, mut seen) = runtime(1);
    let began = tokio::time::Instant::now().into_std();
    let wake = |slot, seconds, text| Effect::Wake {
        slot,
        after: Duration::from_secs(seconds),
        event: Ev::Said(text),
    };
    let effects = vec![
        wake("a", 100, "never"),
        wake("b", 20, "b"),
        wake("a", 10, "a"),
        wake("c", 5, "no"),
        Effect::Unwake("c"),
    ];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    let (_, event, at) = seen.recv().await.expect("an event");
    assert_eq!((event, at.duration_since(began).as_secs()), (Ev::Said("a"), 10));
    let (_, event, at) = seen.recv().await.expect("an event");
    assert_eq!((event, at.duration_since(began).as_secs()), (Ev::Said("b"), 20));
    let more = tokio::time::timeout(Duration::from_secs(1000), seen.recv()).await;
    assert!(more.is_err(), "nothing else: {more:?}");
}

#[tokio::test(start_paused = true)]
async fn permits_are_global_and_a_cancelled_waiter_gets_none() {
    let (runtime, machine, mut seen) = runtime(2);
    for name in ["a", "b", "c", "d", "e"] {
        runtime.send(&key(name), Ev::Do(vec![start(Lane::Run, Job::Permitted("done"))]));
        next(&mut seen).await;
    }
    runtime.send(&key("f"), Ev::Do(vec![start(Lane::Run, Job::Permitted("done"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    runtime.send(&key("f"), Ev::Do(vec![Effect::Cancel(Lane::Run)]));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Ended("no permit"));
    for _ in 0..5 {
        assert_eq!(next(&mut seen).await, Ev::Ended("done"));
    }
    assert_eq!(machine.most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_job_sends_comes_before_its_end() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Tell)]));
    let mut of_x = Vec::new();
    let mut of_other = Vec::new();
    while of_x.len() + of_other.len() < 4 {
        let (name, event, _) = seen.recv().await.expect("an event");
        if name == "x" { of_x.push(event) } else { of_other.push(event) }
    }
    assert_eq!(of_x[1..], [Ev::Said("during"), Ev::Ended("tell")]);
    assert_eq!(of_other, [Ev::Said("from afar")]);
    assert_eq!(runtime.len(), 2);
    assert!(!runtime.send_existing(&key("nobody"), Ev::Add(1)));
}

#[tokio::test(start_paused = true)]
async fn a_panic_concerns_one_object() {
    let (runtime, machine, mut seen) = runtime(1);
    runtime
        .send(&key("bad"), Ev::Do(vec![start(Lane::Heal, Job::Panic), start(Lane::Run, Job::Hold("held"))]));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Panicked(Lane::Heal, "job went off".to_owned()));
    // The other lane goes on.
    machine.release.notify_waiters();
    assert_eq!(next(&mut seen).await, Ev::Ended("held"));

    runtime.send(&key("bad"), Ev::Do(vec![start(Lane::Run, Job::Hold("lost"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let lives = machine.lives.load(Ordering::SeqCst);
    runtime.send(&key("bad"), Ev::Bomb);
    assert_eq!(next(&mut seen).await, Ev::Panicked(Lane::Run, "step went off".to_owned()));
    assert_eq!(machine.lives.load(Ordering::SeqCst), lives + 1, "a new state");
    // The job of the old life was cancelled and its event is not delivered; the lane is free.
    runtime.send(&key("bad"), Ev::Do(vec![start(Lane::Run, Job::Tell)]));
    next(&mut seen).await;
    let (_, first, _) = seen.recv().await.expect("an event");
    assert_ne!(first, Ev::Ended("cancelled"));
    runtime.send(&key("good"), Ev::Said("still here"));
    while next(&mut seen).await != Ev::Said("still here") {}
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_object_and_what_comes_later_begins_a_new_life() {
    let (runtime, machine, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Hold("held"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    runtime.send(&key("x"), Ev::Do(vec![Effect::Stop]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(runtime.len(), 0);
    assert!(seen.try_recv().is_err(), "the job's event is dropped");
    runtime.send(&key("x"), Ev::Said("again"));
    assert_eq!(next(&mut seen).await, Ev::Said("again"));
    assert_eq!((machine.lives.load(Ordering::SeqCst), runtime.len()), (3, 1));

    // An event that waits behind the stop.
    runtime.send(&key("x"), Ev::Do(vec![Effect::Stop]));
    runtime.send(&key("x"), Ev::Said("reborn"));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Said("reborn"));
    assert_eq!(runtime.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn shutdown_cancels_waits_and_takes_nothing_more() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Hold("held"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(runtime.shutdown_within(Duration::from_secs(5)).await);
    runtime.send(&key("y"), Ev::Said("too late"));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn shutdown_gives_up_on_a_job_that_does_not_listen() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Permitted("deaf"))]));
    next(&mut seen).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!runtime.shutdown_within(Duration::from_millis(100)).await);
}

#[tokio::test]
async fn an_idle_object_is_small() {
    assert!(size_of::<Mailbox<Ev>>() <= 128);
    let (runtime, _, mut seen) = runtime(1);
    let mailbox = Arc::new(Mailbox::new(Test::coalesce, Test::is_barrier));
    let live = super::object::live(Arc::clone(&runtime.shared), key("x"), mailbox);
    assert!(size_of_val(&live) < 2048, "{}", size_of_val(&live));
    drop(live);
    for number in 0..1000 {
        runtime.send(&key(&format!("o{number}")), Ev::Add(1));
    }
    for _ in 0..1000 {
        next(&mut seen).await;
    }
    assert_eq!(runtime.len(), 1000);
}
