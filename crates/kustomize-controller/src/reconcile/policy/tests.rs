//! Nothing forbids anything yet.

use super::{Permit, permit};
use crate::reconcile::change_plan::{ChangeKind, ChangePlan, PlannedChange};
use crate::samples::id;
use jiff::Timestamp;

#[test]
fn every_plan_is_permitted() {
    let one = ChangePlan::of_one(PlannedChange { id: id("a"), kind: ChangeKind::Recreate });
    let deletion = ChangePlan { deletions: vec![id("a")], ..ChangePlan::default() };
    for plan in [ChangePlan::default(), one, deletion] {
        assert_eq!(permit(&plan, Timestamp::UNIX_EPOCH), Permit::Granted);
    }
}
