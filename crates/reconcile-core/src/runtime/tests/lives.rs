//! Ends and beginnings: what outlives a panic, a stop or a shutdown, and what does not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Ev, Job, key, next, runtime, start};
use crate::lane::Lane;
use crate::machine::Effect;
use crate::metrics::Metrics;
use crate::runtime::Runtime;

async fn moment() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

fn wake(slot: &'static str, seconds: u64, event: Ev) -> Effect<Job, Ev> {
    Effect::Wake { slot, after: Duration::from_secs(seconds), event }
}

#[tokio::test(start_paused = true)]
async fn a_new_life_has_none_of_the_old_timers_and_held_jobs() {
    let (runtime, machine, mut seen) = runtime(1);
    let effects = vec![
        wake("old", 10, Ev::Said("late")),
        start(Lane::Run, Job::Hold("running")),
        start(Lane::Run, Job::Hold("held")),
    ];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    moment().await;
    runtime.send(&key("x"), Ev::Bomb);
    assert!(matches!(next(&mut seen).await, Ev::Panicked(Lane::Run, _)));
    let more = tokio::time::timeout(Duration::from_secs(100), seen.recv()).await;
    assert!(more.is_err(), "no timer and no answer of the old life: {more:?}");
    assert_eq!(*machine.begun.lock(), ["running"]);
}

#[tokio::test(start_paused = true)]
async fn events_that_wait_when_step_panics_reach_the_new_state() {
    let (runtime, machine, mut seen) = runtime(1);
    for event in [Ev::Bomb, Ev::Said("behind"), Ev::Add(1)] {
        runtime.send(&key("x"), event);
    }
    assert!(matches!(next(&mut seen).await, Ev::Panicked(Lane::Run, _)));
    assert_eq!(next(&mut seen).await, Ev::Said("behind"));
    assert_eq!(next(&mut seen).await, Ev::Add(1));
    assert_eq!(machine.lives.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn effects_after_a_stop_end_with_it() {
    let (runtime, machine, mut seen) = runtime(1);
    let effects = vec![Effect::Stop, wake("a", 1, Ev::Said("late")), start(Lane::Heal, Job::Hold("short"))];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    moment().await;
    assert!(runtime.is_empty());
    assert_eq!(*machine.begun.lock(), ["short"], "it began, and was asked to end");
    let more = tokio::time::timeout(Duration::from_secs(100), seen.recv()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_a_job_that_goes_on_and_keeps_what_arrives() {
    let (runtime, machine, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Permitted("deaf"))]));
    next(&mut seen).await;
    moment().await;
    runtime.send(&key("x"), Ev::Do(vec![Effect::Stop]));
    next(&mut seen).await;
    runtime.send(&key("x"), Ev::Said("meanwhile"));
    moment().await;
    assert!(seen.try_recv().is_err(), "the old life is not over");
    assert_eq!(next(&mut seen).await, Ev::Said("meanwhile"));
    assert_eq!((machine.permitted.load(Ordering::SeqCst), machine.lives.load(Ordering::SeqCst)), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_what_is_sent_to_an_object_that_is_not_there() {
    let (runtime, _, mut seen) = runtime(1);
    assert!(!runtime.send_existing(&key("x"), Ev::Said("lost")));
    runtime.send(&key("x"), Ev::Said("first"));
    assert!(runtime.send_existing(&key("x"), Ev::Said("second")), "as soon as an event is sent");
    assert_eq!(next(&mut seen).await, Ev::Said("first"));
    assert_eq!(next(&mut seen).await, Ev::Said("second"));
}

#[tokio::test(start_paused = true)]
async fn a_timer_of_no_time_comes_after_what_waits() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![wake("a", 0, Ev::Said("timer"))]));
    runtime.send(&key("x"), Ev::Said("waiting"));
    next(&mut seen).await;
    assert_eq!(next(&mut seen).await, Ev::Said("waiting"));
    assert_eq!(next(&mut seen).await, Ev::Said("timer"));
}

#[tokio::test(start_paused = true)]
async fn a_timer_belongs_to_one_object() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![wake("a", 10, Ev::Said("x"))]));
    runtime.send(&key("y"), Ev::Do(vec![wake("a", 20, Ev::Said("y"))]));
    runtime.send(&key("z"), Ev::Do(vec![Effect::Unwake("a")]));
    let mut said = Vec::new();
    while said.len() < 2 {
        let (name, event, _) = seen.recv().await.expect("an event");
        if let Ev::Said(text) = event {
            said.push((name, text));
        }
    }
    assert_eq!(said, [("x".to_owned(), "x"), ("y".to_owned(), "y")]);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_of_an_idle_lane_changes_nothing() {
    let (runtime, machine, mut seen) = runtime(1);
    let effects =
        vec![Effect::Cancel(Lane::Heal), start(Lane::Run, Job::Hold("run")), Effect::Cancel(Lane::Heal)];
    runtime.send(&key("x"), Ev::Do(effects));
    next(&mut seen).await;
    moment().await;
    machine.release.notify_waiters();
    assert_eq!(next(&mut seen).await, Ev::Ended("run"));
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_the_answers_of_jobs_are_not_stepped_on() {
    let (runtime, _, mut seen) = runtime(1);
    runtime.send(&key("x"), Ev::Do(vec![start(Lane::Run, Job::Hold("held"))]));
    next(&mut seen).await;
    moment().await;
    runtime.shutdown().await;
    assert!(seen.try_recv().is_err());
    assert!(runtime.send_existing(&key("x"), Ev::Said("late")), "it is known, and its task has ended");
    moment().await;
    assert!(seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn panics_and_permits_are_measured() {
    let (plain, machine, _seen) = runtime(1);
    drop(plain);
    let metrics = Metrics::new();
    let runtime = Runtime::with_metrics(Arc::clone(&machine), 3, Arc::clone(&metrics));
    runtime.send(&key("x"), Ev::Bomb);
    runtime
        .send(&key("y"), Ev::Do(vec![start(Lane::Run, Job::Panic), start(Lane::Heal, Job::Permitted("p"))]));
    moment().await;
    let text = metrics.render();
    for line in [
        "controller_runtime_reconcile_panics_total{controller=\"test\"} 2",
        "controller_runtime_max_concurrent_reconciles{controller=\"test\"} 3",
        "controller_runtime_active_workers{controller=\"test\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert_eq!(format!("{runtime:?}"), "Runtime { controller: \"test\", objects: 2 }");
}
