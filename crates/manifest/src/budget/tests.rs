//! When work has to stop, and what is reserved for it meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Budget, Cancel, EndsWith, Exceeded, Limits, Reserve};

/// Grants so many bytes in all.
struct Purse(AtomicU64);

impl Reserve for Purse {
    fn grow(&self, bytes: u64) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }
}

fn limits(steps: u64, bytes: u64) -> Limits {
    Limits { steps, bytes }
}

#[test]
fn the_last_step_is_allowed_and_the_next_is_not() {
    let budget = Budget::new(limits(3, 0), Cancel::default());
    assert_eq!(budget.step(1), Ok(()));
    assert_eq!(budget.step(2), Ok(()));
    assert_eq!(budget.step(1), Err(Exceeded::Steps(3)));
    assert_eq!(budget.step(0), Err(Exceeded::Steps(3)), "what is spent stays spent");
}

#[test]
fn clones_spend_from_one_purse() {
    let budget = Budget::new(limits(3, 10), Cancel::default());
    let other = budget.clone();
    assert_eq!(other.step(3), Ok(()));
    assert_eq!(budget.step(1), Err(Exceeded::Steps(3)));
    assert_eq!(other.hold(10), Ok(()));
    assert_eq!(budget.hold(1), Err(Exceeded::Bytes(10)));
}

#[test]
fn released_bytes_can_be_held_again() {
    let budget = Budget::new(limits(0, 10), Cancel::default());
    assert_eq!(budget.hold(10), Ok(()));
    budget.release(4);
    assert_eq!(budget.hold(4), Ok(()));
    budget.release(u64::MAX);
    assert_eq!(budget.held(), 0);
}

#[test]
fn absurd_sums_do_not_wrap() {
    let budget = Budget::new(limits(5, 5), Cancel::default());
    assert_eq!(budget.step(u64::MAX), Err(Exceeded::Steps(5)));
    assert_eq!(budget.step(2), Err(Exceeded::Steps(5)));
    assert_eq!(budget.hold(u64::MAX), Err(Exceeded::Bytes(5)));
    assert_eq!(budget.hold(2), Err(Exceeded::Bytes(5)));
}

#[test]
fn a_raised_flag_ends_the_work_at_its_next_step() {
    let cancel = Cancel::default();
    let budget = Budget::new(Limits::NONE, cancel.clone());
    assert_eq!(budget.step(1), Ok(()));
    cancel.cancel();
    assert_eq!(budget.step(0), Err(Exceeded::Cancelled));
}

#[test]
fn work_ends_with_who_waits_for_it() {
    let owner = EndsWith::default();
    let budget = Budget::new(Limits::NONE, owner.0.clone());
    assert_eq!(budget.step(1), Ok(()));
    drop(owner);
    assert_eq!(budget.step(1), Err(Exceeded::Cancelled));
}

#[test]
fn what_is_reserved_already_costs_nothing_more() {
    let purse = Arc::new(Purse(AtomicU64::new(Budget::CHUNK)));
    let budget = Budget::reserved(Limits::NONE, Cancel::default(), 100, Arc::clone(&purse) as Arc<_>);
    assert_eq!(budget.hold(100), Ok(()));
    assert_eq!(purse.0.load(Ordering::Relaxed), Budget::CHUNK);
    assert_eq!(budget.hold(1), Ok(()));
    assert_eq!(purse.0.load(Ordering::Relaxed), 0, "a chunk is taken, not a byte");
    assert_eq!(budget.hold(Budget::CHUNK - 1), Ok(()));
    assert_eq!(budget.hold(1), Err(Exceeded::Reserve));
}

#[test]
fn a_limit_is_the_input_s_fault_even_where_the_process_has_memory() {
    let purse = Arc::new(Purse(AtomicU64::new(u64::MAX)));
    let budget = Budget::reserved(limits(0, 10), Cancel::default(), 0, purse);
    assert_eq!(budget.hold(11), Err(Exceeded::Bytes(10)));
}
