//! What a build gets, and how it is ended. No test depends on how fast a thread is.

use super::{Builder, Failure, Order, Stop, Worker};
use crate::samples::Lent;
use futures::FutureExt as _;
use manifest::budget::{Exceeded, Limits};
use reconcile_core::gate::MemoryGate;
use render::RenderError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Notify;

const LIMITS: Limits = Limits { steps: 1000, bytes: u64::MAX };
const MINUTE: Duration = Duration::from_secs(60);

fn builder(concurrent: usize) -> Builder {
    Builder::new(concurrent, MemoryGate::new(64 << 20), LIMITS)
}

fn stop(exceeded: Exceeded) -> Stop {
    Stop::Exceeded(exceeded, exceeded.to_string())
}

/// Works until it is ended, says when it has begun, and when it was ended.
#[derive(Clone, Default)]
struct Endless {
    begun: Arc<Notify>,
    ended: Arc<Notify>,
    count: Arc<AtomicU64>,
}

impl Endless {
    fn order(&self, namespace: &str) -> Order<()> {
        let this = self.clone();
        Order::new(namespace, 0, MINUTE, move |budget| {
            this.count.fetch_add(1, SeqCst);
            this.begun.notify_one();
            let end = loop {
                match budget.step(0) {
                    Ok(()) => std::thread::yield_now(),
                    Err(end) => break end,
                }
            };
            this.ended.notify_one();
            Err(stop(end))
        })
    }
}

/// Ends at once.
fn quick(namespace: &str) -> Order<u8> {
    Order::new(namespace, 0, MINUTE, |_| Ok(1))
}

#[tokio::test]
async fn a_build_has_a_result_and_the_memory_that_it_holds() {
    let (builder, lent) = (builder(4), Lent::new().await);
    let mut worker = Worker::new(&lent.control);
    let order = Order::new("ns", 0, MINUTE, |budget| {
        budget.hold(3 << 20).map_err(stop)?;
        budget.release(1 << 20);
        Ok("result")
    });
    let held = builder.build(&order, Some(&mut worker), lent.control.cancelled()).await.unwrap();
    assert_eq!((held.result, held.memory.bytes()), ("result", 2 << 20));
    let mut other = Worker::new(&lent.control);
    assert!(other.work().now_or_never().is_none(), "the permit stays with the run, which applies next");
    drop(held);
    assert_eq!(builder.memory.reserved(), 0);
}

#[tokio::test]
async fn a_newer_input_ends_a_build_and_its_permit_is_free() {
    let (builder, lent, endless) = (builder(4), Lent::new().await, Endless::default());
    let order = endless.order("ns");
    let mut worker = Worker::new(&lent.control);
    let newer = Notify::new();
    let (built, ()) = tokio::join!(builder.build(&order, Some(&mut worker), newer.notified()), async {
        endless.begun.notified().await;
        newer.notify_one();
    });
    assert!(matches!(built, Err(Failure::Cancelled)));
    worker.rest();
    assert!(Worker::new(&lent.control).work().now_or_never().is_some());
    // The thread sees the flag, and its slot is free.
    endless.ended.notified().await;
    assert!(builder.build(&quick("ns"), None, std::future::pending()).await.is_ok());
}

