//! Who may go on, at times of our own.

use std::time::{Duration, Instant};

use super::{Limits, MOST, Rate};

fn limits(now: Instant) -> Limits<u32> {
    Limits::new(Rate { steady: 10.0, burst: 6.0 }, Rate { steady: 1.0, burst: 3.0 }, now)
}

fn taken(limits: &mut Limits<u32>, key: u32, times: usize, now: Instant) -> usize {
    (0..times).filter(|_| limits.take(&key, now)).count()
}

#[test]
fn a_burst_then_a_steady_rate() {
    let now = Instant::now();
    let mut limits = limits(now);
    assert_eq!(taken(&mut limits, 1, 10, now), 3);
    assert_eq!(taken(&mut limits, 1, 10, now + Duration::from_secs(2)), 2);
    assert_eq!(
        taken(&mut limits, 1, 10, now + Duration::from_secs(100)),
        3,
        "no more than a burst is saved up"
    );
}

#[test]
fn who_has_had_its_share_takes_nothing_from_others() {
    let now = Instant::now();
    let mut limits = limits(now);
    assert_eq!(taken(&mut limits, 1, 1000, now), 3);
    assert_eq!(taken(&mut limits, 2, 10, now), 3);
    assert_eq!(taken(&mut limits, 3, 10, now), 0, "all together have had theirs");
    assert_eq!(taken(&mut limits, 3, 10, now + Duration::from_millis(200)), 2);
}

#[test]
fn a_clock_that_stands_still_or_goes_back_gives_nothing() {
    let now = Instant::now() + Duration::from_secs(10);
    let mut limits = limits(now);
    assert_eq!(taken(&mut limits, 1, 10, now), 3);
    assert_eq!(taken(&mut limits, 1, 10, now - Duration::from_secs(5)), 0);
    assert_eq!(taken(&mut limits, 1, 10, now), 0);
}

#[test]
fn so_many_are_remembered() {
    let now = Instant::now();
    let mut limits = Limits::new(Rate { steady: 1e9, burst: 1e9 }, Rate { steady: 1.0, burst: 3.0 }, now);
    for key in 0..u32::try_from(MOST * 3).unwrap() {
        assert!(limits.take(&key, now));
        assert!(limits.by_key.len() <= MOST);
    }
}
