//! Fetching and sharing, against a small server on a loopback port.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::digest::{Algorithm, Digest};
use crate::error::FetchError;
use crate::fetch::{Limits, fetch};
use crate::pack::Packer;
use crate::shared::{ArtifactCache, Options};

/// Answers each connection with the next answer, the last one for ever; `gate` holds answers back.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

async fn serve(answers: Vec<(u16, Vec<u8>)>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/artifact.tar.gz", listener.local_addr().unwrap());
    let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)));
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let (count, turns) = (Arc::clone(&asked), Arc::clone(&gate));
    drop(tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answers, count, turns) = (Arc::clone(&answers), Arc::clone(&count), Arc::clone(&turns));
            drop(tokio::spawn(async move {
                let mut request = [0; 1024];
                drop(stream.read(&mut request).await);
                count.fetch_add(1, Ordering::SeqCst);
                turns.acquire().await.unwrap().forget();
                let (status, body) = {
                    let mut answers = answers.lock();
                    if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
                };
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                drop(stream.write_all(head.as_bytes()).await);
                drop(stream.write_all(&body).await);
            }));
        }
    }));
    Server { url, asked, gate }
}

fn client() -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn quick() -> Limits {
    Limits {
        min_wait: Duration::from_millis(1),
        max_wait: Duration::from_millis(2),
        retries: 3,
        ..Limits::default()
    }
}

fn archive(content: &[u8]) -> (Vec<u8>, String) {
    let mut packer = Packer::new(Vec::new()).unwrap();
    packer.file("a", false, content).unwrap();
    let bytes = packer.finish().unwrap();
    let digest = Digest::of(Algorithm::Sha256, &bytes).to_string();
    (bytes, digest)
}

#[tokio::test]
async fn failures_of_the_server_are_tried_again() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let server = serve(vec![(500, vec![]), (429, vec![]), (200, bytes.clone())]).await;
    assert_eq!(fetch(&client(), &server.url, &digest, &quick()).await.unwrap(), bytes);
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);

    let server = serve(vec![(503, vec![])]).await;
    let error = fetch(&client(), &server.url, &digest, &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Status { .. }), "{error}");
    assert_eq!(server.asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_final() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let server = serve(vec![(404, vec![])]).await;
    let error = fetch(&client(), &server.url, &digest, &quick()).await.unwrap_err();
    assert_eq!(error, FetchError::NotFound { url: server.url.clone() });
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);

    let server = serve(vec![(200, b"other".to_vec())]).await;
    let error = fetch(&client(), &server.url, &digest, &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::DigestMismatch { .. }), "{error}");

    let server = serve(vec![(200, bytes)]).await;
    let small = Limits { bytes: 10, ..quick() };
    let error = fetch(&client(), &server.url, &digest, &small).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");

    let error = fetch(&client(), "http://127.0.0.1:1/x", &digest, &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Transport { .. }), "{error}");
}

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
