//! Copies of a replica that does not lead: made when a status names them, brought when somebody asks, and ended before the
//! replica works.

use std::sync::Arc;
use std::time::Duration;

use api::git_repository::GitRepository;
use artifact::store::gc::Retention;
use futures::FutureExt as _;
use reconcile_core::ObjectKey;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Brought, Copies};
use crate::applied::{Applied, Bound};
use crate::homes::Wanted;
use crate::homes::tests::Replica;
use crate::kinds::CONTROLLERS;
use crate::serve::Serving;

const ARTIFACT: &str = "gitrepository/ns/app/a.tar.gz";

struct Bench {
    leader: Replica,
    here: Replica,
    copies: Arc<Copies>,
    _server: Serving,
}

impl Bench {
    async fn new() -> Self {
        let (leader, here) = (Replica::new(), Replica::new());
        let (server, address) = leader.serve().await;
        let homes = Arc::new(here.homes(&[&address], None));
        let applied = Arc::new(Applied::new(Bound { records: 0, bytes: 0 }));
        let folder = (here.disk.storage.clone(), Arc::clone(&here.published));
        let retention = Retention { ttl: Duration::ZERO, records: 1 };
        let copies = Copies::new(CONTROLLERS, homes, applied, folder, retention, &CancellationToken::new());
        Self { leader, here, copies: Arc::new(copies), _server: server }
    }

    /// The watch shows that the object names this.
    fn seen(&self, wanted: &Wanted) {
        self.copies.seen(&object("app", Some(wanted)));
    }
}

