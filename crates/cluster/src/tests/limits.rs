//! The layers, with tokio's clock paused.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep};
use tower::{BoxError, Layer as _, ServiceExt as _, service_fn};

use crate::limits::{Call, CallTimeoutLayer, Observe, ObserveLayer};

const LIMIT: Duration = Duration::from_secs(30);

/// A body of one frame that comes late.
struct Late(Option<Pin<Box<Sleep>>>);

impl Body for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(sleep) = self.0.as_mut() else { return Poll::Ready(None) };
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"late")))))
    }
}

/// A call whose answer begins after `head` and ends `body` later: how long it took, and what came.
async fn call(uri: &str, head: u64, body: u64) -> (u64, Result<Bytes, BoxError>) {
    let service = service_fn(move |_: Request<()>| async move {
        sleep(Duration::from_secs(head)).await;
        Ok::<_, BoxError>(Response::new(Late(Some(Box::pin(sleep(Duration::from_secs(body)))))))
    });
    let service = CallTimeoutLayer::new(LIMIT).layer(service);
    let began = Instant::now();
    let request = Request::get(uri).body(()).expect("a request");
    let answer = async { Ok(service.oneshot(request).await?.into_body().collect().await?.to_bytes()) }.await;
    (began.elapsed().as_secs(), answer)
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_in_time_whichever_part_is_slow() {
    assert!(matches!(call("/api", 1, 1).await, (2, Ok(bytes)) if bytes == "late"));
    assert!(matches!(call("/api", 100, 0).await, (30, Err(_))));
    assert!(matches!(call("/api", 20, 100).await, (30, Err(_))), "head and body together");
    let (_, error) = call("/api", 0, 100).await;
    assert_eq!(error.expect_err("late").to_string(), "no complete answer within 30s");
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_stay_open_but_has_to_begin() {
    assert!(matches!(call("/api?allowWatchBookmarks=true&watch=true", 1, 1000).await, (1001, Ok(_))));
    assert!(matches!(call("/api?watch=true", 100, 0).await, (30, Err(_))));
    assert!(matches!(call("/api?labelSelector=watch%3Dtrue", 0, 1000).await, (30, Err(_))));
}

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Observe for Seen {
    fn observe(&self, call: &Call<'_>) {
        let Call { method, host, path, watch, code, .. } = call;
        self.0.lock().push(format!("{method} {host} {path} {watch} {code:?}"));
    }
}

#[tokio::test]
async fn every_request_is_reported_failed_ones_too() {
    let seen = Arc::new(Seen::default());
    let layer = ObserveLayer::new(Some(Arc::clone(&seen) as Arc<dyn Observe>), "host:1".to_owned());
    let service = layer.layer(service_fn(|request: Request<()>| async move {
        if request.uri().path() == "/broken" {
            return Err(BoxError::from("broken"));
        }
        Ok(Response::builder().status(409).body(())?)
    }));
    let send =
        |method: &str, uri: &str| Request::builder().method(method).uri(uri).body(()).expect("a request");
    let mut service = service;
    assert!(service.ready().await.is_ok());
    drop(tower::Service::call(&mut service, send("PATCH", "/api?x=1")).await);
    drop(tower::Service::call(&mut service, send("GET", "/api?watch=1")).await);
    drop(tower::Service::call(&mut service, send("GET", "/broken")).await);
    assert_eq!(
        *seen.0.lock(),
        [
            "PATCH host:1 /api false Some(409)",
            "GET host:1 /api true Some(409)",
            "GET host:1 /broken false None"
        ]
    );
}
