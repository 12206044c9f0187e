//! Which keys there are, which of them go, and what a store that fails changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use artifact::Digest;
use artifact::store::gc::{Kept, Others};
use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use hyper::body::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::super::remote::{Listed, Page, Remote};
use super::super::{Body, Unsent, Wanted};
use super::{GRACE as HOUR, SecondHome};
use crate::published::Published;
use crate::samples::Disk;

const GRACE: i64 = HOUR.as_secs().cast_signed();

/// A store in memory that may be down.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) keys: Mutex<BTreeMap<String, (Vec<u8>, i64)>>,
    pub(crate) is_down: Mutex<bool>,
    pub(crate) puts: Mutex<usize>,
    pub(crate) gets: Mutex<usize>,
    pub(crate) deletes: Mutex<usize>,
    /// Keys of a list, if not all.
    pub(crate) most: Mutex<Option<usize>>,
    /// Whether it removes nothing, and fails or says that it did.
    pub(crate) is_stuck: Mutex<Option<Result<(), Unsent>>>,
    pub(crate) now: Mutex<i64>,
}

impl Shelf {
    fn up(&self) -> Result<(), Unsent> {
        if *self.is_down.lock() { Err(Unsent("down".to_owned())) } else { Ok(()) }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.keys.lock().keys().cloned().collect()
    }
}

