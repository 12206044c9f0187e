//! A stream that notes whether its client makes progress, and fails when it makes none for too long. Who has to give way
//! because of that is decided by `places`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// A client that takes as much has made progress.
const PROGRESS: u64 = 64 << 10;

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Requests that are being answered, the sending not included.
    answering: usize,
    /// Whether there was a request before.
    was_asked: bool,
    /// When something was last sent, or an answer was ready, or the connection began.
    last: Instant,
    /// Since when the client takes less than [`PROGRESS`], while there is something for it.
    slow_since: Option<Instant>,
    /// How much it took since.
    taken: u64,
    blocked: bool,
}

/// Guards the time in which an answer is made.
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.answering -= 1;
        state.last = Instant::now();
    }
}

impl Activity {
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(State {
            answering: 0,
            was_asked: false,
            last: now,
            slow_since: None,
            taken: 0,
            blocked: false,
        }))
    }

    /// A request came whose answer is being made.
    pub(super) fn answering(self: &Arc<Self>) -> Answering {
        let mut state = self.0.lock();
        state.answering += 1;
        state.was_asked = true;
        if !state.blocked {
            // What came before was taken.
            state.slow_since = None;
        }
        drop(state);
        Answering(Arc::clone(self))
    }

    /// Since when the connection could give way: because its client hardly reads, or has no request.
    pub(super) fn lazy_since(&self) -> Lazy {
        let state = self.0.lock();
        match state.slow_since.filter(|_| state.blocked) {
            Some(since) => Lazy::Slow(since),
            None if state.answering > 0 => Lazy::Busy,
            None if state.was_asked => Lazy::Idle(state.last),
            None => Lazy::Silent(state.last),
        }
    }

    /// Something was sent.
    pub(super) fn sent(&self, bytes: usize, now: Instant) {
        let mut state = self.0.lock();
        state.last = now;
        state.blocked = false;
        state.taken = state.taken.saturating_add(bytes as u64);
    }

    /// There is something to be sent that the client does not take.
    pub(super) fn blocked(&self, now: Instant) {
        let mut state = self.0.lock();
        state.blocked = true;
        if state.slow_since.is_none() || state.taken >= PROGRESS {
            state.slow_since = Some(now);
            state.taken = 0;
        }
    }
}

/// What a connection could give way for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lazy {
    /// Its client does not read, or hardly, since then.
    Slow(Instant),
    /// It has no further request since then.
    Idle(Instant),
    /// It has had no request since it began then.
    Silent(Instant),
    /// It has an answer in the making.
    Busy,
}

/// A stream whose activity is noted.
pub(super) struct Watched {
    stream: TcpStream,
    write_timeout: Duration,
    /// Runs while the client takes nothing.
    deadline: Option<Pin<Box<Sleep>>>,
    activity: Arc<Activity>,
}

impl Watched {
    pub(super) const fn new(stream: TcpStream, write_timeout: Duration, activity: Arc<Activity>) -> Self {
        Self { stream, write_timeout, deadline: None, activity }
    }

    /// Notes how a write went, and turns one that waits for too long into an error.
    fn noted(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                self.deadline = None;
                if let Ok(bytes) = written {
                    self.activity.sent(bytes, Instant::now());
                }
                Poll::Ready(written)
            }
            Poll::Pending => {
                self.activity.blocked(Instant::now());
                let timeout = self.write_timeout;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
                deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.noted(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
