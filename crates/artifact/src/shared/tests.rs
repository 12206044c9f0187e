//! Sharing: who waits for whose fetch, and which trees stay.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use manifest::budget::Reserve;
use tokio::sync::{Semaphore, watch};

use super::{ArtifactCache, Options, Wanted};
use crate::digest::{Algorithm, Digest};
use crate::error::{FetchError, MemoryError};
use crate::fetch::tests::{archive, client, quick, serve};
use crate::gate::{Gate, Reserved};

#[tokio::test]
async fn all_who_ask_share_one_fetch() {
    let (bytes, digest) = archive(b"x");
    let server = serve(vec![(200, bytes)]).await;
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    // The first one gives up while the fetch is under way; the others are not disturbed.
    let first = tokio::spawn({
        let (cache, url, digest) = (cache.clone(), server.url.clone(), digest.clone());
        async move { cache.get(&url, &digest).await }
    });
    while server.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..10)
        .map(|_| {
            let (cache, url, digest) = (cache.clone(), server.url.clone(), digest.clone());
            tokio::spawn(async move { cache.get(&url, &digest).await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    first.abort();
    server.gate.add_permits(1);
    let mut trees = Vec::new();
    for other in others {
        trees.push(other.await.unwrap());
    }
    assert!(trees.iter().all(|tree| Arc::ptr_eq(tree, &trees[0])));
    assert_eq!((cache.fetches(), server.asked.load(Ordering::SeqCst)), (1, 1));
    let received = cache.received();
    assert!(received > 0);
    assert!(Arc::ptr_eq(&cache.get(&server.url, &digest).await.unwrap(), &trees[0]));
    assert_eq!(cache.received(), received, "what is known is not received again");
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let (bytes, digest) = archive(b"x");
    let server = serve(vec![(404, vec![]), (200, bytes)]).await;
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    assert!(cache.get(&server.url, &digest).await.is_err());
    assert_eq!(cache.get(&server.url, &digest).await.unwrap().len(), 1);
    assert!(matches!(cache.get(&server.url, "sha256:xyz").await, Err(FetchError::Digest(_))));
}

#[tokio::test]
async fn the_oldest_tree_goes_but_one_in_use_is_found() {
    let artifacts: Vec<_> = (0..3u8).map(|n| archive(&vec![n; 40_000])).collect();
    let mut servers = Vec::new();
    for (bytes, _) in &artifacts {
        servers.push(serve(vec![(200, bytes.clone())]).await);
    }
    let cache =
        ArtifactCache::new(client(), Options { bytes: 100_000, fetch: quick(), ..Options::default() });
    let get = |index: usize| {
        let (cache, url, digest) = (cache.clone(), servers[index].url.clone(), artifacts[index].1.clone());
        async move { cache.get(&url, &digest).await.unwrap() }
    };
    let held = get(0).await;
    drop(get(1).await);
    drop(get(2).await);
    assert!(cache.bytes() <= 100_000);
    assert_eq!(cache.fetches(), 3);
    assert!(Arc::ptr_eq(&get(0).await, &held), "still in use");
    drop(get(2).await);
    assert_eq!(cache.fetches(), 3);
    drop(held);
    drop(get(0).await);
    assert_eq!(cache.fetches(), 4, "nobody had it any more");
}

#[tokio::test]
async fn the_same_digest_elsewhere_is_a_fetch_of_its_own() {
    let (bytes, digest) = archive(b"x");
    let (one, other) = (serve(vec![(404, vec![])]).await, serve(vec![(200, bytes)]).await);
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    let (first, second) = tokio::join!(cache.get(&one.url, &digest), cache.get(&other.url, &digest));
    assert!(first.is_err(), "one address's failure is not the other's");
    let tree = second.unwrap();
    let error = cache.get(&one.url, &digest).await.unwrap_err();
    assert!(matches!(error, FetchError::NotFound { .. }), "who cannot have the bytes gets no tree: {error}");
    assert!(Arc::ptr_eq(&cache.get(&other.url, &digest).await.unwrap(), &tree));
}

#[tokio::test]
async fn who_fetched_the_same_bytes_shares_the_tree() {
    let (bytes, digest) = archive(b"x");
    let (one, other) = (serve(vec![(200, bytes.clone())]).await, serve(vec![(200, bytes)]).await);
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    let tree = cache.get(&one.url, &digest).await.unwrap();
    assert!(Arc::ptr_eq(&cache.get(&other.url, &digest).await.unwrap(), &tree));
    assert_eq!(cache.fetches(), 2);
}

#[tokio::test]
async fn an_archive_that_is_refused_is_the_answer_for_all() {
    let bytes = b"not an archive".to_vec();
    let digest = Digest::of(Algorithm::Sha256, &bytes).to_string();
    let server = serve(vec![(200, bytes)]).await;
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    let error = cache.get(&server.url, &digest).await.unwrap_err();
    assert!(matches!(error, FetchError::Unpack(_)), "{error}");
    assert_eq!((cache.bytes(), server.asked.load(Ordering::SeqCst)), (0, 1), "asking again helps nobody");
}

/// A gate that counts, without turns: who does not fit waits until somebody gives back.
struct Counting {
    limit: u64,
    held: Arc<watch::Sender<u64>>,
    most: Arc<AtomicU64>,
}

struct Held {
    bytes: AtomicU64,
    limit: u64,
    held: Arc<watch::Sender<u64>>,
    most: Arc<AtomicU64>,
}

impl Counting {
    fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, held: Arc::new(watch::Sender::new(0)), most: Arc::default() })
    }
}

