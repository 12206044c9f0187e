//! What is found without a request, and when one is due. Answers of the API server are fed by hand.

use super::{Kinds, Known, PAUSE, Resolved, Snapshot, Wanted};
use crate::{Class, Error};
use kube::core::{ApiResource, GroupVersionKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

const WIDGET: Wanted<'_> = Wanted { group: "example.com", kind: "Widget", version: None };

fn resolved(version: &str) -> Resolved {
    let gvk = GroupVersionKind::gvk("example.com", version, "Widget");
    Resolved { api_resource: ApiResource::from_gvk_with_plural(&gvk, "widgets"), namespaced: true }
}

/// Widgets in these versions, the preferred one first.
fn served(versions: &[&str]) -> Kinds {
    let versions = versions.iter().map(|version| resolved(version)).collect();
    Kinds::from([(("example.com".to_owned(), "Widget".to_owned()), versions)])
}

/// A snapshot with a server that counts how often it is asked.
#[derive(Default)]
struct Asked {
    snapshot: Snapshot,
    requests: AtomicUsize,
}

impl Asked {
    async fn look_up(&self, wanted: Wanted<'_>, answer: Result<Kinds, Error>) -> Result<Resolved, Error> {
        let discover = async {
            self.requests.fetch_add(1, Ordering::SeqCst);
            answer
        };
        self.snapshot.look_up(wanted, discover).await
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn version(found: Result<Resolved, Error>) -> String {
    found.unwrap().api_resource.version
}

#[test]
fn the_preferred_version_stands_first_and_others_are_found_by_name() {
    let known = Known { served: served(&["v1", "v1beta1"]), ..Known::default() };
    let of = |version| known.find(Wanted { version, ..WIDGET }).map(|found| found.api_resource.version);
    assert_eq!(of(None).as_deref(), Some("v1"));
    assert_eq!(of(Some("v1beta1")).as_deref(), Some("v1beta1"));
    assert_eq!(of(Some("v2")), None);
    assert_eq!(known.find(Wanted { group: "", ..WIDGET }), None);
    assert_eq!(known.find(Wanted { kind: "Gadget", ..WIDGET }), None);
}

#[test]
fn a_kind_is_found_by_its_name_in_every_group() {
    let mut all = served(&["v1", "v1beta1"]);
    let gvk = GroupVersionKind::gvk("another.com", "v2", "Widget");
    let other =
        Resolved { api_resource: ApiResource::from_gvk_with_plural(&gvk, "widgets"), namespaced: true };
    all.insert(("another.com".to_owned(), "Widget".to_owned()), vec![other]);
    let known = Known { served: all, ..Known::default() };
    let names = |kind| -> Vec<String> {
        known.named(kind).into_iter().map(|found| found.api_resource.api_version).collect()
    };
    assert_eq!(names("Widget"), ["another.com/v2", "example.com/v1"]);
    assert!(names("Gadget").is_empty());
}

#[test]
fn a_miss_is_asked_about_once_the_pause_is_over_unless_somebody_else_has() {
    let mut known = Known::default();
    assert!(known.is_refresh_due(0, true));
    assert!(!known.is_refresh_due(0, false));
    let number = known.begin();
    known.take(number, Kinds::new());
    assert!(!known.is_refresh_due(0, true), "the refresh began after the question");
    assert!(known.is_refresh_due(number, true), "the question came up after it had begun");
}

#[test]
fn what_is_out_of_date_is_asked_about_without_a_pause() {
    let mut known = Known { served: served(&["v1"]), ..Known::default() };
    known.invalidate();
    assert!(known.find_fresh(WIDGET).is_none());
    assert!(known.is_refresh_due(0, false));
    let number = known.begin();
    known.take(number, served(&["v1"]));
    assert!(known.find_fresh(WIDGET).is_some());
}

/// A 404 says that what is known is wrong; so may be the answer to a question that was asked before.
#[test]
fn a_refresh_that_had_begun_before_does_not_make_it_up_to_date() {
    let mut known = Known::default();
    let early = known.begin();
    known.invalidate();
    known.take(early, served(&["v1"]));
    assert!(known.find_fresh(WIDGET).is_none());
    let late = known.begin();
    known.take(late, served(&["v1"]));
    assert!(known.find_fresh(WIDGET).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_hit_asks_nothing_and_a_miss_asks_once_in_a_while() {
    let asked = Asked::default();
    assert_eq!(version(asked.look_up(WIDGET, Ok(served(&["v1"]))).await), "v1");
    assert_eq!(version(asked.look_up(WIDGET, Ok(Kinds::new())).await), "v1");
    assert_eq!(asked.requests(), 1);
    let newer = Wanted { version: Some("v2"), ..WIDGET };
    let missing = asked.look_up(newer, Ok(served(&["v2"]))).await.unwrap_err();
    assert_eq!(missing.message(), "no matches for kind \"Widget\" in version \"example.com/v2\"");
    assert_eq!(asked.requests(), 1, "the last refresh is too young");
    tokio::time::advance(PAUSE).await;
    assert_eq!(version(asked.look_up(newer, Ok(served(&["v2"]))).await), "v2");
    assert_eq!(asked.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_invalidated_is_asked_about_at_once() {
    let asked = Asked::default();
    assert_eq!(version(asked.look_up(WIDGET, Ok(served(&["v1"]))).await), "v1");
    asked.snapshot.known.write().invalidate();
    assert_eq!(version(asked.look_up(WIDGET, Ok(served(&["v2"]))).await), "v2");
    assert_eq!(version(asked.look_up(WIDGET, Ok(Kinds::new())).await), "v2");
    assert_eq!(asked.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_leaves_what_was_known_and_counts_as_one() {
    let asked = Asked::default();
    assert_eq!(version(asked.look_up(WIDGET, Ok(served(&["v1"]))).await), "v1");
    tokio::time::advance(PAUSE).await;
    let newer = Wanted { version: Some("v2"), ..WIDGET };
    let down = || Err(Error::own(Class::ServerError, "down"));
    assert_eq!(asked.look_up(newer, down()).await.unwrap_err().message(), "down");
    assert_eq!(version(asked.look_up(WIDGET, down()).await), "v1");
    let error = asked.look_up(newer, down()).await.unwrap_err();
    assert_eq!(error.message(), "down", "not asked again within the pause, and not said to be missing");
    assert_eq!(asked.requests(), 2);
    asked.snapshot.known.write().invalidate();
    assert_eq!(
        version(asked.look_up(newer, Ok(served(&["v2"]))).await),
        "v2",
        "whoever knows better is heard"
    );
    asked.look_up(Wanted { version: Some("v3"), ..WIDGET }, Ok(Kinds::new())).await.unwrap_err();
    assert_eq!(asked.requests(), 3, "a success ends it");
}

/// Nothing was ever known of it: what cannot be asked is not called absent.
#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_asked_is_not_one_that_serves_nothing() {
    let asked = Asked::default();
    let away = || Err(Error::own(Class::Transport, "refused").in_discovery("host:6443"));
    for _ in 0..3 {
        let error = asked.look_up(WIDGET, away()).await.unwrap_err();
        assert_eq!(
            error.message(),
            "failed to get server groups: Get \"https://host:6443/api?timeout=30s\": refused"
        );
        assert_eq!(error.classify(), Class::Transport);
    }
    assert_eq!(asked.requests(), 1);
}

#[test]
fn a_refusal_of_discovery_is_told_as_client_go_does() {
    let refused = |class, code| {
        let status = kube::core::Status {
            code,
            reason: format!("{class:?}"),
            message: "no".into(),
            ..Default::default()
        };
        Error::from(status).in_discovery("host:6443").message().to_owned()
    };
    assert_eq!(refused(Class::Forbidden, 403), "failed to get server groups: unknown");
    assert_eq!(
        refused(Class::Unauthorized, 401),
        "failed to get server groups: the server has asked for the client to provide credentials"
    );
}

/// Many tasks miss the same kind at once: one asks, and its answer is everybody's.
#[tokio::test(start_paused = true)]
async fn those_who_wait_share_one_refresh() {
    let asked = Arc::new(Asked::default());
    let (answer, answered) = oneshot::channel::<Kinds>();
    let first = {
        let asked = Arc::clone(&asked);
        tokio::spawn(async move {
            let discover = async { Ok(answered.await.unwrap_or_default()) };
            asked.snapshot.look_up(WIDGET, discover).await
        })
    };
    // The first one is under way once it holds the lock.
    while asked.snapshot.refresh.try_lock().is_ok() {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = ["v1", "v9"]
        .map(|version| {
            let asked = Arc::clone(&asked);
            tokio::spawn(async move {
                asked.look_up(Wanted { version: Some(version), ..WIDGET }, Ok(Kinds::new())).await
            })
        })
        .into();
    answer.send(served(&["v1"])).unwrap();
    assert_eq!(version(first.await.unwrap()), "v1");
    let mut found = Vec::new();
    for other in others {
        found.push(other.await.unwrap().is_ok());
    }
    assert_eq!(found, [true, false]);
    assert_eq!(asked.requests(), 0, "neither of the others asked");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_given_up_is_begun_by_the_next() {
    let asked = Asked::default();
    let never = asked.snapshot.look_up(WIDGET, std::future::pending());
    assert!(tokio::time::timeout(Duration::from_secs(1), never).await.is_err());
    tokio::time::advance(PAUSE).await;
    assert_eq!(version(asked.look_up(WIDGET, Ok(served(&["v1"]))).await), "v1");
}