impl Remote for Shelf {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Body>, Unsent>> {
        async move {
            *self.gets.lock() += 1;
            self.up()?;
            let found = self.keys.lock().get(key).map(|(bytes, _)| Bytes::from(bytes.clone()));
            Ok(found.map(|bytes| futures::stream::iter([Ok(bytes)]).boxed()))
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        file: &'a Path,
        size: u64,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<(), Unsent>> {
        async move {
            self.up()?;
            let bytes = std::fs::read(file).unwrap();
            assert_eq!(bytes.len() as u64, size);
            assert!(digest.matches(&bytes));
            *self.puts.lock() += 1;
            let now = *self.now.lock();
            self.keys.lock().insert(key.to_owned(), (bytes, now));
            Ok(())
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Page, Unsent>> {
        async move {
            self.up()?;
            let listed = |(key, (_, at)): (&String, &(Vec<u8>, i64))| Listed {
                key: key.clone(),
                modified: Timestamp::from_second(*at).ok(),
            };
            let most = self.most.lock().unwrap_or(usize::MAX);
            let keys = self.keys.lock();
            let all: Vec<_> = keys.iter().filter(|(key, _)| key.starts_with(prefix)).map(listed).collect();
            let is_truncated = all.len() > most;
            Ok(Page { keys: all.into_iter().take(most).collect(), is_truncated })
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Unsent>> {
        async move {
            self.up()?;
            *self.deletes.lock() += 1;
            if let Some(stuck) = self.is_stuck.lock().clone() {
                return stuck;
            }
            self.keys.lock().remove(key);
            Ok(())
        }
        .boxed()
    }
}

struct Bench {
    disk: Disk,
    published: Published,
    shelf: Arc<Shelf>,
    home: SecondHome,
}

impl Bench {
    fn new() -> Self {
        let shelf = Arc::new(Shelf::default());
        let home = SecondHome::new(Arc::clone(&shelf) as Arc<dyn Remote>, "/flyball/", None);
        Self { disk: Disk::new(), published: Published::default(), shelf, home }
    }

    fn publish(&self, name: &str, content: &[u8]) -> Wanted {
        let stored = self.disk.publish(&self.published, name, content);
        Wanted { path: stored.path, digest: stored.digest, size: Some(stored.size) }
    }

    /// Puts, then tidies `seconds` after the beginning.
    async fn keep(&self, wanted: &Wanted, kept: &Kept, seconds: i64) {
        *self.shelf.now.lock() = seconds;
        if let Some(untidy) = self.home.keep(&self.disk.storage, wanted).await {
            self.home.tidy(&self.disk.storage, untidy, kept, Timestamp::from_second(seconds).unwrap()).await;
        }
    }

    /// File and the digest's beginning of each key.
    fn there(&self) -> String {
        let short = |key: String| {
            let key = key.strip_prefix("flyball/gitrepository/ns/app/").unwrap().to_owned();
            key.split_once("/sha256-").map(|(file, hex)| format!("{file}:{}", &hex[..4])).unwrap()
        };
        self.shelf.names().into_iter().map(short).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test]
async fn a_file_is_put_there_once_under_its_digest() {
    let bench = Bench::new();
    let wanted = bench.publish("a.tar.gz", b"one");
    for _ in 0..3 {
        bench.keep(&wanted, &Kept::default(), 0).await;
    }
    assert_eq!(*bench.shelf.puts.lock(), 1);
    assert_eq!(bench.there(), "a.tar.gz:7692");
    let again = SecondHome::new(Arc::clone(&bench.shelf) as Arc<dyn Remote>, "flyball", None);
    assert!(again.keep(&bench.disk.storage, &wanted).await.is_some(), "another process looks");
    assert_eq!(*bench.shelf.puts.lock(), 1, "and finds it");
    assert!(again.get(&wanted).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_left_alone_for_a_while_and_then_given_what_it_lacks() {
    let bench = Bench::new();
    let wanted = bench.publish("a.tar.gz", b"one");
    *bench.shelf.is_down.lock() = true;
    bench.keep(&wanted, &Kept::default(), 0).await;
    *bench.shelf.is_down.lock() = false;
    bench.keep(&wanted, &Kept::default(), 0).await;
    assert_eq!(bench.there(), "", "it rests");
    tokio::time::advance(super::REST).await;
    bench.keep(&wanted, &Kept::default(), 0).await;
    assert_eq!(bench.there(), "a.tar.gz:7692");
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_looked_for_again_after_an_hour() {
    let bench = Bench::new();
    let wanted = bench.publish("a.tar.gz", b"one");
    bench.keep(&wanted, &Kept::default(), 0).await;
    // Another shard had the object meanwhile, and it was deleted there.
    bench.shelf.keys.lock().clear();
    bench.keep(&wanted, &Kept::default(), 0).await;
    assert_eq!(bench.there(), "");
    tokio::time::advance(super::LOOK_AGAIN).await;
    bench.keep(&wanted, &Kept::default(), 0).await;
    assert_eq!(bench.there(), "a.tar.gz:7692");
}

#[tokio::test(start_paused = true)]
async fn who_has_just_begun_to_work_removes_nothing() {
    let bench = Bench::new();
    let free = Kept::default();
    let old = bench.publish("a.tar.gz", b"one");
    bench.keep(&old, &free, 0).await;
    std::fs::remove_file(bench.disk.storage.locate(&old.path).unwrap()).unwrap();
    let new = bench.publish("b.tar.gz", b"2");
    bench.keep(&new, &free, 2 * GRACE).await;
    assert_eq!(bench.shelf.names().len(), 2, "the folder may be empty still");
    tokio::time::advance(HOUR).await;
    bench.keep(&new, &free, 3 * GRACE).await;
    assert_eq!(bench.there(), "b.tar.gz:d473");
}

#[tokio::test]
async fn all_keys_of_a_deleted_object_go_however_many_are_listed_at_once() {
    let bench = Bench::new();
    let fill = |count: usize| {
        let keys = (0..count).map(|n| (format!("flyball/gitrepository/ns/app/{n}"), (Vec::new(), 0)));
        bench.shelf.keys.lock().extend(keys);
    };
    *bench.shelf.most.lock() = Some(2);
    fill(5);
    bench.home.remove_all(&bench.disk.place).await;
    assert!(bench.shelf.names().is_empty());
    fill(5);
    *bench.shelf.is_stuck.lock() = Some(Ok(()));
    bench.home.remove_all(&bench.disk.place).await;
    assert_eq!(*bench.shelf.deletes.lock(), 5 + 2, "no progress");
    *bench.shelf.is_stuck.lock() = Some(Err(Unsent("refused".to_owned())));
    bench.home.remove_all(&bench.disk.place).await;
    assert_eq!(*bench.shelf.deletes.lock(), 5 + 2 + 1, "the first that fails is the last");
    *bench.shelf.is_stuck.lock() = None;
    bench.home.remove_all(&bench.disk.place).await;
    assert_eq!(bench.shelf.names().len(), 5, "it rests, and the object goes without waiting");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_needs_goes_when_it_is_old() {
    let bench = Bench::new();
    let free = Kept::default();
    let one = bench.publish("a.tar.gz", b"one");
    bench.keep(&one, &free, 0).await;
    tokio::time::advance(HOUR).await;
    let other = bench.publish("a.tar.gz", b"two");
    bench.keep(&other, &free, GRACE).await;
    assert_eq!(bench.there(), "a.tar.gz:3fc4 a.tar.gz:7692", "not yet old");
    let next = bench.publish("b.tar.gz", b"3");
    bench.keep(&next, &free, GRACE + 1).await;
    assert_eq!(bench.there(), "a.tar.gz:3fc4 a.tar.gz:7692 b.tar.gz:4e07", "its file is in the folder");
    std::fs::remove_file(bench.disk.storage.locate(&one.path).unwrap()).unwrap();
    let needed = Kept { needed: ["a.tar.gz".to_owned()].into(), ..Kept::default() };
    let unknown = Kept { others: Others::Unknown, ..Kept::default() };
    let late = 3 * GRACE;
    let more = bench.publish("c.tar.gz", b"4");
    bench.keep(&more, &needed, late).await;
    assert_eq!(bench.shelf.names().len(), 4, "somebody runs it");
    let more = bench.publish("d.tar.gz", b"5");
    bench.keep(&more, &unknown, late).await;
    assert_eq!(bench.shelf.names().len(), 5, "somebody may run it");
    bench
        .shelf
        .keys
        .lock()
        .insert("flyball/gitrepository/ns/app/not/ours/at/all".to_owned(), (Vec::new(), 0));
    let more = bench.publish("e.tar.gz", b"6");
    bench.keep(&more, &free, late).await;
    assert_eq!(bench.shelf.names().len(), 5, "both contents of a.tar.gz are gone, what is not ours is not");
    bench.home.remove_all(&bench.disk.place).await;
    assert!(bench.shelf.names().is_empty());
}

#[tokio::test]
async fn a_former_leader_removes_nothing() {
    let bench = Bench::new();
    let wanted = bench.publish("a.tar.gz", b"one");
    bench.keep(&wanted, &Kept::default(), 0).await;
    let remote = Arc::clone(&bench.shelf) as Arc<dyn Remote>;
    let stale = SecondHome::new(remote, "flyball", Some(cluster::Fence::default()));
    stale.remove_all(&bench.disk.place).await;
    assert_eq!(bench.there(), "a.tar.gz:7692");
}
