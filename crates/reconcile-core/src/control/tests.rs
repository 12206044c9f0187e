//! Cancellation and permits.

use std::sync::Arc;

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::{Control, Permits};
use crate::metrics::Metrics;

fn control(permits: &Arc<Permits>) -> Control {
    control_of("ns", permits)
}

fn control_of(namespace: &str, permits: &Arc<Permits>) -> Control {
    Control::new(CancellationToken::new(), Arc::clone(permits), Arc::from(namespace))
}

fn permits(concurrent: usize) -> Arc<Permits> {
    Arc::new(Permits::new("test", concurrent, None))
}

#[test]
fn a_cancellation_is_final_and_seen_by_every_clone() {
    let ctl = control(&permits(1));
    let clone = ctl.clone();
    assert!(!clone.is_cancelled() && clone.cancelled().now_or_never().is_none());
    ctl.token().cancel();
    assert!(clone.is_cancelled() && clone.cancelled().now_or_never().is_some());
    assert_eq!(format!("{clone:?}"), "Control { cancelled: true, .. }");
}

#[test]
fn permits_are_given_in_turn_and_back_on_drop() {
    let permits = permits(1);
    let (first, second, third) = (control(&permits), control(&permits), control(&permits));
    let held = first.permit().now_or_never().flatten().expect("one is free");
    assert_eq!(held.since(), None, "nothing is measured without metrics");
    let mut second = Box::pin(second.permit());
    let mut third = Box::pin(third.permit());
    assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
    drop(held);
    assert!(third.as_mut().now_or_never().is_none(), "another one asked before");
    let held = second.now_or_never().flatten().expect("its turn");
    drop(held);
    assert!(third.now_or_never().flatten().is_some());
}

#[test]
fn a_namespace_with_many_objects_delays_another_one_by_a_turn() {
    let permits = permits(2);
    let busy: Vec<Control> = (0..10).map(|_| control_of("busy", &permits)).collect();
    let mut held: Vec<_> =
        busy[..2].iter().map(|ctl| ctl.permit().now_or_never().flatten().expect("one is free")).collect();
    let mut waiting: Vec<_> = busy[2..].iter().map(|ctl| Box::pin(ctl.permit())).collect();
    assert!(waiting.iter_mut().all(|permit| permit.as_mut().now_or_never().is_none()));
    let quiet = control_of("quiet", &permits);
    let mut turn = Box::pin(quiet.permit());
    assert!(turn.as_mut().now_or_never().is_none());
    drop(held.pop());
    assert!(
        turn.now_or_never().flatten().is_some(),
        "the next permit is its own, before eight that asked earlier"
    );
}

#[test]
fn who_is_cancelled_gets_none_even_when_one_is_free() {
    let permits = permits(1);
    let ctl = control(&permits);
    ctl.token().cancel();
    assert!(ctl.permit().now_or_never().expect("at once").is_none());

    let (holder, waiter) = (control(&permits), control(&permits));
    let held = holder.permit().now_or_never().flatten().expect("one is free");
    let mut waiting = Box::pin(waiter.permit());
    assert!(waiting.as_mut().now_or_never().is_none());
    waiter.token().cancel();
    assert!(waiting.now_or_never().expect("at once").is_none());
    holder.token().cancel();
    drop(held);
    assert!(control(&permits).permit().now_or_never().flatten().is_some(), "it was not taken along");
}

#[test]
fn there_is_always_one_permit() {
    assert!(control(&permits(0)).permit().now_or_never().flatten().is_some());
}

#[test]
fn waiting_and_working_are_measured() {
    let metrics = Metrics::new();
    let permits = Arc::new(Permits::new("test", 1, Some(Arc::clone(&metrics))));
    let figures = || {
        let text = metrics.render();
        ["workqueue_depth{", "controller_runtime_active_workers{", "workqueue_adds_total{"].map(|name| {
            let line = text.lines().find(|line| line.starts_with(name)).expect("the series");
            line.rsplit(' ').next().unwrap_or_default().to_owned()
        })
    };
    let (first, second) = (control(&permits), control(&permits));
    let held = first.permit().now_or_never().flatten().expect("one is free");
    assert!(held.since().is_some());
    let mut waiting = Box::pin(second.permit());
    assert!(waiting.as_mut().now_or_never().is_none());
    assert_eq!(figures(), ["1", "1", "2"]);
    drop(waiting);
    drop(held);
    assert_eq!(figures(), ["0", "0", "2"], "who gives up waits no longer");
}
