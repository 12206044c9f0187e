//! Waiting, with tasks that are polled by hand.

use std::sync::Arc;

use futures::FutureExt as _;
use manifest::budget::{Budget, Cancel, Exceeded, Limits, Reserve};
use parking_lot::Mutex;

use super::{Gates, MemoryGate, Reservation, TooLarge};
use crate::metrics::Metrics;

fn now(gate: &MemoryGate, namespace: &str, bytes: u64) -> Option<Reservation> {
    gate.enter(namespace, bytes).now_or_never().map(|entered| entered.expect("not too large"))
}

#[tokio::test]
async fn who_waits_enters_when_another_is_done() {
    let gate = MemoryGate::new(10);
    let first = now(&gate, "a", 8).expect("there is room");
    let mut waiting = Box::pin(gate.enter("b", 5));
    assert!(waiting.as_mut().now_or_never().is_none());
    first.shrink_to(5);
    let second = waiting.await.expect("not too large");
    assert_eq!((gate.reserved(), first.bytes(), second.bytes()), (10, 5, 5));
    drop((first, second));
    assert_eq!(gate.reserved(), 0);
}

#[test]
fn who_stops_waiting_holds_nobody_up() {
    let gate = MemoryGate::new(10);
    let first = now(&gate, "a", 8).expect("there is room");
    let mut large = Box::pin(gate.enter("b", 10));
    assert!(large.as_mut().now_or_never().is_none());
    assert!(now(&gate, "c", 1).is_none(), "behind the large one");
    drop(large);
    let small = now(&gate, "c", 1).expect("nobody is before it");
    drop(first);
    // One that was let in and did not look gives it back.
    let mut unseen = Box::pin(gate.enter("a", 10));
    assert!(unseen.as_mut().now_or_never().is_none());
    drop(small);
    assert_eq!(gate.reserved(), 10);
    drop(unseen);
    assert_eq!(gate.reserved(), 0);
}

#[test]
fn more_than_there_is_is_refused_at_once() {
    let gate = MemoryGate::new(10);
    let _first = now(&gate, "a", 10);
    let refused = gate.enter("b", 11).now_or_never().expect("no waiting").expect_err("refused");
    assert_eq!(refused, TooLarge { needs: 11, limit: 10 });
    assert!(refused.to_string().contains("--memory-gate"), "{refused}");
}

#[test]
fn work_grows_through_its_budget() {
    let gate = MemoryGate::new(3 << 20);
    let reservation = Arc::new(now(&gate, "a", 100).expect("there is room"));
    let reserve = Arc::clone(&reservation) as Arc<dyn Reserve>;
    let budget = Budget::reserved(Limits::NONE, Cancel::default(), 100, reserve);
    budget.hold(100).expect("reserved before");
    assert_eq!(reservation.bytes(), 100);
    budget.hold(2 << 20).expect("there is more");
    assert!(reservation.bytes() >= (2 << 20) + 100);
    assert_eq!(budget.hold(1 << 20), Err(Exceeded::Reserve));
    drop((budget, reservation));
    assert_eq!(gate.reserved(), 0);
}

#[test]
fn what_is_kept_for_later_is_let_go_of_under_pressure() {
    let gate = MemoryGate::new(10);
    let kept = Arc::new(Mutex::new(now(&gate, "cache", 8)));
    let hook = Arc::clone(&kept);
    gate.on_pressure(move || drop(hook.lock().take()));
    let first = now(&gate, "a", 2).expect("there is room");
    assert!(kept.lock().is_some(), "no pressure yet");
    assert!(first.grow(8));
    assert!(kept.lock().is_none());
    first.shrink_to(0);
    *kept.lock() = now(&gate, "cache", 8);
    assert!(now(&gate, "b", 9).is_some());
}

#[test]
fn both_gates_are_shown() {
    let metrics = Metrics::new();
    let gates = Gates::new(800, Some(&metrics));
    assert_eq!((gates.inputs.limit(), gates.work.limit()), (300, 500));
    let _held = now(&gates.work, "a", 7);
    let text = metrics.render();
    for line in [
        "flyball_memory_gate_limit_bytes{gate=\"inputs\"} 300",
        "flyball_memory_gate_limit_bytes{gate=\"work\"} 500",
        "flyball_memory_gate_reserved_bytes{gate=\"work\"} 7",
        "flyball_memory_gate_reserved_bytes{gate=\"inputs\"} 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
