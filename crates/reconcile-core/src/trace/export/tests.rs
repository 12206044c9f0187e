//! What follows from how a try ended.

use std::time::Duration;

use super::super::client::Answer;
use super::{TRIES, Verdict, judge};

fn status(code: u16) -> Answer {
    Answer::Status { code, retry_after: None }
}

fn check(answer: &Answer, tries: u32, expected: &Verdict) {
    assert_eq!(judge(answer, tries), *expected, "{answer} at {tries}");
}

#[test]
fn what_may_pass_is_tried_again() {
    check(&status(200), 1, &Verdict::Done);
    let again = |seconds| Verdict::Retry(Duration::from_secs(seconds));
    let down = Answer::Unreachable("connection refused".to_owned());
    for (tries, pause) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10)] {
        check(&status(503), tries, &again(pause));
        check(&down, tries, &again(pause));
    }
    check(&status(429), TRIES, &Verdict::Drop("refused"));
    check(&down, TRIES, &Verdict::Drop("unreachable"));
}

#[test]
fn what_will_not_pass_is_dropped() {
    for code in [301, 400, 401, 403, 404, 413, 500] {
        check(&status(code), 1, &Verdict::Drop("refused"));
    }
}

#[test]
fn the_receivers_wish_counts_within_bounds() {
    let wish = |seconds| Answer::Status { code: 429, retry_after: Some(Duration::from_secs(seconds)) };
    check(&wish(5), 1, &Verdict::Retry(Duration::from_secs(5)));
    check(&wish(3600), 1, &Verdict::Retry(Duration::from_secs(10)));
}
