//! Quotas as refusals tell them.

use super::{Budget, budgets};

#[test]
fn what_is_missing_is_empty() {
    let found = budgets(" requested: pods=1,cpu=500m, used: pods=4");
    let pods = Budget { resource: "pods", requested: "1", used: "4", limited: "" };
    let cpu = Budget { resource: "cpu", requested: "500m", used: "", limited: "" };
    assert_eq!(found, [pods, cpu]);
    assert_eq!(budgets("nothing"), []);
    assert_eq!(budgets("requested: odd, used: "), []);
}
