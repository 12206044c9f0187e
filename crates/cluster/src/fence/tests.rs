//! When writes pass, over stops of any length and clocks that jump, and that reads always do.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, Request, Response};
use proptest::prelude::*;
use tower::{BoxError, Layer as _, ServiceExt as _, service_fn};

use super::{Fence, FenceLayer, Fenced};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_fence_is_closed_until_it_is_opened_and_after_its_time() {
    let fence = Fence::default();
    assert_eq!(fence.check(seconds(0)), Err(Fenced), "nobody leads yet");
    fence.open_until(seconds(27));
    assert_eq!(fence.check(seconds(26)), Ok(()));
    assert_eq!(fence.check(seconds(27)), Err(Fenced), "the end is not part of it");
    fence.open_until(seconds(57));
    assert_eq!(fence.clone().check(seconds(56)), Ok(()), "a clone is the same fence");
}

#[test]
fn a_fence_that_was_shut_stays_shut() {
    let fence = Fence::default();
    fence.open_until(seconds(100));
    fence.shut();
    fence.open_until(seconds(200));
    fence.open_until(Duration::MAX);
    assert_eq!(fence.check(seconds(1)), Err(Fenced));
}

#[test]
fn the_longest_time_is_not_taken_for_shut() {
    let fence = Fence::default();
    fence.open_until(Duration::MAX);
    assert_eq!(fence.check(seconds(1)), Ok(()));
}

#[test]
fn the_clock_does_not_go_back() {
    let first = Fence::clock();
    assert!(Fence::clock() >= first && !first.is_zero());
}

proptest! {
    /// A holder renews, is stopped for a while at some point, and goes on: whatever the length, it writes within the
    /// time that its last renewal gave and at no other.
    #[test]
    fn a_process_that_was_stopped_writes_only_within_its_last_renewal(
        renewals in prop::collection::vec(0_u64..40_000, 1..20),
        stop in 0_u64..10_000_000,
        valid in 1_u64..60_000,
    ) {
        let fence = Fence::default();
        let mut now = Duration::from_secs(1000);
        let mut until = None;
        for pause in renewals {
            now += Duration::from_millis(pause);
            prop_assert_eq!(fence.check(now).is_ok(), until.is_some_and(|until| now < until));
            fence.open_until(now + Duration::from_millis(valid));
            until = Some(now + Duration::from_millis(valid));
        }
        now += Duration::from_millis(stop);
        prop_assert_eq!(fence.check(now).is_ok(), stop < valid);
    }

    /// A clock that goes back, which this one does not do, opens nothing that was shut.
    #[test]
    fn no_time_opens_what_was_shut(now in any::<u64>(), until in any::<u64>()) {
        let fence = Fence::default();
        fence.open_until(Duration::from_nanos(until));
        fence.shut();
        prop_assert_eq!(fence.check(Duration::from_nanos(now)), Err(Fenced));
    }
}

/// Sends a request through the layer; whether it arrived, and whether the answer came.
async fn send(fence: Option<Fence>, method: Method) -> (usize, Result<(), BoxError>) {
    let arrived = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&arrived);
    let service = service_fn(move |_: Request<()>| {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok::<_, Infallible>(Response::new(())))
    });
    let request = Request::builder().method(method).body(()).expect("a request");
    let answer = FenceLayer::new(fence).layer(service).oneshot(request).await;
    (arrived.load(Ordering::SeqCst), answer.map(drop))
}

#[tokio::test]
async fn writes_are_refused_behind_a_closed_fence_and_reads_are_not() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let (arrived, answer) = send(Some(Fence::default()), method.clone()).await;
        assert_eq!(arrived, 0, "{method} was sent");
        assert!(answer.expect_err("refused").is::<Fenced>(), "{method}");
        let open = Fence::default();
        open.open_until(Fence::clock() + seconds(60));
        assert!(matches!(send(Some(open), method.clone()).await, (1, Ok(()))), "{method}");
        assert!(matches!(send(None, method).await, (1, Ok(()))), "without an election all pass");
    }
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert!(matches!(send(Some(Fence::default()), method).await, (1, Ok(()))));
    }
}

#[tokio::test]
async fn a_write_that_waits_for_its_connection_is_dropped_when_the_fence_closes() {
    let (fence, gate) = (Fence::default(), Arc::new(tokio::sync::Notify::new()));
    fence.open_until(Fence::clock() + seconds(60));
    let (sent, opened) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&gate));
    let counter = Arc::clone(&sent);
    let service = service_fn(move |_: Request<()>| {
        let (counter, opened) = (Arc::clone(&counter), Arc::clone(&opened));
        async move {
            opened.notified().await;
            counter.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Response::new(()))
        }
    });
    let request = Request::patch("/").body(()).expect("a request");
    let call = tokio::spawn(FenceLayer::new(Some(fence.clone())).layer(service).oneshot(request));
    tokio::task::yield_now().await;
    fence.shut();
    gate.notify_one();
    let error = call.await.expect("no panic").expect_err("refused");
    assert!(error.is::<Fenced>());
    assert_eq!(sent.load(Ordering::SeqCst), 0, "the connection came too late");
}
