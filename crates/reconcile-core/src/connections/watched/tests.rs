//! What is known of a connection, at times of our own.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Activity, Lazy, PROGRESS};

#[test]
fn a_client_that_hardly_reads_is_slow_since_it_began_to_be() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let activity = Arc::new(Activity::new(begin));
    assert_eq!(activity.lazy_since(), Lazy::Silent(begin));
    drop(activity.answering());
    activity.sent(1, at(1));
    assert_eq!(activity.lazy_since(), Lazy::Idle(at(1)));
    activity.blocked(at(2));
    // A byte now and then is no progress.
    for second in 3..10 {
        activity.sent(1, at(second));
        activity.blocked(at(second));
    }
    assert_eq!(activity.lazy_since(), Lazy::Slow(at(2)));
    activity.sent(usize::try_from(PROGRESS).expect("fits"), at(10));
    activity.blocked(at(11));
    assert_eq!(activity.lazy_since(), Lazy::Slow(at(11)), "it took its share");
}

#[test]
fn what_was_taken_at_last_is_forgotten_with_the_next_request() {
    let begin = Instant::now();
    let activity = Arc::new(Activity::new(begin));
    activity.blocked(begin);
    activity.sent(1, begin);
    let answering = activity.answering();
    assert_eq!(activity.lazy_since(), Lazy::Busy);
    drop(answering);
    let later = begin + Duration::from_secs(9);
    activity.blocked(later);
    assert_eq!(activity.lazy_since(), Lazy::Slow(later));
}
