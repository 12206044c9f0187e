//! How comparisons become steps.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::{ASK_AT, Meter, PER_STEP};

fn budget(steps: u64) -> Budget {
    Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default())
}

#[test]
fn what_is_begun_counts_as_a_whole_step() {
    let budget = budget(3);
    let mut meter = Meter::new(&budget);
    meter.attempt().unwrap();
    meter.compare(1).unwrap();
    assert_eq!(budget.steps(), 0, "the budget is not asked for each character");
    meter.settle().unwrap();
    assert_eq!(budget.steps(), 2);
    meter.compare(2 * PER_STEP).unwrap();
    assert_eq!(meter.settle(), Err(Exceeded::Steps(3)));
}

#[test]
fn a_long_comparison_asks_in_between() {
    let budget = budget(ASK_AT / PER_STEP);
    let mut meter = Meter::new(&budget);
    meter.compare(ASK_AT).unwrap();
    assert!(meter.compare(ASK_AT).is_err(), "without being settled");
    let mut meter = Meter::new(&budget);
    assert!(meter.compare(u64::MAX).is_err());
}
