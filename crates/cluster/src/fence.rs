//! Keeps a process that may have lost its lease from writing: a gate in front of everything that is sent, which is open
//! only until a point in time that the holder of the lease moves on.
//!
//! Time is that of `CLOCK_BOOTTIME`, which goes on while the machine is suspended, as the monotonic clock does not. Who
//! holds the lease, and how long its renewals last, is `reconcile-core`'s to say.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request, Response};
use tower::{BoxError, Layer, Service};

#[cfg(test)]
mod tests;

/// Closed, and not to be opened again.
const SHUT: u64 = u64::MAX;

/// Until when writes may be sent; clones share it. A new one is closed.
#[derive(Clone, Debug, Default)]
pub struct Fence {
    /// Nanoseconds on the clock; [`SHUT`] ends it.
    until: Arc<AtomicU64>,
}

/// A write was not sent, or its answer not waited for, because this process may not be the leader any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not sent: the leader election lease was not renewed in time, so that another process may lead")]
pub struct Fenced;

impl Fence {
    /// The time that fences go by.
    #[must_use]
    pub fn clock() -> Duration {
        let now = rustix::time::clock_gettime(clock_id());
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
    }

    /// Lets writes pass until `until` on [`Self::clock`]. A fence that was shut stays so.
    pub fn open_until(&self, until: Duration) {
        let until = u64::try_from(until.as_nanos()).unwrap_or(SHUT).min(SHUT - 1);
        let keep_shut = |now: u64| (now != SHUT).then_some(until);
        // An error only says that it is shut.
        let _was = self.until.fetch_update(Ordering::AcqRel, Ordering::Acquire, keep_shut);
    }

    /// Lets no write pass any more, for good.
    pub fn shut(&self) {
        self.until.store(SHUT, Ordering::Release);
    }

    /// Whether a write may be sent at `now`.
    ///
    /// # Errors
    /// The lease may be somebody else's.
    pub fn check(&self, now: Duration) -> Result<(), Fenced> {
        match self.until.load(Ordering::Acquire) {
            SHUT => Err(Fenced),
            until if now.as_nanos() < u128::from(until) => Ok(()),
            _ => Err(Fenced),
        }
    }
}

/// Elsewhere than on Linux nothing is deployed: there the clock that stops in suspend has to do.
const fn clock_id() -> rustix::time::ClockId {
    #[cfg(target_os = "linux")]
    return rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    return rustix::time::ClockId::Monotonic;
}

/// What changes nothing may be sent by anybody.
fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Puts a [`Fence`] before every write; none lets all pass.
#[derive(Clone, Debug)]
pub(crate) struct FenceLayer {
    fence: Option<Fence>,
}

impl FenceLayer {
    pub(crate) const fn new(fence: Option<Fence>) -> Self {
        Self { fence }
    }
}

impl<S> Layer<S> for FenceLayer {
    type Service = FenceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FenceService { inner, fence: self.fence.clone() }
    }
}

/// The service of [`FenceLayer`].
pub(crate) struct FenceService<S> {
    inner: S,
    fence: Option<Fence>,
}

impl<S, A, B> Service<Request<A>> for FenceService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let fence = self.fence.clone().filter(|_| is_write(request.method()));
        if let Some(Err(fenced)) = fence.as_ref().map(|fence| fence.check(Fence::clock())) {
            return Box::pin(async move { Err(fenced.into()) });
        }
        let sent = self.inner.call(request);
        Box::pin(Guarded { sent: Box::pin(sent), fence })
    }
}

/// A request that may still wait for a connection: each time before it goes on, the fence is asked. Once that has
/// closed the request is dropped, which takes it out of the pool's queue.
struct Guarded<F> {
    sent: Pin<Box<F>>,
    fence: Option<Fence>,
}

impl<F, T, E> Future for Guarded<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(Err(fenced)) = self.fence.as_ref().map(|fence| fence.check(Fence::clock())) {
            return Poll::Ready(Err(fenced.into()));
        }
        self.sent.as_mut().poll(cx).map_err(Into::into)
    }
}
