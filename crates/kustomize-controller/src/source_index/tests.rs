//! What is new of a source.

use super::SourceIndex;
use crate::samples::{artifact, key};
use api::meta::SourceKind::{Bucket, GitRepository};

#[test]
fn a_revision_is_news_once() {
    let (sources, app) = (SourceIndex::default(), key("app"));
    assert!(sources.get(GitRepository, &app).is_none(), "there is no such source");
    assert!(!sources.put(GitRepository, &app, None), "one without an artifact is not news");
    assert_eq!(sources.get(GitRepository, &app), Some(None));
    assert!(sources.put(GitRepository, &app, Some(artifact("1"))));
    let moved = api::Artifact { url: "http://elsewhere.test".into(), ..artifact("1") };
    assert!(!sources.put(GitRepository, &app, Some(moved.clone())), "the same revision at another address");
    assert_eq!(sources.get(GitRepository, &app), Some(Some(moved)));
    assert!(sources.put(GitRepository, &app, Some(artifact("2"))));
    assert!(!sources.put(GitRepository, &app, None));
    assert!(sources.put(GitRepository, &app, Some(artifact("2"))), "it is back");
}

#[test]
fn a_name_has_the_uid_of_who_bears_it_now() {
    let (sources, app) = (SourceIndex::default(), key("app"));
    assert_eq!(sources.uid(GitRepository, &app), None);
    for uid in ["one", "two", "two"] {
        sources.identify(GitRepository, &app, uid);
        assert_eq!(sources.uid(GitRepository, &app).as_deref(), Some(uid));
    }
    assert_eq!(sources.uid(Bucket, &app), None);
    sources.remove(GitRepository, &app);
    assert_eq!(sources.uid(GitRepository, &app), None);
}

#[test]
fn kinds_are_apart() {
    let (sources, app) = (SourceIndex::default(), key("app"));
    sources.put(GitRepository, &app, Some(artifact("1")));
    sources.put(Bucket, &app, None);
    sources.remove(Bucket, &app);
    assert!(sources.get(Bucket, &app).is_none());
    assert!(sources.get(GitRepository, &app).is_some());
}