pub(crate) fn object(name: &str, wanted: Option<&Wanted>) -> GitRepository {
    let artifact = wanted.map(|wanted| {
        json!({
            "path": wanted.path, "url": "http://x/a", "revision": "main@sha1:1", "size": wanted.size,
            "digest": wanted.digest.to_string(), "lastUpdateTime": "2026-01-02T03:04:05Z",
        })
    });
    serde_json::from_value(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": name, "namespace": "ns", "uid": name},
        "spec": {"url": "https://example.com/app.git", "interval": "1m"},
        "status": {"artifact": artifact},
    }))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_status_names_is_copied_and_what_it_named_goes() {
    let bench = Bench::new().await;
    let first = bench.leader.publish("a.tar.gz", b"one");
    bench.seen(&first);
    assert_eq!(bench.here.published.expected(&first.path), Some(first.digest.clone()), "before it is here");
    assert!(bench.copies.first_round().now_or_never().is_none(), "it was not tried yet");
    let running = tokio::spawn(Arc::clone(&bench.copies).run());
    bench.copies.first_round().await;
    assert_eq!(bench.here.content(&first).as_deref(), Some("one"));
    let second = bench.leader.publish("b.tar.gz", b"two");
    bench.seen(&second);
    bench.copies.first_round().await;
    assert_eq!(bench.here.content(&second).as_deref(), Some("two"));
    assert_eq!(bench.here.content(&first), None, "retention is the leader's");
    // The same path, made with other ignore rules.
    let third = bench.leader.publish("b.tar.gz", b"three");
    bench.seen(&third);
    bench.copies.first_round().await;
    assert_eq!(bench.here.content(&third).as_deref(), Some("three"));
    bench.copies.gone("gitrepository", &ObjectKey::new("ns", "app"));
    bench.copies.first_round().await;
    assert_eq!(bench.here.content(&third), None);
    bench.copies.end().await;
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_before_the_copy_waits_for_it() {
    let bench = Bench::new().await;
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::Unknown, "there is no such object");
    bench.copies.seen(&object("app", None));
    let wanted = bench.leader.publish("a.tar.gz", b"one");
    // The client has heard of it, and this replica's watch not yet.
    let copies = Arc::clone(&bench.copies);
    let asking = tokio::spawn(async move { copies.bring(ARTIFACT).await });
    bench.seen(&wanted);
    assert_eq!(asking.await.unwrap(), Brought::There);
    assert_eq!(bench.here.content(&wanted).as_deref(), Some("one"));
    std::fs::remove_file(bench.leader.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    std::fs::remove_file(bench.here.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::Later, "nobody has it any more");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_no_status_names_is_unknown() {
    let here = Replica::new();
    let homes = Arc::new(here.homes(&["127.0.0.1:1"], None));
    let applied = Arc::new(Applied::new(Bound { records: 0, bytes: 0 }));
    let folder = (here.disk.storage.clone(), Arc::clone(&here.published));
    let copies =
        Copies::new(CONTROLLERS, homes, applied, folder, Retention::default(), &CancellationToken::new());
    let copies = Arc::new(copies);
    copies.seen(&object("app", None));
    assert_eq!(copies.bring(ARTIFACT).await, Brought::Unknown);
    // A status that somebody else wrote names another object's file.
    let digest = artifact::Digest::of(artifact::Algorithm::Sha256, b"x");
    let foreign = Wanted { path: ARTIFACT.to_owned(), digest, size: None };
    copies.seen(&object("evil", Some(&foreign)));
    assert!(!copies.names(ARTIFACT));
    assert_eq!(here.published.expected(ARTIFACT), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_copied_once_the_replica_works() {
    let bench = Bench::new().await;
    let wanted = bench.leader.publish("a.tar.gz", b"one");
    bench.seen(&wanted);
    bench.copies.end().await;
    assert!(bench.copies.works());
    bench.copies.first_round().await;
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::Unknown);
    Arc::clone(&bench.copies).run().await;
    assert_eq!(bench.here.content(&wanted), None);
    assert!(bench.copies.names(ARTIFACT), "its server knows what should be there");
    // An older state that the watch still tells does not take back what the reconciler knows.
    let newer = bench.here.publish("a.tar.gz", b"two");
    bench.seen(&wanted);
    assert_eq!(bench.here.published.expected(ARTIFACT), Some(newer.digest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_waited_while_the_news_changed_is_not_made() {
    let bench = Bench::new().await;
    let owner = ("gitrepository", ObjectKey::new("ns", "app"));
    // The same path, made with other ignore rules.
    let old = bench.leader.publish("a.tar.gz", b"one");
    bench.seen(&old);
    let [(_, stale)] = bench.copies.open_copies().try_into().unwrap();
    let new = bench.leader.publish("a.tar.gz", b"two");
    bench.seen(&new);
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::There);
    bench.leader.publish("a.tar.gz", b"one");
    assert!(!bench.copies.copy(&owner, &stale).await);
    assert_eq!(bench.here.content(&new).as_deref(), Some("two"));
    assert_eq!(bench.here.published.expected(ARTIFACT), Some(new.digest.clone()));
    // Nor when its object is gone.
    bench.seen(&old);
    bench.copies.gone(owner.0, &owner.1);
    assert!(!bench.copies.copy(&owner, &stale).await);
    assert_eq!(bench.here.published.expected(ARTIFACT), None);
    bench.copies.end().await;
    assert_eq!(bench.here.content(&new), None, "who works finds nothing of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_while_nobody_looked_goes_and_what_is_there_stays() {
    let bench = Bench::new().await;
    let wanted = bench.here.publish("a.tar.gz", b"one");
    let key = |name: &str| ObjectKey::new("ns", name);
    let path = |name: &str| bench.here.disk.storage.root().join("gitrepository/ns").join(name);
    for name in ["gone", "unread", "back"] {
        std::fs::create_dir_all(path(name)).unwrap();
    }
    bench.seen(&wanted);
    bench.copies.unread("gitrepository", &key("unread"));
    bench.copies.miss().await;
    assert!(bench.copies.first_round().now_or_never().is_none(), "they are served still");
    bench.copies.seen(&object("back", None));
    let running = tokio::spawn(Arc::clone(&bench.copies).run());
    bench.copies.first_round().await;
    assert!(!path("gone").exists() && path("unread").exists() && path("back").exists());
    assert_eq!(bench.here.content(&wanted).as_deref(), Some("one"));
    bench.copies.end().await;
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_differs_and_nobody_has_is_no_news_again_and_again() {
    let bench = Bench::new().await;
    let wanted = bench.leader.publish("a.tar.gz", b"one");
    bench.seen(&wanted);
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::There);
    let mut news = bench.copies.news.subscribe();
    bench.copies.again(ARTIFACT);
    assert!(news.has_changed().unwrap());
    news.mark_unchanged();
    bench.copies.again(ARTIFACT);
    std::fs::remove_file(bench.leader.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    std::fs::remove_file(bench.here.disk.storage.locate(&wanted.path).unwrap()).unwrap();
    assert_eq!(bench.copies.bring(ARTIFACT).await, Brought::Later);
    bench.copies.again(ARTIFACT);
    assert!(!news.has_changed().unwrap(), "it is tried again anyway");
}
