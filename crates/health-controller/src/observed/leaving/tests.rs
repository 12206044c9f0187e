//! What is found of what is being deleted, and whom its end concerns.

use std::sync::Arc;

use convergence::Seen;
use health::Rules;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;
use serde_json::json;

use super::Leaving;
use crate::samples::{job, key, pod};

fn seen() -> Arc<Seen> {
    let now = "2026-11-25T10:00:00Z".parse().unwrap();
    let object =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"deletionTimestamp": "2026-11-25T10:00:00Z"}});
    Arc::new(Seen::new(object, 1, "u".to_owned(), None, None, Rules::built_in(), now))
}

fn deleted(owner: &str) -> Option<(ObjectKey, Arc<Seen>)> {
    Some((key(owner), seen()))
}

fn of(leaving: &Leaving, owner: &str) -> Vec<(WatchedKind, String)> {
    leaving.of(&key(owner)).into_iter().map(|(kind, key, _)| (kind, key.name)).collect()
}

#[test]
fn an_object_is_its_owners_until_it_is_gone() {
    let mut leaving = Leaving::default();
    assert_eq!(leaving.see(&pod(), &key("a"), None), [], "nobody deletes it");
    assert_eq!(leaving.see(&pod(), &key("a"), deleted("web")), [key("web")]);
    assert_eq!(leaving.see(&pod(), &key("a"), deleted("web")), [key("web")], "a finalizer has gone");
    assert_eq!(leaving.see(&pod(), &key("b"), None), []);
    assert_eq!(of(&leaving, "web"), [(pod(), "a".to_owned())]);
    assert_eq!(of(&leaving, "api"), []);
    assert_eq!(leaving.lose(&job(), &key("a")), None, "of another kind");
    assert_eq!(leaving.lose(&pod(), &key("a")), Some(key("web")));
    assert_eq!(leaving.lose(&pod(), &key("a")), None);
    assert_eq!(of(&leaving, "web"), []);
    assert!(leaving.owners.is_empty() && leaving.by_owner.is_empty());
}

#[test]
fn who_gives_it_other_labels_moves_it() {
    let mut leaving = Leaving::default();
    leaving.see(&pod(), &key("a"), deleted("web"));
    assert_eq!(leaving.see(&pod(), &key("a"), deleted("api")), [key("web"), key("api")]);
    assert_eq!((of(&leaving, "web").len(), of(&leaving, "api").len()), (0, 1));
    assert_eq!(leaving.see(&pod(), &key("a"), None), [key("api")], "it was made again under its name");
    assert_eq!(of(&leaving, "api"), []);
}

#[test]
fn of_a_kind_that_is_not_watched_nothing_is_leaving() {
    let mut leaving = Leaving::default();
    leaving.see(&pod(), &key("a"), deleted("web"));
    leaving.see(&job(), &key("a"), deleted("web"));
    leaving.forget(&pod());
    assert_eq!(of(&leaving, "web"), [(job(), "a".to_owned())]);
}
