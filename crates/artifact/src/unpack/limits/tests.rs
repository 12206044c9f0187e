//! Where a budget ends, and what is said then.

use std::io::{self, Read as _};

use super::{Budget, Counted, Limits};
use crate::error::UnpackError;

/// Reads so many bytes on each side; what the budget says then.
fn spend(limits: Limits, compressed: usize, expanded: usize) -> Option<UnpackError> {
    let budget = Budget::new(limits, manifest::budget::Budget::default());
    let (inside, outside) = (vec![0; compressed], vec![0; expanded]);
    let mut sink = Vec::new();
    Counted::compressed(inside.as_slice(), budget.clone()).read_to_end(&mut sink).unwrap();
    let read = Counted::expanded(outside.as_slice(), budget.clone()).read_to_end(&mut sink);
    assert_eq!(read.is_err(), budget.exceeded().is_some(), "a reader stops when the budget is used up");
    budget.exceeded()
}

const FLOOR: usize = 8 << 20;

#[test]
fn bytes_are_counted_to_the_last_one() {
    let limits = Limits { expanded: 1000, ..Limits::default() };
    assert_eq!(spend(limits, 1, 1000), None);
    assert_eq!(spend(limits, 1, 1001), Some(UnpackError::TooLarge(1000)));
}

#[test]
fn density_counts_only_for_archives_that_are_large() {
    let limits = Limits { ratio: 200, ..Limits::default() };
    assert_eq!(spend(limits, 1, FLOOR), None);
    assert_eq!(spend(limits, 1, FLOOR + 1), Some(UnpackError::TooDense(200)));
    assert_eq!(spend(limits, FLOOR / 200 + 1, FLOOR + 1), None, "as dense as it may be");
    let none = Limits { ratio: 0, ..limits };
    assert_eq!(spend(none, FLOOR + 1, FLOOR + 1), None, "a ratio of nothing is one");
}

#[test]
fn the_compressed_side_is_never_refused() {
    let budget =
        Budget::new(Limits { expanded: 0, ..Limits::default() }, manifest::budget::Budget::default());
    let mut sink = Vec::new();
    let read = Counted::compressed([0; 100].as_slice(), budget.clone()).read_to_end(&mut sink);
    assert_eq!((read.unwrap(), budget.exceeded()), (100, None));
}

#[test]
fn an_error_is_the_budgets_if_that_is_used_up() {
    let reader = || io::Error::other("the reader's own words");
    let budget =
        Budget::new(Limits { expanded: 1, ..Limits::default() }, manifest::budget::Budget::default());
    assert_eq!(budget.explain(reader()), UnpackError::Malformed("the reader's own words".to_owned()));
    drop(Counted::expanded([0; 2].as_slice(), budget.clone()).read(&mut [0; 2]));
    assert_eq!(budget.explain(reader()), UnpackError::TooLarge(1));
}
