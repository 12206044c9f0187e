//! Who waits, and how long, at times of our own.

use std::time::{Duration, Instant};

use reconcile_core::watch_pool::WatchedKind;

use super::{PAUSE, Turns};
use crate::samples::{job, pod};

fn sorted((mut due, next): (Vec<WatchedKind>, Option<Duration>)) -> (Vec<WatchedKind>, Option<Duration>) {
    due.sort_by(|a, b| a.kind.cmp(&b.kind));
    (due, next)
}

#[test]
fn the_first_is_listed_at_once_and_nothing_for_nobody() {
    let (mut turns, now) = (Turns::default(), Instant::now());
    assert_eq!(turns.take(now), (vec![], None));
    turns.ask(job());
    turns.ask(pod());
    turns.ask(job());
    assert_eq!(sorted(turns.take(now)), (vec![job(), pod()], None));
    assert_eq!(turns.take(now), (vec![], None), "it is done");
}

#[test]
fn whoever_asks_again_waits_and_keeps_no_other_kind_waiting() {
    let (mut turns, begun) = (Turns::default(), Instant::now());
    turns.ask(job());
    turns.take(begun);
    turns.ask(job());
    turns.ask(pod());
    let later = begun + PAUSE / 3;
    assert_eq!(turns.take(later), (vec![pod()], Some(PAUSE - PAUSE / 3)));
    turns.ask(job());
    assert_eq!(turns.take(begun + PAUSE), (vec![job()], None), "once for both");
}

#[test]
fn a_kind_that_is_asked_for_all_the_time_is_listed_once_in_a_pause() {
    let (mut turns, begun) = (Turns::default(), Instant::now());
    let mut lists = 0;
    for second in 0..300 {
        turns.ask(job());
        lists += turns.take(begun + Duration::from_secs(second)).0.len();
    }
    assert_eq!(lists, 10);
    assert_eq!(turns.listed.len(), 1);
    turns.take(begun + Duration::from_secs(299) + PAUSE);
    assert_eq!(turns.take(begun + Duration::from_secs(300) + PAUSE * 2), (vec![], None));
    assert!(turns.listed.is_empty(), "nothing is remembered for longer than it matters");
}

#[test]
fn a_clock_that_goes_back_lists_nothing_sooner() {
    let (mut turns, begun) = (Turns::default(), Instant::now() + PAUSE);
    turns.ask(job());
    turns.take(begun);
    turns.ask(job());
    assert_eq!(turns.take(begun - Duration::from_secs(5)), (vec![], Some(PAUSE)));
}
