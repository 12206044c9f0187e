//! Where a budget ends, and what is said then.

use std::io::{self, Read as _};

use super::{Budget, Counted, Limits};
use crate::error::UnpackError;

/// Reads so many bytes; what the budget says then.
fn spend(limits: Limits, expanded: usize) -> Option<UnpackError> {
    let budget = Budget::new(limits, manifest::budget::Budget::default());
    let outside = vec![0; expanded];
    let mut sink = Vec::new();
    let read = Counted::new(outside.as_slice(), budget.clone()).read_to_end(&mut sink);
    assert_eq!(read.is_err(), budget.exceeded().is_some(), "a reader stops when the budget is used up");
    budget.exceeded()
}

#[test]
fn bytes_are_counted_to_the_last_one() {
    let limits = Limits { expanded: 1000, ..Limits::default() };
    assert_eq!(spend(limits, 1000), None);
    assert_eq!(spend(limits, 1001), Some(UnpackError::TooLarge(1000)));
}

#[test]
fn a_claim_that_no_archive_keeps_gets_no_room() {
    assert!(Limits::may_hold(1_032_000, 1_000));
    assert!(!Limits::may_hold(1_033_032, 1_000));
    assert!(Limits::may_hold(0, 0));
}

#[test]
fn an_error_is_the_budgets_if_that_is_used_up() {
    let reader = || io::Error::other("the reader's own words");
    let budget =
        Budget::new(Limits { expanded: 1, ..Limits::default() }, manifest::budget::Budget::default());
    assert_eq!(budget.explain(reader()), UnpackError::Malformed("the reader's own words".to_owned()));
    drop(Counted::new([0; 2].as_slice(), budget.clone()).read(&mut [0; 2]));
    assert_eq!(budget.explain(reader()), UnpackError::TooLarge(1));
}
