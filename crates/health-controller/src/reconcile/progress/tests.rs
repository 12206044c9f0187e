//! Which spans become of what is told.

use std::time::{Duration, SystemTime};

use reconcile_core::trace::Place;

use super::{Progress, Span};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn span(since: u64, place: Place) -> Option<Span> {
    Some(Span { since: at(since), place })
}

#[test]
fn a_revision_has_spans_until_it_is_there() {
    let mut progress = Progress::of(None, "one", false, at(0));
    assert_eq!(progress.tell(false, false, at(1)), None, "details");
    assert_eq!(progress.tell(true, false, at(2)), span(0, Place::Part));
    assert_eq!(progress.tell(true, true, at(5)), span(2, Place::Part));
    assert_eq!(progress.tell(true, false, at(9)), span(5, Place::Later), "it has been there");
    assert_eq!(progress.tell(true, true, at(10)), span(9, Place::Later));
    assert_eq!(progress.tell(false, true, at(11)), None);
}

#[test]
fn a_revision_that_changes_no_answer_is_told_once() {
    let one = Progress::of(None, "one", true, at(0));
    let mut two = Progress::of(Some(one), "two", true, at(100));
    assert_eq!(two.tell(false, true, at(101)), span(100, Place::Part));
    assert_eq!(two.tell(false, true, at(102)), None);
    let same = Progress::of(Some(two), "two", false, at(103));
    assert_eq!(same, Progress { revision: "two".into(), begun: at(100), told: at(101), arrived: true });
}

#[test]
fn who_begins_late_tells_nothing_of_what_was_there() {
    let mut progress = Progress::of(None, "one", true, at(0));
    assert_eq!(progress.tell(false, true, at(1)), None);
    assert_eq!(progress.tell(true, false, at(2)), span(0, Place::Later));
}

#[test]
fn a_trace_ends_some_time() {
    let mut progress = Progress::of(None, "one", false, at(0));
    assert_eq!(progress.tell(true, true, at(4000)), span(0, Place::Later));
}
