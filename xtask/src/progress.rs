//! A line on the terminal that tells what takes so long, and for how long already. Nothing where nobody looks: when stderr
//! is a file or a pipe, or the terminal cannot go back in a line.
//!
//! What is told for good is `workspace`'s, which has this line cleared before.

use std::io::{IsTerminal as _, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

const TICK: Duration = Duration::from_millis(500);
/// Back to the beginning of the line, and clear it.
const CLEAR: &str = "\r\x1b[2K";
/// Longer texts would wrap on a narrow terminal.
const WIDTH: usize = 64;

/// Whether there is a line on the terminal at present. Who writes holds it.
static DRAWN: Mutex<bool> = Mutex::new(false);

fn drawn() -> MutexGuard<'static, bool> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something long, and tells of it meanwhile.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let _line = show(what);
    work()
}

/// Tells of something long until the guard is dropped.
#[must_use = "the line goes when it is dropped"]
pub(crate) fn show(what: &str) -> Option<Line> {
    is_watched().then(|| Line::begin(what))
}

/// Writes what is to stay: the line goes first, and comes back with the next tick.
pub(crate) fn aside(write: impl FnOnce()) {
    let mut drawn = drawn();
    clear(&mut drawn, &mut std::io::stderr());
    write();
}

fn is_watched() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

fn clear(drawn: &mut bool, out: &mut impl Write) {
    if std::mem::take(drawn) {
        // Nobody to tell when the terminal is gone.
        write!(out, "{CLEAR}").ok();
        out.flush().ok();
    }
}

fn draw(drawn: &mut bool, what: &str, took: Duration, out: &mut impl Write) {
    let what: String = what.chars().take(WIDTH).collect();
    write!(out, "{CLEAR}{what} ... {} s", took.as_secs()).ok();
    out.flush().ok();
    *drawn = true;
}

/// The line, for as long as it lives.
pub(crate) struct Line {
    end: Option<Sender<()>>,
    ticking: Option<JoinHandle<()>>,
}

impl Line {
    fn begin(what: &str) -> Self {
        let (end, ended) = channel();
        let what = what.to_owned();
        let begun = Instant::now();
        let ticking = std::thread::spawn(move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                draw(&mut drawn(), &what, begun.elapsed(), &mut std::io::stderr());
            }
            clear(&mut drawn(), &mut std::io::stderr());
        });
        Self { end: Some(end), ticking: Some(ticking) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(ticking) = self.ticking.take() {
            // It only writes.
            ticking.join().ok();
        }
    }
}
