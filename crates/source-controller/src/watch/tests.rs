//! What of an object a machine hears.

use serde_json::json;

use super::facts;
use crate::samples::git_repository;

#[test]
fn the_facts_of_an_object() {
    let mut object = git_repository(&json!({}));
    let seen = facts(&object);
    assert_eq!((seen.uid.as_str(), seen.generation, seen.deleting), ("u", 2, false));
    assert_eq!((seen.requested_at, seen.asked_between), (None, false));
    let token = ("reconcile.fluxcd.io/requestedAt".to_owned(), "now".to_owned());
    object.metadata.annotations = Some([token].into());
    object.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-02T03:04:05Z")).unwrap();
    let seen = facts(&object);
    assert_eq!((seen.requested_at.as_deref(), seen.deleting), (Some("now"), true));
}
