//! What may not be done in which mode.

use super::{Permit, permit};
use crate::reconcile::change_plan::{ChangeKind, ChangePlan, PlannedChange};
use crate::samples::id;
use ::apply::Drift;
use api::drift_report::DriftMode::{Heal, Report};
use jiff::Timestamp;
use std::collections::BTreeSet;

fn change(name: &str, kind: ChangeKind, drifted: bool) -> PlannedChange {
    PlannedChange { id: id(name), kind, drift: drifted.then(Drift::default) }
}

#[test]
fn healing_permits_every_plan() {
    let one = ChangePlan::of_one(change("a", ChangeKind::Recreate, true));
    let deletion = ChangePlan { deletions: vec![id("a")], ..ChangePlan::default() };
    for plan in [ChangePlan::default(), one, deletion] {
        assert_eq!(permit(&plan, Heal, Timestamp::UNIX_EPOCH), Permit::Granted);
    }
}

/// What Git changed is applied in every mode, and so is what is not known to have been applied before.
#[test]
fn reporting_withholds_what_only_puts_back() {
    let paths = || ChangeKind::Change { paths: Vec::new() };
    let changes = vec![
        change("drifted", paths(), true),
        change("deleted", ChangeKind::Create, true),
        change("homeless", ChangeKind::Unknown, true),
        change("same", ChangeKind::Unchanged, true),
        change("skipped", ChangeKind::Skip, true),
        change("changed", paths(), false),
        change("new", ChangeKind::Create, false),
    ];
    let plan = ChangePlan { changes, deletions: vec![id("stale")] };
    let withheld = ["drifted", "deleted", "homeless"].map(id);
    assert_eq!(permit(&plan, Report, Timestamp::UNIX_EPOCH), Permit::Withheld(BTreeSet::from(withheld)));
    let plan = ChangePlan { deletions: vec![id("stale")], ..ChangePlan::default() };
    assert_eq!(permit(&plan, Report, Timestamp::UNIX_EPOCH), Permit::Granted);
}
