//! The promises of an upstream, against a real Git server, and the wire: where credentials go, what of an answer is
//! quoted, and how waiting ends. The servers of the latter are scripted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::Url;
use testkit::git::{Behaviour, GitServer, Repository};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::refs::Target;
use super::{Git, GitError, Place, Spec};
use crate::access::{Access, References};
use crate::memory::Memory;
use crate::upstream::contract::{self, CANARY, Stage};
use crate::upstream::{Resolved, Upstream as _};

mod hostile;

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

fn ask(url: &str, timeout: Duration) -> (Spec, Access) {
    // Another test of this process may have done it.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let url = Url::parse(url).unwrap();
    let access = Access::new(&url, "ns", &References::default(), None).unwrap();
    let target = Target::Branch("main".to_owned());
    (Spec { timeout, ..Spec::of("u", url, target) }, access)
}

async fn find(
    url: &str,
    timeout: Duration,
    cancelled: CancellationToken,
) -> Result<Resolved<Place>, GitError> {
    let folder = tempfile::tempdir().unwrap();
    let git = Git::new(folder.path().join("clones"), "test".to_owned(), &Memory::new(1 << 30, None));
    let (spec, access) = ask(url, timeout);
    git.resolve(&spec, &access, None, &cancelled).await
}

async fn failure(url: &str) -> String {
    find(url, Duration::from_secs(10), CancellationToken::new()).await.unwrap_err().to_string()
}

fn with_user(url: &str) -> String {
    url.replacen("http://", &format!("http://user:{CANARY}@"), 1)
}

fn with_credentials(origin: &str) -> String {
    format!("{}/repo", with_user(origin))
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stay_with_their_origin() {
    let elsewhere = serve(response("404 Not Found", "", "not here")).await;
    let location = format!("Location: {}/moved/info/refs?service=git-upload-pack\r\n", elsewhere.origin);
    let origin = serve(response("302 Found", &location, "")).await;
    let text = failure(&with_credentials(&origin.origin)).await;
    assert_eq!(text, "repository not found: (the answer of a redirect's target is not quoted)");
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

/// A branch of a real server that wants credentials, and a server that never answers.
struct GitStage {
    server: GitServer,
    repository: Repository,
    silent: Server,
    folder: tempfile::TempDir,
    git: Git,
}

impl GitStage {
    async fn new() -> Self {
        let server = GitServer::start().await.unwrap();
        let repository = server.repository("app").unwrap();
        server.behave("app", Behaviour::basic("user", CANARY));
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
        Self { server, repository, silent: serve(None).await, folder, git }
    }
}

impl Stage for GitStage {
    type Upstream = Git;

    fn upstream(&self) -> &Git {
        &self.git
    }

    fn restart(&mut self) {
        self.folder = tempfile::tempdir().unwrap();
        self.git = Git::new(self.folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
    }

    fn spec(&self) -> (Spec, Access) {
        ask(&with_user(self.repository.url()), Duration::from_secs(600))
    }

    fn silent(&self) -> (Spec, Access) {
        ask(&with_credentials(&self.silent.origin), Duration::from_secs(600))
    }

    async fn asked(&self) {
        while self.silent.asked.lock().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn publish(&self, content: &str) {
        self.repository.replace("main", content, [("file", content)]).unwrap();
    }

    fn refuse(&self, refuse: bool) {
        let user = if refuse { "somebody" } else { "user" };
        self.server.behave("app", Behaviour::basic(user, CANARY));
    }

    fn content(&self) -> u64 {
        objects(self.folder.path())
    }
}

/// Bytes of the packs and loose objects below a folder.
fn objects(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let size = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() {
            objects(&path)
        } else if path.components().any(|part| part.as_os_str() == "objects") {
            path.metadata().unwrap().len()
        } else {
            0
        }
    };
    entries.map(size).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn git_keeps_the_promises_of_an_upstream() {
    contract::check(GitStage::new().await).await;
}
