//! What follows from an answer of the API server, and when.

use std::time::{Duration, Instant};

use cluster::Class;

use super::{Fault, refusals};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn somebody_elses_write_is_nobodys_fault() {
    for class in [Class::Conflict, Class::NotFound] {
        assert_eq!(Fault::of(class), Fault::Overtaken, "{class:?}");
    }
    for class in [
        Class::Forbidden,
        Class::Unauthorized,
        Class::Invalid,
        Class::BadRequest,
        Class::Throttled,
        Class::Timeout,
        Class::ServerError,
        Class::Transport,
    ] {
        assert_eq!(Fault::of(class), Fault::Refused, "{class:?}");
    }
}

#[test]
fn refusals_in_a_row_are_spread_out() {
    let (mut refusals, mut now) = (refusals(), Instant::now());
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let pause = Fault::Refused.retry(None, &mut refusals, now);
        pauses.push(pause.as_secs());
        now += pause;
    }
    assert_eq!(pauses, [4, 8, 16, 32, 64, 128, 256, 300, 300]);
    refusals.reset();
    assert_eq!(Fault::Refused.retry(None, &mut refusals, now), seconds(4), "after one that was taken");
}

#[test]
fn a_refusal_before_its_time_does_not_count_again() {
    let (mut refusals, now) = (refusals(), Instant::now());
    assert_eq!(Fault::Refused.retry(None, &mut refusals, now), seconds(4));
    assert_eq!(Fault::Refused.retry(None, &mut refusals, now + seconds(1)), seconds(3));
    assert_eq!(Fault::Refused.retry(None, &mut refusals, now + seconds(4)), seconds(8));
}

#[test]
fn time_may_make_the_next_assessment_due_before() {
    let now = Instant::now();
    let retry = |recheck| Fault::Refused.retry(Some(recheck), &mut refusals(), now);
    assert_eq!(retry(seconds(1)), seconds(1));
    assert_eq!(retry(seconds(60)), seconds(4));
}

#[test]
fn who_was_overtaken_looks_again_soon_and_every_time() {
    let (mut refusals, now) = (refusals(), Instant::now());
    for recheck in [None, Some(seconds(1)), Some(seconds(60))] {
        assert_eq!(Fault::Overtaken.retry(recheck, &mut refusals, now), seconds(2));
    }
    assert_eq!(refusals.failures(), 0);
}