impl Gate for Counting {
    fn enter(&self, _: &str, bytes: u64) -> BoxFuture<'static, Result<Arc<dyn Reserved>, MemoryError>> {
        let (held, most, limit) = (Arc::clone(&self.held), Arc::clone(&self.most), self.limit);
        Box::pin(async move {
            if bytes > limit {
                return Err(MemoryError { needs: bytes, limit });
            }
            let reserved = Held { bytes: AtomicU64::new(0), limit, held, most };
            let mut changes = reserved.held.subscribe();
            while !reserved.grow(bytes) {
                changes.changed().await.unwrap();
            }
            Ok(Arc::new(reserved) as Arc<dyn Reserved>)
        })
    }

    fn limit(&self) -> u64 {
        self.limit
    }
}

impl Reserve for Held {
    fn grow(&self, bytes: u64) -> bool {
        let fits = self.held.send_if_modified(|held| {
            let fits = *held + bytes <= self.limit;
            *held += if fits { bytes } else { 0 };
            self.most.fetch_max(*held, Ordering::SeqCst);
            fits
        });
        self.bytes.fetch_add(if fits { bytes } else { 0 }, Ordering::SeqCst);
        fits
    }
}

impl Reserved for Held {
    fn shrink_to(&self, bytes: u64) {
        let more = self.bytes.load(Ordering::SeqCst).saturating_sub(bytes);
        self.bytes.fetch_sub(more, Ordering::SeqCst);
        self.held.send_modify(|held| *held -= more);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_a_time_share_the_memory_and_all_get_theirs() {
    let artifacts: Vec<_> = (0..12u8).map(|n| archive(&noise(n, 2 << 20))).collect();
    let gate = Counting::new(12 << 20);
    let options = Options { bytes: 0, fetch: quick(), ..Options::default() };
    let cache = ArtifactCache::with_gate(client(), options, Arc::clone(&gate) as Arc<dyn Gate>);
    let mut tasks = tokio::task::JoinSet::new();
    for (bytes, digest) in artifacts {
        let (server, cache) = (serve(vec![(200, bytes)]).await, cache.clone());
        tasks.spawn(async move { cache.get(&server.url, &digest).await.map(|tree| tree.len()) });
    }
    while let Some(got) = tasks.join_next().await {
        assert_eq!(got.unwrap(), Ok(1));
    }
    assert_eq!(*gate.held.borrow(), 0);
    let most = gate.most.load(Ordering::SeqCst);
    assert!((4 << 20..=12 << 20).contains(&most), "{most}");
}

#[tokio::test]
async fn a_tree_holds_its_memory_and_no_more() {
    let (bytes, digest) = archive(&noise(0, 1 << 20));
    let server = serve(vec![(200, bytes)]).await;
    let gate = Counting::new(100 << 20);
    let options = Options { fetch: quick(), ..Options::default() };
    let cache = ArtifactCache::with_gate(client(), options, Arc::clone(&gate) as Arc<dyn Gate>);
    let tree = cache.get(&server.url, &digest).await.unwrap();
    assert_eq!(*gate.held.borrow(), tree.cost());
    let relieve = cache.relief();
    relieve();
    assert_eq!(*gate.held.borrow(), tree.cost(), "it is in use");
    drop(tree);
    relieve();
    assert_eq!((*gate.held.borrow(), cache.bytes()), (0, 0));
}

#[tokio::test]
async fn what_does_not_fit_at_all_is_refused_with_the_limit() {
    let (bytes, digest) = archive(&noise(0, 3 << 20));
    let server = serve(vec![(200, bytes)]).await;
    let gate = Counting::new(4 << 20);
    let options = Options { fetch: quick(), ..Options::default() };
    let cache = ArtifactCache::with_gate(client(), options, Arc::clone(&gate) as Arc<dyn Gate>);
    let error = cache.get(&server.url, &digest).await.unwrap_err();
    assert!(matches!(error, FetchError::Memory { .. }), "{error}");
    assert!(error.to_string().contains("the 4194304 bytes there are for artifacts"), "{error}");
    assert_eq!(*gate.held.borrow(), 0);
}

#[tokio::test]
async fn nothing_is_held_while_the_next_try_is_waited_for() {
    let (bytes, digest) = archive(b"x");
    let server = serve(vec![(503, vec![]), (200, bytes)]).await;
    let gate = Counting::new(1 << 20);
    let fetch = crate::fetch::Limits { min_wait: Duration::from_secs(3600), ..quick() };
    let fetch = crate::fetch::Limits { max_wait: Duration::from_secs(3600), ..fetch };
    let options = Options { fetch, ..Options::default() };
    let cache = ArtifactCache::with_gate(client(), options, Arc::clone(&gate) as Arc<dyn Gate>);
    let mut changes = gate.held.subscribe();
    let waiting = tokio::spawn(async move { cache.get(&server.url, &digest).await });
    changes.wait_for(|held| *held > 0).await.unwrap();
    changes.wait_for(|held| *held == 0).await.unwrap();
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let (bytes, digest) = archive(b"x");
    let server = serve(vec![(200, bytes)]).await;
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    let within = Duration::from_millis(20);
    let wanted = Wanted { namespace: "ns", source: "a", url: &server.url, digest: &digest, within };
    let error = cache.find(wanted).await.unwrap_err();
    assert_eq!(error, FetchError::Deadline { url: server.url.clone(), seconds: 0 });
}

/// Bytes that do not compress.
fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
