//! The wire: where credentials go, what of an answer is quoted, and how waiting ends. Servers here are scripted;
//! real Git servers are in `e2e`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::git::auth::Credentials;
use crate::git::clone::Found;
use crate::git::refs::Target;
use crate::git::{Git, GitError, Request};

/// Answers every request the same way and keeps what it was asked.
struct Server {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn serve(answer: impl Into<Option<String>>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (answer, seen) = (answer.into(), Arc::clone(&asked));
    drop(tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, seen) = (answer.clone(), Arc::clone(&seen));
            drop(tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                seen.lock().push(String::from_utf8_lossy(&request[..read]).to_lowercase());
                match &answer {
                    Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                    // Says nothing for ever.
                    None => std::future::pending().await,
                }
            }));
        }
    }));
    Server { origin, asked }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

async fn find(url: &str, timeout: Duration, cancelled: CancellationToken) -> Result<Found, GitError> {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let git = Git::new(folder.path().join("clones"), "test".to_owned());
    let url = Url::parse(url).unwrap();
    let credentials = Arc::new(Credentials::new(&url, None).unwrap());
    let target = Target::Branch("main".to_owned());
    let request = Request { uid: "u".to_owned(), url, target, credentials, timeout, known: None };
    git.find(request, cancelled).await
}

async fn failure(url: &str) -> String {
    find(url, Duration::from_secs(10), CancellationToken::new()).await.unwrap_err().to_string()
}

fn with_credentials(origin: &str) -> String {
    format!("{}/repo", origin.replacen("http://", "http://user:pass-canary@", 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stay_with_their_origin() {
    let elsewhere = serve(response("404 Not Found", "", "not here")).await;
    let location = format!("Location: {}/moved/info/refs?service=git-upload-pack\r\n", elsewhere.origin);
    let origin = serve(response("302 Found", &location, "")).await;
    assert_eq!(failure(&with_credentials(&origin.origin)).await, "repository not found: not here");
    let (asked, then) = (origin.asked.lock(), elsewhere.asked.lock());
    assert!(asked[0].contains("authorization: basic"), "{asked:?}");
    assert!(then[0].starts_with("get /moved/info/refs") && !then[0].contains("authorization"), "{then:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn within_their_origin_they_are_sent_along() {
    let location = "Location: /repo2/info/refs?service=git-upload-pack\r\n";
    let server = serve(response("301 Moved", location, "")).await;
    assert_eq!(failure(&with_credentials(&server.origin)).await, "stopped after 5 redirects");
    let asked = server.asked.lock();
    assert_eq!(asked.len(), 6);
    assert!(asked.iter().all(|request| request.contains("authorization: basic")));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_redirects_are_refused() {
    for (location, expected) in [
        ("file:///etc/passwd", "neither http nor https"),
        ("gopher://x/", "neither http nor https"),
        ("http://[", "not a URL"),
    ] {
        let server = serve(response("302 Found", &format!("Location: {location}\r\n"), "")).await;
        let text = failure(&with_credentials(&server.origin)).await;
        assert!(text.contains(expected) && !text.contains("canary"), "{location}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_quoted_without_secrets() {
    let echo = "login user:pass-canary failed";
    for (status, expected) in [
        ("401 Unauthorized", "authentication required: login user:***** failed"),
        ("403 Forbidden", "authorization failed: login user:***** failed"),
        ("404 Not Found", "repository not found: login user:***** failed"),
    ] {
        let server = serve(response(status, "", echo)).await;
        assert_eq!(failure(&with_credentials(&server.origin)).await, expected);
    }
    let server = serve(response("502 Bad Gateway", "", echo)).await;
    let expected = format!(
        "unexpected client error: unexpected requesting \"{}/repo/info/refs?service=git-upload-pack\" status code: 502",
        server.origin
    );
    assert_eq!(failure(&with_credentials(&server.origin)).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_an_error() {
    let headers = "Content-Type: application/x-git-upload-pack-advertisement\r\n";
    for body in [
        "",
        "0",
        "zzzz",
        "0000",
        "ffff",
        "0004",
        "001e# service=git-upload-pack\n0000",
        "000eversion 2\n0001",
    ] {
        let server = serve(response("200 OK", headers, body)).await;
        let error = failure(&format!("{}/repo", server.origin)).await;
        assert!(!error.is_empty(), "{body:?}");
    }
    let server = serve(response("200 OK", "Content-Type: text/html\r\n", "<html>")).await;
    let error = failure(&format!("{}/repo", server.origin)).await;
    assert!(error.contains("smart"), "{error}");
    let error = failure("http://127.0.0.1:1/repo").await;
    assert!(error.starts_with("Get \"http://127.0.0.1:1/repo/info/refs"), "{error}");
    assert!(error.to_lowercase().contains("connection refused"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_with_the_deadline_or_the_run() {
    let server = serve(None).await;
    let url = format!("{}/repo", server.origin);
    let error = find(&url, Duration::from_millis(200), CancellationToken::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "context deadline exceeded");

    let cancelled = CancellationToken::new();
    let begun = Instant::now();
    let waiting = tokio::spawn({
        let (url, cancelled) = (url.clone(), cancelled.clone());
        async move { find(&url, Duration::from_secs(600), cancelled).await }
    });
    let asked = async {
        while server.asked.lock().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap();
    cancelled.cancel();
    assert_eq!(waiting.await.unwrap().unwrap_err().to_string(), "context canceled");
    assert!(begun.elapsed() < Duration::from_secs(60));
}
