//! When a cluster that is away is looked for, and when it is said to be back.

use super::{PAUSES, Watched};
use std::time::Duration;
use tokio::time::Instant;

#[test]
fn one_that_is_there_is_left_alone() {
    let now = Instant::now();
    let mut cluster = Watched::new(now);
    assert!(!cluster.looks(false, 0, now));
    assert!(!cluster.looks(false, 0, now + PAUSES.1));
}

#[test]
fn one_that_is_away_is_looked_for_more_and_more_rarely() {
    let mut now = Instant::now();
    let mut cluster = Watched::new(now);
    assert!(!cluster.looks(true, 1, now), "it was tried just now");
    let mut pauses = Vec::new();
    let mut last = now;
    while pauses.len() < 8 {
        now += Duration::from_secs(1);
        if cluster.looks(true, 1, now) {
            assert!(!cluster.looks(true, 1, now + PAUSES.1), "one look at a time");
            pauses.push((now - last).as_secs());
            assert!(!cluster.looked(false, 1, now));
            last = now;
        }
    }
    assert_eq!(pauses[0], PAUSES.0.as_secs());
    assert!(pauses.is_sorted() && pauses.iter().all(|pause| *pause <= PAUSES.1.as_secs() + 1), "{pauses:?}");
    assert!(cluster.looks(true, 1, now + PAUSES.1));
    assert!(cluster.looked(true, 1, now), "it is back");
    assert!(!cluster.looks(false, 1, now + PAUSES.1), "once");
}

/// A run of somebody else may find it again, or it may have been away for less than a look; and what has just been started
/// may answer and serve nobody yet.
#[test]
fn one_that_answers_again_is_back_when_it_serves() {
    let now = Instant::now();
    let mut cluster = Watched::new(now);
    assert!(cluster.looks(false, 1, now));
    assert!(!cluster.looked(false, 1, now), "it refuses us");
    assert!(!cluster.looks(false, 1, now));
    assert!(cluster.looks(false, 1, now + PAUSES.1));
    assert!(cluster.looked(true, 1, now));
    assert!(cluster.looks(false, 3, now + PAUSES.1));
    assert!(cluster.looked(true, 3, now) && !cluster.looks(false, 3, now + PAUSES.1));
}
