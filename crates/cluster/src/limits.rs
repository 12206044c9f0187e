//! Layers between kube and the connection pool: a bound on the time of a call, and a report of every request.
//!
//! Nothing here decides about retries or counts into a metrics library.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use http::{Method, Request, Response};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::Sleep;
use tower::{BoxError, Layer, Service};

/// One request that was sent, as an observer sees it.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The HTTP method.
    pub method: &'a Method,
    /// Host and port of the API server.
    pub host: &'a str,
    /// The path without query.
    pub path: &'a str,
    /// Whether it opened a watch.
    pub watch: bool,
    /// The status of the answer; none when there was none.
    pub code: Option<u16>,
    /// Time until the answer began.
    pub elapsed: Duration,
}

/// Sees every request of a client, repeated ones too.
pub trait Observe: Send + Sync + 'static {
    /// Called once the answer has begun, or failed; must be quick.
    fn observe(&self, call: &Call<'_>);
}

fn is_watch<B>(request: &Request<B>) -> bool {
    request.uri().query().is_some_and(|query| {
        query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "follow=true"))
    })
}

/// Reports to an [`Observe`].
#[derive(Clone)]
pub(crate) struct ObserveLayer {
    observe: Option<Arc<dyn Observe>>,
    host: Arc<str>,
}

impl ObserveLayer {
    pub(crate) fn new(observe: Option<Arc<dyn Observe>>, host: String) -> Self {
        Self { observe, host: host.into() }
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = ObserveService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveService { inner, layer: self.clone() }
    }
}

/// The service of [`ObserveLayer`].
pub(crate) struct ObserveService<S> {
    inner: S,
    layer: ObserveLayer,
}

impl<S, A, B> Service<Request<A>> for ObserveService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Some(observe) = self.layer.observe.clone() else {
            return Box::pin(self.inner.call(request));
        };
        let host = Arc::clone(&self.layer.host);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let watch = is_watch(&request);
        let sent = Instant::now();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            observe.observe(&Call {
                method: &method,
                host: &host,
                path: &path,
                watch,
                code: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
                elapsed: sent.elapsed(),
            });
            answer
        })
    }
}

/// Ends calls that take too long: the wait for the answer and the reading of its body together.
#[derive(Clone, Debug)]
pub(crate) struct CallTimeoutLayer {
    limit: Duration,
}

impl CallTimeoutLayer {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for CallTimeoutLayer {
    type Service = CallTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallTimeout { inner, limit: self.limit }
    }
}

/// The service of [`CallTimeoutLayer`].
pub(crate) struct CallTimeout<S> {
    inner: S,
    limit: Duration,
}

/// A call was given up. That says nothing about what the server did: it may have done it, or may do it yet.
#[derive(Debug, thiserror::Error)]
#[error("no complete answer within {}s", .0.as_secs())]
pub(crate) struct TimedOut(pub(crate) Duration);

impl<S, A, B> Service<Request<A>> for CallTimeout<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
{
    type Response = Response<TimedBody<B>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let limit = self.limit;
        let watch = is_watch(&request);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut deadline = Box::pin(tokio::time::sleep(limit));
            let answer = tokio::select! {
                answer = answer => answer.map_err(Into::into)?,
                () = &mut deadline => return Err(TimedOut(limit).into()),
            };
            // A watch's body stays open by design; kube's watcher has an idle timeout of its own.
            let deadline = (!watch).then_some(deadline);
            Ok(answer.map(|body| TimedBody { body: Box::pin(body), deadline, limit }))
        })
    }
}

/// A body that fails once the call's deadline has passed.
pub(crate) struct TimedBody<B> {
    body: Pin<Box<B>>,
    deadline: Option<Pin<Box<Sleep>>>,
    limit: Duration,
}

impl<B> HttpBody for TimedBody<B>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = self.body.as_mut().poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        match self.deadline.as_mut().map(|deadline| deadline.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Some(Err(TimedOut(limit).into()))),
            _ => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
