//! What is known of a source after what its watch has said.

use convergence::{Source, SourceView};
use reconcile_core::watch_pool::PoolEvent;
use serde_json::{Value, json};

use super::{Found, Sources};
use crate::samples::{applied, deleted, failed, key, repository};
use crate::wakes::Touched;

fn body(revision: &str) -> Value {
    json!({"status": {"artifact": {"revision": revision}}})
}

fn known(revision: &str) -> Found {
    Found::View(SourceView::Known(Source { revision: Some(revision.to_owned()), ..Source::default() }))
}

fn find(sources: &Sources) -> Found {
    sources.find(&repository(), &key("a"))
}

#[test]
fn a_source_is_news_when_it_says_something_else() {
    let sources = Sources::default();
    assert_eq!(find(&sources), Found::Starting);
    let one = Some(Touched::Source(repository(), key("a")));
    assert_eq!(sources.take(applied(&repository(), "1", "5", body("main@sha1:1"))), one);
    assert_eq!(find(&sources), known("main@sha1:1"), "before the list is complete, too");
    assert_eq!(sources.take(applied(&repository(), "1", "6", body("main@sha1:1"))), None);
    assert_eq!(sources.take(applied(&repository(), "1", "7", body("main@sha1:2"))), one);
    assert_eq!(find(&sources), known("main@sha1:2"));
    assert_eq!(sources.uid(&repository(), &key("a")).as_deref(), Some("1"));
    assert_eq!(sources.take(deleted(&repository(), "1")), one);
    assert_eq!(sources.uid(&repository(), &key("a")), None);
    assert_eq!(find(&sources), Found::Starting, "the list may still name it");
}

#[test]
fn absent_is_only_what_a_whole_list_lacks() {
    let sources = Sources::default();
    let all = Some(Touched::Sources(repository()));
    assert_eq!(sources.take(PoolEvent::Synced(repository())), all);
    assert_eq!(find(&sources), Found::View(SourceView::Absent));
    assert_eq!(sources.take(PoolEvent::Synced(repository())), None, "known already");
    assert_eq!(sources.take(PoolEvent::Stopped(repository())), None, "nobody needs it");
    assert_eq!(find(&sources), Found::Starting);
}

#[test]
fn a_kind_that_is_not_served_has_no_objects() {
    let sources = Sources::default();
    sources.take(applied(&repository(), "1", "5", body("main@sha1:1")));
    let all = Some(Touched::Sources(repository()));
    assert_eq!(sources.take(failed(&repository(), 404, "NotFound")), all);
    assert_eq!(find(&sources), Found::View(SourceView::Absent));
}

#[test]
fn what_may_not_be_watched_is_hidden_until_it_is_listed() {
    let sources = Sources::default();
    let all = Some(Touched::Sources(repository()));
    assert_eq!(sources.take(failed(&repository(), 403, "Forbidden")), all);
    assert_eq!(find(&sources), Found::View(SourceView::Hidden));
    assert_eq!(sources.take(PoolEvent::Synced(repository())), all);
    assert_eq!(find(&sources), Found::View(SourceView::Absent));
    assert_eq!(sources.take(failed(&repository(), 403, "Forbidden")), None, "what was seen still stands");
    assert_eq!(find(&sources), Found::View(SourceView::Absent));
}

#[test]
fn a_namespace_restricts_the_watch() {
    assert_eq!(Sources::options(Some("apps".to_owned())).namespace.as_deref(), Some("apps"));
    assert_eq!(Sources::options(None).namespace, None);
}
