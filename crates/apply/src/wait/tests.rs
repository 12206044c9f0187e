//! When a set is ready, has failed or is waited for, and what is said then.

use health::kstatus::Status;

use super::{Observed, Outcome, decide, timed_out};
use crate::samples::id;

fn observed(statuses: &[Status]) -> Vec<Observed> {
    let named = statuses.iter().enumerate();
    named
        .map(|(n, status)| Observed { id: id("Pod", &format!("p{n}")), status: *status, error: None })
        .collect()
}

fn failed(statuses: &[Status], fail_fast: bool) -> bool {
    matches!(decide(&observed(statuses), fail_fast), Outcome::Failed(_))
}

#[test]
fn all_current_is_ready_and_so_is_nothing() {
    for fail_fast in [true, false] {
        assert_eq!(decide(&[], fail_fast), Outcome::Ready);
        assert_eq!(decide(&observed(&[Status::Current, Status::Current]), fail_fast), Outcome::Ready);
    }
}

#[test]
fn whatever_may_still_become_well_is_waited_for() {
    for status in [Status::InProgress, Status::NotFound, Status::Terminating, Status::Unknown] {
        for fail_fast in [true, false] {
            assert_eq!(
                decide(&observed(&[Status::Current, status]), fail_fast),
                Outcome::Waiting,
                "{status}"
            );
        }
    }
}

#[test]
fn a_failure_ends_it_at_once_or_when_nothing_else_is_left() {
    assert!(failed(&[Status::Failed, Status::InProgress], true));
    assert!(!failed(&[Status::Failed, Status::InProgress], false));
    assert!(!failed(&[Status::Failed, Status::Unknown, Status::Current], false));
    assert!(failed(&[Status::Failed, Status::Current], false));
    assert!(failed(&[Status::Failed], false));
}

#[test]
fn what_is_said() {
    let Outcome::Failed(text) =
        decide(&observed(&[Status::Failed, Status::Current, Status::InProgress]), true)
    else {
        panic!("it has failed")
    };
    insta::assert_snapshot!(text, @"failed early due to stalled resources: [Pod/ns/p0 status: 'Failed', Pod/ns/p2 status: 'InProgress']");
    let mut late = observed(&[Status::NotFound, Status::Current, Status::Unknown]);
    late[2].error = Some("no rule".to_owned());
    insta::assert_snapshot!(timed_out(&late), @"timeout waiting for: [Pod/ns/p0 status: 'NotFound', Pod/ns/p2 status: 'Unknown': no rule]");
}
