//! What makes a run hard: an API server that stops in its tracks now and then, and cores that are never idle.
//! Both end with their values, on errors and panics too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::dice::Dice;
use super::options::Options;
use crate::cluster::ControlPlane;

/// How long a pause lasts, in milliseconds.
const PAUSE: std::ops::Range<u64> = 20..900;
/// How long the process runs between two pauses.
const RUN: std::ops::Range<u64> = 50..1_000;
/// How long before the turn of a second a pause begins that is to meet it.
const BEFORE_TURN: std::ops::Range<u64> = 1..80;
/// How many rounds a thread spins before it lets others have the core, if any wait.
const SPINS: u32 = 200_000;

/// The pauses of a process so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paused {
    /// How many.
    pub count: usize,
    /// How long they were together.
    pub total: Duration,
}

/// All of it, as far as it is wanted.
#[derive(Debug)]
pub(super) struct Hardship {
    pauses: Option<Pauses>,
    // Only held: the threads end with it.
    _busy: Option<BusyCores>,
}

impl Hardship {
    /// Begins.
    pub(super) fn begin(plane: &ControlPlane, options: &Options) -> Result<Self> {
        let server = plane.description().pids.get("kube-apiserver").context("the API server's process")?;
        let pauses = options.pauses.then(|| Pauses::of(*server, Dice::of(&[options.seed]))).transpose()?;
        Ok(Self { pauses, _busy: options.busy.then(BusyCores::start) })
    }

    /// Ends, and tells of the pauses.
    pub(super) fn end(self) -> Paused {
        self.pauses.map(Pauses::end).unwrap_or_default()
    }
}

/// Stops and continues a process at random. Dropping it lets the process go on for good.
#[derive(Debug)]
pub(super) struct Pauses {
    // A thread of its own, and a channel whose sender is dropped to end it: the test's runtime may be busy for longer
    // than a pause may last.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<Paused>>,
}

impl Pauses {
    /// Begins with a run, then a pause, and so on.
    pub(super) fn of(pid: u32, dice: Dice) -> Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("a process id")?;
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || pause(pid, dice, &stopped));
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Ends the pauses and tells of them.
    pub(super) fn end(mut self) -> Paused {
        self.join()
    }

    fn join(&mut self) -> Paused {
        drop(self.stop.take());
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Pauses {
    fn drop(&mut self) {
        self.join();
    }
}

/// A process that is stopped; it goes on with the end of the value.
struct Stopped(Pid);

impl Stopped {
    fn now(pid: Pid) -> Option<Self> {
        // A process that has ended cannot be stopped; those who talk to it will say so.
        kill_process(pid, Signal::STOP).is_ok().then_some(Self(pid))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        kill_process(self.0, Signal::CONT).ok();
    }
}

fn pause(pid: Pid, mut dice: Dice, stopped: &Receiver<()>) -> Paused {
    let mut paused = Paused::default();
    // Nobody sends: either the time has passed, or the other end is gone.
    let passes = |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    while passes(run(&mut dice)) {
        let Some(guard) = Stopped::now(pid) else { break };
        let time = dice.millis(PAUSE);
        let went_on = passes(time);
        drop(guard);
        paused.count += 1;
        paused.total += time;
        if !went_on {
            break;
        }
    }
    paused
}

/// How long the process may run now. Half of the pauses come at any moment, half meet the turn of a second: what the API
/// server stamps is whole seconds, so a request that is under way then is the hard one.
fn run(dice: &mut Dice) -> Duration {
    let time = dice.millis(RUN);
    if dice.one_in(2) {
        return time;
    }
    let second = Duration::from_secs(1);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let turn = second - Duration::from_nanos(now.subsec_nanos().into());
    let ahead = dice.millis(BEFORE_TURN);
    turn.checked_sub(ahead).unwrap_or(turn + second - ahead)
}

/// Keeps every core busy. Dropping it ends that.
#[derive(Debug)]
pub(super) struct BusyCores {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl BusyCores {
    /// As many spinning threads as there are cores.
    pub(super) fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = || {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || spin(&stop))
        };
        let threads = (0..cores).map(|_| spin()).collect();
        Self { stop, threads }
    }
}

impl Drop for BusyCores {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

fn spin(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..SPINS {
            std::hint::spin_loop();
        }
        std::thread::yield_now();
    }
}
