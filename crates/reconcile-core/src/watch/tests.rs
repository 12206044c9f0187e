//! What vanished, and what to do about a failing watch.

use cluster::Class;
use kube_runtime::watcher::InitialListStrategy;

use super::Gone;
use super::follow::{Known, Reaction, react, strategy};
use crate::key::ObjectKey;

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("ns", name)
}

fn gone(name: &str, uid: &str) -> Gone {
    Gone { key: key(name), uid: uid.to_owned(), missed: true }
}

#[test]
fn what_a_relist_does_not_name_is_gone() {
    let mut known = Known::default();
    known.begin();
    for name in ["a", "b", "c"] {
        assert_eq!(known.seen(key(name), "1"), None);
    }
    assert_eq!(known.finish(), []);
    // Seen between the lists, and deleted properly.
    assert_eq!(known.seen(key("d"), "1"), None);
    known.gone(&key("c"), "1");
    known.begin();
    assert_eq!(known.seen(key("a"), "1"), None);
    // Deleted and made again meanwhile: another object.
    assert_eq!(known.seen(key("b"), "2"), Some(gone("b", "1")));
    assert_eq!(known.finish(), [gone("d", "1")]);
    known.begin();
    let mut all = known.finish();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(all, [gone("a", "1"), gone("b", "2")]);
}

#[test]
fn an_interrupted_list_loses_nothing() {
    let mut known = Known::default();
    known.begin();
    known.seen(key("a"), "1");
    known.finish();
    known.begin();
    known.seen(key("b"), "1");
    // The list broke off and begins again.
    known.begin();
    known.seen(key("b"), "1");
    assert_eq!(known.finish(), [gone("a", "1")]);
}

#[test]
fn a_late_deletion_does_not_hide_the_successor() {
    let mut known = Known::default();
    known.begin();
    known.seen(key("a"), "2");
    known.gone(&key("a"), "1");
    known.finish();
    known.begin();
    assert_eq!(known.finish(), [gone("a", "2")]);
}

#[test]
fn only_a_list_that_can_deny_nothing_may_be_behind() {
    let mut known = Known::default();
    assert_eq!(strategy(&known, false), InitialListStrategy::StreamingList);
    assert_eq!(strategy(&known, true), InitialListStrategy::ListWatch, "the server has no streamed lists");
    known.begin();
    known.seen(key("a"), "1");
    assert_eq!(
        strategy(&known, false),
        InitialListStrategy::ListWatch,
        "also before the first list is complete"
    );
    known.finish();
    assert_eq!(strategy(&known, false), InitialListStrategy::ListWatch);
    known.gone(&key("a"), "1");
    assert_eq!(strategy(&known, false), InitialListStrategy::StreamingList);
}

#[test]
fn reactions_to_failures() {
    for (class, at_start, streaming, reaction) in [
        (Class::Invalid, true, true, Reaction::ListInstead),
        (Class::BadRequest, true, true, Reaction::ListInstead),
        (Class::Invalid, true, false, Reaction::Pause { slow: true }),
        (Class::BadRequest, false, true, Reaction::Pause { slow: true }),
        (Class::Expired, false, true, Reaction::Relist),
        (Class::Expired, true, false, Reaction::Relist),
        (Class::Forbidden, true, true, Reaction::Pause { slow: true }),
        (Class::NotFound, true, true, Reaction::Pause { slow: true }),
        (Class::Transport, false, true, Reaction::Pause { slow: false }),
        (Class::ServerError, true, true, Reaction::Pause { slow: false }),
        (Class::Throttled, true, true, Reaction::Pause { slow: false }),
    ] {
        assert_eq!(react(class, at_start, streaming), reaction, "{class:?} {at_start} {streaming}");
    }
}
