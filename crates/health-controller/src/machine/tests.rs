//! In which order messages are taken in.

use reconcile_core::Machine as _;

use super::Assessor;
use crate::step::Event;

#[test]
fn what_follows_a_deletion_is_not_taken_in_before_it() {
    assert!(Assessor::is_barrier(&Event::Gone));
    assert!(!Assessor::is_barrier(&Event::Changed));
    assert!(!Assessor::is_barrier(&Event::Due));
}

#[test]
fn changes_that_wait_are_one() {
    let mut waiting = Event::Changed;
    assert!(Assessor::coalesce(&mut waiting, Event::Changed).is_none());
    assert!(Assessor::coalesce(&mut waiting, Event::Gone).is_some());
    assert!(Assessor::coalesce(&mut Event::Gone, Event::Changed).is_some());
}

#[test]
fn the_end_of_an_assessment_is_never_merged() {
    let ended = || Event::Assessed { held: Box::default(), recheck: None };
    assert!(Assessor::coalesce(&mut Event::Changed, ended()).is_some());
    assert!(Assessor::coalesce(&mut ended(), Event::Changed).is_some());
    assert!(Assessor::coalesce(&mut ended(), ended()).is_some());
}
