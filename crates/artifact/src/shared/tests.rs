//! Sharing: who waits for whose fetch, and which trees stay.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Semaphore;

use super::{ArtifactCache, Options, State};
use crate::digest::{Algorithm, Digest};
use crate::error::FetchError;
use crate::fetch::tests::{archive, client, quick, serve};
use crate::tree::MemTree;

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
    assert!(Arc::ptr_eq(&cache.get(&server.url, &digest).await.unwrap(), &trees[0]));
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
async fn the_same_digest_elsewhere_is_a_fetch_of_its_own_until_it_is_known() {
    let (bytes, digest) = archive(b"x");
    let (one, other) = (serve(vec![(404, vec![])]).await, serve(vec![(200, bytes)]).await);
    let cache = ArtifactCache::new(client(), Options { fetch: quick(), ..Options::default() });
    let (first, second) = tokio::join!(cache.get(&one.url, &digest), cache.get(&other.url, &digest));
    assert!(first.is_err(), "one address's failure is not the other's");
    let tree = second.unwrap();
    assert!(Arc::ptr_eq(&cache.get(&one.url, &digest).await.unwrap(), &tree), "known by its digest");
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

fn tree(size: usize) -> Arc<MemTree> {
    Arc::new(MemTree::from_files([("a", vec![0; size])]).unwrap())
}

fn digest(number: u8) -> Digest {
    Digest::of(Algorithm::Sha256, &[number])
}

#[test]
fn trees_that_were_used_last_are_kept() {
    let mut state = State::default();
    let limit = 2 * tree(100).cost();
    for number in 0..2 {
        state.keep(digest(number), tree(100), limit);
    }
    assert!(state.find(&digest(0)).is_some(), "used again: the other one is the oldest now");
    state.keep(digest(2), tree(100), limit);
    assert!(state.find(&digest(1)).is_none());
    assert!(state.find(&digest(0)).is_some() && state.find(&digest(2)).is_some());
    assert_eq!(state.bytes, limit);
}

#[test]
fn a_tree_that_is_too_large_to_keep_is_found_while_it_is_in_use() {
    let mut state = State::default();
    let large = tree(1000);
    state.keep(digest(0), Arc::clone(&large), 10);
    assert_eq!(state.bytes, 0);
    assert!(Arc::ptr_eq(&state.find(&digest(0)).unwrap(), &large));
    drop(large);
    assert!(state.find(&digest(0)).is_none());
    state.keep(digest(1), tree(1), 1 << 20);
    assert!(state.in_use.is_empty(), "what nobody uses is forgotten");
}

#[test]
fn a_tree_that_is_kept_again_counts_once() {
    let mut state = State::default();
    for _ in 0..3 {
        state.keep(digest(0), tree(100), 1 << 20);
    }
    assert_eq!((state.kept.len(), state.bytes), (1, tree(100).cost()));
}
