//! The ledger: what has to be recorded before a write, and what stays recorded after a failure.

use super::Ledger;
use ::apply::inventory::Ids;
use ::apply::{Action, Change};
use manifest::ObjectId;

fn id(name: &str) -> ObjectId {
    ObjectId { namespace: "ns".into(), name: name.into(), group: String::new(), kind: "ConfigMap".into() }
}

fn ids(names: &[&str]) -> Ids {
    let mut ids = Ids::default();
    for name in names {
        ids.insert(&id(name), "v1");
    }
    ids
}

fn change(name: &str, action: Action) -> Change {
    Change { id: id(name), version: "v1".into(), action, baseline: None, object: None }
}

#[test]
fn everything_intended_is_recorded_before_the_first_write_and_once() {
    let mut ledger = Ledger::new(ids(&["old"]), ids(&["new"]));
    assert_eq!(ledger.due(&ids(&["old"])), Some(ids(&["new", "old"])));
    // Stored already by chance: that work has begun is to be said all the same.
    assert_eq!(ledger.due(&ids(&["new", "old"])), Some(ids(&["new", "old"])));
    ledger.recorded = true;
    assert_eq!(ledger.due(&ids(&["new", "old"])), None);
    // A kind that is only known now.
    ledger.intended.insert(&id("late"), "v1");
    assert_eq!(ledger.due(&ids(&["new", "old"])), Some(ids(&["late", "new", "old"])));
}

#[test]
fn a_failure_keeps_what_was_stored_or_sent() {
    let mut ledger = Ledger::new(ids(&["old"]), ids(&["never", "sent"]));
    assert_eq!(ledger.kept(), None, "nothing was recorded, nothing shrinks");
    ledger.recorded = true;
    ledger.attempted.insert(&id("sent"), "v1");
    assert_eq!(ledger.kept(), Some(ids(&["old", "sent"])));
}

#[test]
fn a_failure_lists_what_earlier_stages_wrote() {
    let mut ledger = Ledger::new(Ids::default(), Ids::default());
    ledger.changes.push(change("made", Action::Created));
    ledger.changes.push(change("same", Action::Unchanged));
    ledger.changes.push(change("this-stage", Action::Configured));
    insta::assert_snapshot!(ledger.failure("it was refused", 2).message, @r"
    it was refused
    ConfigMap/ns/made created
    ");
}
