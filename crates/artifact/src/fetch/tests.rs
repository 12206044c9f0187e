//! Fetching, against a small server on a loopback port. `shared` uses it too.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{Limits, Meaning, fetch, longer, meaning};
use crate::digest::{Algorithm, Digest};
use crate::error::FetchError;
use crate::pack::Packer;

/// Answers each connection with the next answer, the last one for ever; `gate` holds answers back.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) asked: Arc<AtomicUsize>,
    pub(crate) gate: Arc<Semaphore>,
}

pub(crate) async fn serve(answers: Vec<(u16, Vec<u8>)>) -> Server {
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

pub(crate) fn client() -> reqwest::Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn quick() -> Limits {
    Limits {
        min_wait: Duration::from_millis(1),
        max_wait: Duration::from_millis(2),
        retries: 3,
        ..Limits::default()
    }
}

pub(crate) fn archive(content: &[u8]) -> (Vec<u8>, String) {
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

#[test]
fn what_an_answer_means() {
    for (code, expected) in [
        (200, Meaning::Body),
        (404, Meaning::NotFound),
        (429, Meaning::Again),
        (500, Meaning::Again),
        (503, Meaning::Again),
        (599, Meaning::Again),
        (204, Meaning::Final),
        (206, Meaning::Final),
        (304, Meaning::Final),
        (401, Meaning::Final),
        (403, Meaning::Final),
        (410, Meaning::Final),
    ] {
        assert_eq!(meaning(StatusCode::from_u16(code).unwrap()), expected, "{code}");
    }
}

#[test]
fn waits_double_to_their_limit() {
    let limits = Limits::default();
    let mut waits = vec![limits.min_wait];
    for _ in 1..limits.retries {
        waits.push(longer(waits[waits.len() - 1], &limits));
    }
    let seconds: Vec<u64> = waits.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [5, 10, 20, 30, 30, 30, 30, 30, 30]);
    let endless = Limits { max_wait: Duration::MAX, ..limits };
    assert_eq!(longer(Duration::MAX, &endless), Duration::MAX);
}

#[tokio::test]
async fn a_refusal_is_not_asked_about_again() {
    let (_, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let server = serve(vec![(403, vec![])]).await;
    let error = fetch(&client(), &server.url, &digest, &quick()).await.unwrap_err();
    assert_eq!(error, FetchError::Status { url: server.url.clone(), status: "403 Forbidden".to_owned() });
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_and_asked_again() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let server = serve(vec![(200, bytes)]).await;
    server.gate.forget_permits(Semaphore::MAX_PERMITS);
    let limits = Limits { idle_timeout: Duration::from_millis(20), retries: 1, ..quick() };
    let error = fetch(&client(), &server.url, &digest, &limits).await.unwrap_err();
    let message = "the server did not answer in time".to_owned();
    assert_eq!(error, FetchError::Transport { url: server.url.clone(), message });
    assert_eq!(server.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_url_that_is_not_one_is_final() {
    let (_, digest) = archive(b"x");
    let error = fetch(&client(), "not a url", &digest.parse().unwrap(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Transport { .. }), "{error}");
}

#[tokio::test]
async fn any_algorithm_is_verified() {
    let (bytes, _) = archive(b"x");
    for algorithm in [Algorithm::Sha1, Algorithm::Sha384, Algorithm::Sha512, Algorithm::Blake3] {
        let server = serve(vec![(200, bytes.clone())]).await;
        let digest = Digest::of(algorithm, &bytes);
        assert_eq!(fetch(&client(), &server.url, &digest, &quick()).await.unwrap(), bytes);
        let other = Digest::of(algorithm, b"other");
        let error = fetch(&client(), &server.url, &other, &quick()).await.unwrap_err();
        let (expected, actual) = (other.to_string(), digest.to_string());
        assert_eq!(error, FetchError::DigestMismatch { expected, actual });
    }
}

/// A server that sends `head` and `body`, then keeps the connection open and silent.
async fn stuck(head: &str, body: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a.tar.gz", listener.local_addr().unwrap());
    let answer = [head.as_bytes(), body].concat();
    drop(tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.read(&mut [0; 1024]).await);
            drop(stream.write_all(&answer).await);
            open.push(stream);
        }
    }));
    url
}

#[tokio::test]
async fn a_body_that_only_drips_is_given_up() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let limits = Limits { slow_after: Duration::from_millis(20), retries: 0, ..quick() };
    for head in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
        let url = stuck(&format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n"), &bytes[..0]).await;
        let error = fetch(&client(), &url, &digest, &limits).await.unwrap_err();
        assert_eq!(error, FetchError::TooSlow { url, rate: 64 << 10 }, "{head}");
    }
}

#[tokio::test]
async fn announced_sizes_that_lie() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let limits = Limits { slow_after: Duration::from_millis(20), retries: 0, ..quick() };
    let answer = |length: u64| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    // More than is sent: it does not end.
    let url = stuck(&answer(200 << 20), &bytes).await;
    let error = fetch(&client(), &url, &digest, &limits).await.unwrap_err();
    assert!(matches!(error, FetchError::TooSlow { .. }), "{error}");
    // More than may be: nothing is read.
    let url = stuck(&answer(limits.bytes + 1), &bytes).await;
    let error = fetch(&client(), &url, &digest, &limits).await.unwrap_err();
    assert_eq!(error, FetchError::TooLarge { url, limit: limits.bytes });
    // Less than is sent: the rest is not looked at.
    let url = stuck(&answer(4), &bytes).await;
    let error = fetch(&client(), &url, &digest, &limits).await.unwrap_err();
    assert!(matches!(error, FetchError::DigestMismatch { .. }), "{error}");
    // No size at all, and more than may be.
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7f\r\n";
    let url = stuck(chunked, &[b'x'; 0x7f]).await;
    let error = fetch(&client(), &url, &digest, &Limits { bytes: 100, ..limits }).await.unwrap_err();
    assert_eq!(error, FetchError::TooLarge { url, limit: 100 });
}

#[tokio::test]
async fn an_address_leads_nowhere_else() {
    let (bytes, digest) = archive(b"x");
    let digest: Digest = digest.parse().unwrap();
    let other = serve(vec![(200, bytes)]).await;
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let client = super::client("test").unwrap();
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let head = format!("HTTP/1.1 {status}\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", other.url);
        let url = stuck(&head, b"").await;
        let error = fetch(&client, &url, &digest, &quick()).await.unwrap_err();
        assert!(matches!(error, FetchError::Status { .. }), "{error}");
    }
    assert_eq!(other.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn credentials_of_an_address_are_not_in_its_errors() {
    let (_, digest) = archive(b"x");
    let server = serve(vec![(404, vec![])]).await;
    let url = server.url.replace("http://", "http://user:CANARY@") + "?token=CANARY";
    let error = fetch(&client(), &url, &digest.parse().unwrap(), &quick()).await.unwrap_err();
    assert_eq!(error, FetchError::NotFound { url: server.url.clone() });
}