#[tokio::test]
async fn a_run_that_is_dropped_ends_its_build() {
    let (builder, endless) = (builder(4), Endless::default());
    let order = endless.order("ns");
    let mut building = Box::pin(builder.build(&order, None, std::future::pending()));
    tokio::select! {
        _ = &mut building => panic!("it never ends by itself"),
        () = endless.begun.notified() => {}
    }
    drop(building);
    endless.ended.notified().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_ends_with_its_time() {
    let (builder, endless) = (builder(4), Endless::default());
    let order = endless.order("ns");
    let clock = async {
        endless.begun.notified().await;
        // The clock stands still while a thread works.
        tokio::time::advance(MINUTE).await;
        std::future::pending::<()>().await;
    };
    let failure = tokio::select! {
        built = builder.build(&order, None, std::future::pending()) => built.err().unwrap(),
        () = clock => unreachable!(),
    };
    let Failure::Excess(text) = failure else { panic!("{failure:?}") };
    insta::assert_snapshot!(text, @"kustomize build failed: it was not done after 1m0s");
    endless.ended.notified().await;
}

#[test]
fn no_spec_allows_itself_more_than_ten_minutes() {
    assert_eq!(Order::new("ns", 0, Duration::MAX, |_| Ok(())).timeout, MINUTE * 10);
    assert_eq!(Order::new("ns", 0, MINUTE, |_| Ok(())).timeout, MINUTE);
}

#[tokio::test]
async fn what_ends_a_build_by_its_own_fault_is_an_excess() {
    let builder = builder(4);
    let steps = Order::<()>::new("ns", 0, MINUTE, |budget| Err(stop(budget.step(1001).unwrap_err())));
    let failure = builder.build(&steps, None, std::future::pending()).await.err().unwrap();
    assert!(
        matches!(&failure, Failure::Excess(text) if text.contains("1000 steps") && text.contains("--build-step-limit")),
        "{failure:?}"
    );
    let failed = Order::<()>::new("ns", 0, MINUTE, |_| Err(Stop::Failed(RenderError::ListItem)));
    let failure = builder.build(&failed, None, std::future::pending()).await.err().unwrap();
    assert!(matches!(failure, Failure::Render(RenderError::ListItem)));
    let panics = Order::<()>::new("ns", 0, MINUTE, |_| panic!("index out of bounds"));
    let failure = builder.build(&panics, None, std::future::pending()).await.err().unwrap();
    assert!(matches!(failure, Failure::Broken(text) if text.contains("panicked")));
    assert!(builder.build(&quick("ns"), None, std::future::pending()).await.is_ok(), "its slot is free");
    assert_eq!(builder.memory.reserved(), 0);
}

#[tokio::test]
async fn a_namespace_that_builds_leaves_the_others_their_turn() {
    let (builder, endless) = (builder(4), Endless::default());
    let (first, second) = (endless.order("crowd"), endless.order("crowd"));
    let never = std::future::pending::<()>;
    let mut building = Box::pin(builder.build(&first, None, never()));
    tokio::select! {
        _ = &mut building => panic!("it never ends by itself"),
        () = endless.begun.notified() => {}
    }
    let mut waiting = Box::pin(builder.build(&second, None, never()));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(builder.build(&quick("other"), None, never()).await.is_ok());
    assert_eq!(endless.count.load(SeqCst), 1, "a namespace has one slot of four permits");
    drop(waiting);
    drop(building);
    endless.ended.notified().await;
    assert!(builder.build(&quick("crowd"), None, never()).await.is_ok());
}

/// What needs more than is reserved and cannot grow waits for others, without a permit, and is built with more.
#[tokio::test]
async fn a_build_waits_for_memory_without_a_permit() {
    let (builder, lent) = (builder(4), Lent::new().await);
    let others = builder.memory.enter("other", 60 << 20).await.unwrap();
    let (tries, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let order = {
        let (tries, refused) = (Arc::clone(&tries), Arc::clone(&refused));
        Order::new("ns", 0, MINUTE, move |budget| {
            tries.fetch_add(1, SeqCst);
            budget.hold(5 << 20).map_err(|end| {
                refused.notify_one();
                stop(end)
            })
        })
    };
    let mut worker = Worker::new(&lent.control);
    let waited = AtomicBool::new(false);
    let (built, ()) = tokio::join!(builder.build(&order, Some(&mut worker), std::future::pending()), async {
        // Tried with 1, 2 and 4 MiB; 8 are not there.
        while tries.load(SeqCst) < 3 {
            refused.notified().await;
        }
        let mut other = Worker::new(&lent.control);
        other.work().await.unwrap();
        waited.store(true, SeqCst);
        drop((other, others));
    });
    assert_eq!(built.unwrap().memory.bytes(), 5 << 20);
    assert!(waited.load(SeqCst));
    assert_eq!(tries.load(SeqCst), 4);
}

#[tokio::test]
async fn what_needs_more_than_there_is_at_all_is_an_excess() {
    let builder = builder(4);
    let order = Order::<()>::new("ns", 0, MINUTE, |budget| budget.hold(65 << 20).map_err(stop));
    let failure = builder.build(&order, None, std::future::pending()).await.err().unwrap();
    let Failure::Excess(text) = failure else { panic!("{failure:?}") };
    insta::assert_snapshot!(text, @"kustomize build failed: it needs more than the 67108864 bytes of memory there are for builds (--memory-gate)");
    assert_eq!(builder.memory.reserved(), 0);
}

#[test]
fn estimates_are_between_two_bounds() {
    let estimate = |bytes| Order::new("ns", bytes, MINUTE, |_| Ok(())).estimate;
    assert_eq!([estimate(0), estimate(1 << 20), estimate(u64::MAX)], [1 << 20, 4 << 20, 16 << 20]);
}
