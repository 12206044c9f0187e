//! When a report may be written again.

use super::{Due, Refusal};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_report_is_written_at_most_once_a_second() {
    let (mut due, now) = (Due::default(), Instant::now());
    assert_eq!(due.from(now, 0), now);
    due.tried(now, None, 0);
    assert_eq!(due.from(now, 0), now + SECOND);
}

#[test]
fn trouble_makes_the_pauses_longer_up_to_a_minute() {
    let (mut due, now) = (Due::default(), Instant::now());
    let mut pauses = Vec::new();
    for _ in 0..8 {
        due.tried(now, Some(Refusal::Passing), 0);
        pauses.push((due.from(now, 0) - now).as_secs());
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    due.tried(now, None, 0);
    assert_eq!(due.from(now, 0), now + SECOND);
}

#[test]
fn a_refusal_stands_until_discovery_changes_or_for_ten_minutes() {
    let (mut due, now) = (Due::default(), Instant::now());
    due.tried(now, Some(Refusal::Standing), 7);
    let later = now + 30 * SECOND;
    assert_eq!(due.from(later, 7), now + 600 * SECOND);
    assert_eq!(due.look(later, 7), later + 10 * SECOND, "discovery is looked at now and then");
    assert_eq!(due.from(later, 8), later);
    assert_eq!(due.look(now + 595 * SECOND, 7), now + 600 * SECOND);
}
