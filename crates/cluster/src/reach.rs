//! Whether a cluster can be reached: what calls have shown of that, and a layer that keeps calls from waiting for a
//! connection that was refused, or not answered, a moment ago.
//!
//! A thousand objects of a cluster that is away would else wait for a thousand connections. Only whether a connection
//! could be made counts: an answer that is late, or says no, is an answer. Who tries again, and when, is the caller's;
//! the words of a refusal are passed on as they were.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::{Request, Response};
use manifest::error::chain;
use parking_lot::Mutex;
use tower::{BoxError, Layer, Service};

use crate::unanswered::{dialled, refusal, tls_error};

/// How long after a failed connection no other is tried, but by who asks for that.
const PAUSE: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
enum State {
    #[default]
    Untried,
    Up,
    Down {
        since: Instant,
        tried: Instant,
        text: Arc<str>,
    },
}

/// What is known of one cluster; clones share it.
#[derive(Clone, Default)]
pub struct Reach {
    state: Arc<Mutex<State>>,
    outages: Arc<AtomicU64>,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.state.lock() {
            State::Untried => "untried",
            State::Up => "up",
            State::Down { .. } => "down",
        };
        f.debug_tuple("Reach").field(&state).finish()
    }
}

/// A call that was not sent, in the words of the one before it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreachable(Arc<str>);

impl Reach {
    /// Whether the last call got an answer.
    pub fn is_up(&self) -> bool {
        matches!(*self.state.lock(), State::Up)
    }

    /// For how long no connection could be made; `None` while one can, or none was tried.
    pub fn down_for(&self) -> Option<Duration> {
        match &*self.state.lock() {
            State::Down { since, .. } => Some(since.elapsed()),
            State::Untried | State::Up => None,
        }
    }

    /// How often it was lost: moves with every outage, however short.
    pub fn outages(&self) -> u64 {
        self.outages.load(Ordering::Acquire)
    }

    /// The next call tries to connect, however short ago one did.
    pub fn try_again(&self) {
        let mut state = self.state.lock();
        if let State::Down { tried, .. } = &mut *state
            && let Some(long_ago) = Instant::now().checked_sub(PAUSE)
        {
            *tried = long_ago;
        }
    }

    /// What a call is told that is not to be sent.
    fn refusal(&self) -> Option<Unreachable> {
        match &*self.state.lock() {
            State::Down { tried, text, .. } if tried.elapsed() < PAUSE => Some(Unreachable(Arc::clone(text))),
            _ => None,
        }
    }

    fn answered(&self, host: &str) {
        let before = std::mem::replace(&mut *self.state.lock(), State::Up);
        if let State::Down { since, .. } = before {
            tracing::info!(server = %host, away = ?since.elapsed(), "the cluster can be reached again");
        }
    }

    fn failed(&self, host: &str, text: &str) {
        let (now, mut state) = (Instant::now(), self.state.lock());
        let since = match &*state {
            State::Down { since, .. } => *since,
            State::Untried | State::Up => {
                tracing::error!(server = %host, error = %text, "the cluster cannot be reached");
                self.outages.fetch_add(1, Ordering::AcqRel);
                now
            }
        };
        *state = State::Down { since, tried: now, text: text.into() };
    }
}

/// Whether no connection could be made, TLS included.
fn is_about_connecting(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Why there is no connection.
fn told(error: &(dyn StdError + 'static), host: &str) -> String {
    let refused = tls_error(error).and_then(refusal);
    let dialled = || dialled(error).map(|why| format!("dial tcp {host}: {why}"));
    refused.or_else(dialled).unwrap_or_else(|| chain(error))
}

/// Holds calls back, and notes what became of those that were sent.
#[derive(Clone)]
pub(crate) struct ReachLayer {
    reach: Option<Reach>,
    host: Arc<str>,
}

impl ReachLayer {
    /// Without `reach` it does nothing.
    pub(crate) fn new(reach: Option<Reach>, host: String) -> Self {
        Self { reach, host: host.into() }
    }
}

impl<S> Layer<S> for ReachLayer {
    type Service = ReachService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ReachService { inner, layer: self.clone() }
    }
}

/// The service of [`ReachLayer`].
pub(crate) struct ReachService<S> {
    inner: S,
    layer: ReachLayer,
}

impl<S, A, B> Service<Request<A>> for ReachService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Some(reach) = self.layer.reach.clone() else {
            let answer = self.inner.call(request);
            return Box::pin(async move { answer.await.map_err(Into::into) });
        };
        if let Some(refusal) = reach.refusal() {
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let (answer, host) = (self.inner.call(request), Arc::clone(&self.layer.host));
        Box::pin(async move {
            match answer.await.map_err(Into::<BoxError>::into) {
                Ok(answer) => {
                    reach.answered(&host);
                    Ok(answer)
                }
                Err(error) => {
                    if !is_about_connecting(error.as_ref()) {
                        return Err(error);
                    }
                    let text = told(error.as_ref(), &host);
                    reach.failed(&host, &text);
                    Err(Unreachable(text.into()).into())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
