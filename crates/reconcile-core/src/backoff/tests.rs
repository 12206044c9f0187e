//! Delays by hand, their bounds by property.

use std::time::{Duration, Instant};

use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::{Backoff, jitter, lengthen};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn delays_double_to_their_bound() {
    let mut backoff = Backoff::new(Duration::from_millis(750), Duration::from_secs(900));
    let mut now = Instant::now();
    let mut delays = Vec::new();
    for _ in 0..13 {
        assert_eq!(backoff.peek(), backoff.peek(), "to look changes nothing");
        let delay = backoff.next(now);
        delays.push(delay.as_millis());
        now += delay;
    }
    assert_eq!(delays[..4], [750, 1500, 3000, 6000]);
    assert_eq!(delays[10..], [768_000, 900_000, 900_000]);
    assert_eq!(backoff.failures(), 13);
}

#[test]
fn a_failure_within_the_window_of_another_does_not_count() {
    let mut backoff = Backoff::new(10 * SECOND, 900 * SECOND);
    let start = Instant::now();
    assert_eq!(backoff.next(start), 10 * SECOND);
    assert_eq!(backoff.next(start + 4 * SECOND), 6 * SECOND, "what is left of the first");
    assert_eq!(backoff.failures(), 1);
    assert_eq!(backoff.next(start + 10 * SECOND), 20 * SECOND, "the window is over at its end");
    assert_eq!(backoff.failures(), 2);
}

#[test]
fn success_forgets_the_failures_and_their_window() {
    let mut backoff = Backoff::new(SECOND, 900 * SECOND);
    let start = Instant::now();
    backoff.next(start);
    backoff.next(start + SECOND);
    backoff.reset();
    assert_eq!(backoff, Backoff::new(SECOND, 900 * SECOND));
    assert_eq!(backoff.next(start + SECOND), SECOND);
}

#[test]
fn delays_from_a_count_that_is_kept_elsewhere() {
    let (min, max) = (SECOND, 30 * SECOND);
    let all: Vec<u64> = (0..7).map(|earlier| Backoff::delay(min, max, earlier).as_secs()).collect();
    assert_eq!(all, [1, 2, 4, 8, 16, 30, 30]);
    assert_eq!(Backoff::delay(30 * SECOND, SECOND, 0), SECOND, "the upper bound is the stronger one");
    assert_eq!(Backoff::delay(Duration::ZERO, max, 9), Duration::ZERO, "a delay of nothing stays one");
}

#[test]
fn the_longest_delays_do_not_overflow() {
    let mut backoff = Backoff::new(Duration::MAX, Duration::MAX);
    let now = Instant::now();
    assert_eq!(backoff.next(now), Duration::MAX);
    assert_eq!(backoff.next(now), Duration::MAX);
    assert_eq!(backoff.failures(), 2);
    assert_eq!(lengthen(Duration::MAX, 255), Duration::MAX);
    assert!(jitter(Duration::MAX, 99) > SECOND);
}

proptest! {
    #[test]
    fn a_delay_is_within_its_bounds_and_never_shrinks(
        min in 1..1_000_000_u64, more in 0..1_000_000_u64, earlier in any::<u32>(),
    ) {
        let (min, max) = (Duration::from_millis(min), Duration::from_millis(min + more));
        let delay = Backoff::delay(min, max, earlier);
        prop_assert!(delay >= min && delay <= max);
        prop_assert!(Backoff::delay(min, max, earlier.saturating_add(1)) >= delay);
    }

    #[test]
    fn counting_here_and_counting_elsewhere_agree(failures in 0..70_u32) {
        let (min, max) = (SECOND, Duration::from_secs(1 << 40));
        let (mut backoff, mut now) = (Backoff::new(min, max), Instant::now());
        for earlier in 0..failures.min(30) {
            let delay = backoff.next(now);
            prop_assert_eq!(delay, Backoff::delay(min, max, earlier));
            now += delay;
        }
    }
}

#[test]
fn jitter_stays_within_its_percentage_on_both_sides() {
    let interval = 100 * SECOND;
    let all: Vec<Duration> = (0..500).map(|_| jitter(interval, 10)).collect();
    assert!(all.iter().all(|span| (90 * SECOND..=110 * SECOND).contains(span)), "{all:?}");
    assert!(all.iter().any(|span| *span < interval) && all.iter().any(|span| *span > interval));
    assert_eq!(jitter(interval, 0), interval);
    assert_eq!(jitter(Duration::ZERO, 50), Duration::ZERO);
    assert!(jitter(interval, 255) > Duration::ZERO, "an interval is never nothing");
}

#[test]
fn a_lengthened_delay_is_never_shorter() {
    let delay = 100 * SECOND;
    let all: Vec<Duration> = (0..500).map(|_| lengthen(delay, 50)).collect();
    assert!(all.iter().all(|span| (delay..=150 * SECOND).contains(span)), "{all:?}");
    assert!(all.iter().any(|span| *span > 120 * SECOND), "it uses the room that it has");
    assert_eq!(lengthen(delay, 0), delay);
}
