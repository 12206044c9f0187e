//! What was written last, and what has been said already.

use super::{Own, OwnStatus};
use api::kustomization::KustomizationStatus;

#[test]
fn a_message_is_said_once_until_it_changes() {
    let own = OwnStatus::default();
    for say in [OwnStatus::tells_wait, OwnStatus::tells_handover, OwnStatus::tells_mode] {
        assert!(say(&own, Some("a")));
        assert!(!say(&own, Some("a")));
        assert!(say(&own, Some("b")));
        assert!(say(&own, Some("a")), "it was something else in between");
        assert!(!say(&own, None), "there is nothing to say");
        assert!(say(&own, Some("a")));
    }
}

/// What is said of dependencies has no part in what is said of a hand-over.
#[test]
fn two_sorts_of_messages_are_apart() {
    let own = OwnStatus::default();
    assert!(own.tells_wait(Some("a")) && own.tells_handover(Some("a")));
}

#[test]
fn the_last_write_is_kept() {
    let own = OwnStatus::default();
    assert!(own.own().is_none());
    own.set_own(Own { resource_version: 1, status: KustomizationStatus::default() });
    own.set_own(Own { resource_version: 2, status: KustomizationStatus::default() });
    assert_eq!(own.own().unwrap().resource_version, 2);
}
