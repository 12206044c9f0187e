//! The upstream against a real server on this machine: its promises, credentials, redirects, limits.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::http::{Failure, Repository};
use super::{Helm, HelmError, Limits, Spec};
use crate::access::{Access, References, SecretData};
use crate::memory::Memory;
use crate::upstream::contract::{self, CANARY, Stage};
use crate::upstream::{Resolved, Upstream as _};

/// One request: path, and its header lines in lower case.
type Request = (String, Vec<String>);
type Answer = dyn Fn(&Request) -> String + Send + Sync;

/// A server that answers as it is told.
struct Server {
    url: Url,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/charts/", listener.local_addr().unwrap()).parse().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer): (_, Arc<Answer>) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { url, seen }
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Request>>, answer: &Answer) {
    let mut lines = BufReader::new(stream).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let request = (path, headers.map(|line| line.to_lowercase()).collect());
    log.lock().push(request.clone());
    let text = answer(&request);
    if text.is_empty() {
        // Never answers.
        drop({ stream }.read(&mut [0]));
        return;
    }
    drop({ stream }.write_all(text.as_bytes()));
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn helm(limits: Limits, private_redirects: bool) -> Helm {
    Helm::new("test".into(), &Memory::new(256 << 20, None), limits, private_redirects)
}

fn spec(url: &Url) -> Spec {
    let repository =
        Repository { url: url.clone(), timeout: Duration::from_secs(120), pass_credentials: false };
    Spec { uid: "u".to_owned(), repository }
}

fn access(url: &Url) -> Access {
    let data = [("username", "user"), ("password", CANARY)];
    let data: SecretData = data.iter().map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec())).collect();
    let references = References { secret: Some("auth"), ..References::default() };
    Access::to_helm(url, "ns", &references, None, Some(&data)).unwrap()
}

/// A server of one index, and one that is silent.
struct HelmStage {
    helm: Helm,
    index: Arc<Mutex<String>>,
    refuses: Arc<AtomicBool>,
    server: Server,
    silent: Server,
    asked: Arc<Notify>,
}

impl HelmStage {
    fn new() -> Self {
        let index = Arc::new(Mutex::new(String::new()));
        let refuses = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(Notify::new());
        let (text, refused, notify) = (Arc::clone(&index), Arc::clone(&refuses), Arc::clone(&asked));
        let server = Server::start(move |(path, headers)| {
            if refused.load(Ordering::SeqCst) {
                let body = format!("{path} {headers:?} {CANARY}");
                return format!(
                    "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
            ok(&text.lock())
        });
        let silent = Server::start(move |_| {
            notify.notify_one();
            String::new()
        });
        Self { helm: helm(Limits::default(), false), index, refuses, server, silent, asked }
    }
}

impl Stage for HelmStage {
    type Upstream = Helm;

    fn upstream(&self) -> &Helm {
        &self.helm
    }

    fn restart(&mut self) {
        self.helm = helm(Limits::default(), false);
    }

    fn spec(&self) -> (Spec, Access) {
        (spec(&self.server.url), access(&self.server.url))
    }

    fn silent(&self) -> (Spec, Access) {
        (spec(&self.silent.url), access(&self.silent.url))
    }

    async fn asked(&self) {
        self.asked.notified().await;
    }

    fn publish(&self, content: &str) {
        *self.index.lock() = format!(
            "apiVersion: v1\nentries: {{app: [{{name: app, version: 1.0.0, description: {content}}}]}}\n"
        );
    }

    fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::SeqCst);
    }

    // The index is the answer itself; what is made of it is what costs.
    fn content(&self) -> u64 {
        self.helm.read_bytes()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_of_an_upstream() {
    contract::check(HelmStage::new()).await;
}

async fn get(helm: &Helm, repository: &Repository, url: &Url) -> Result<String, Failure> {
    let body = helm
        .http
        .get(url, repository, &access(&repository.url), None, 1000, &CancellationToken::new())
        .await?;
    Ok(String::from_utf8(body.unwrap().bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stay_at_home_unless_they_may_go() {
    let other = Server::start(|_| ok("chart"));
    let target = other.url.clone();
    let home = Server::start(move |(path, _)| match path.as_str() {
        "/charts/away" => format!(
            "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n"
        ),
        _ => ok("home"),
    });
    let mut repository = spec(&home.url).repository;
    let has_login = |server: &Server| {
        let seen = std::mem::take(&mut *server.seen.lock());
        seen.iter()
            .map(|(_, headers)| headers.iter().any(|line| line.starts_with("authorization:")))
            .collect::<Vec<_>>()
    };
    let helm = helm(Limits::default(), true);
    assert_eq!(get(&helm, &repository, &home.url.join("a").unwrap()).await.as_deref(), Ok("home"));
    assert_eq!(get(&helm, &repository, &other.url).await.as_deref(), Ok("chart"));
    assert_eq!(get(&helm, &repository, &home.url.join("away").unwrap()).await.as_deref(), Ok("chart"));
    assert_eq!((has_login(&home), has_login(&other)), (vec![true, true], vec![false, false]));
    repository.pass_credentials = true;
    assert_eq!(get(&helm, &repository, &other.url).await.as_deref(), Ok("chart"));
    assert_eq!(has_login(&other), [true]);
    // The spec trusts hosts that the index names, not whoever those or the repository redirect to.
    assert_eq!(get(&helm, &repository, &home.url.join("away").unwrap()).await.as_deref(), Ok("chart"));
    assert_eq!((has_login(&home), has_login(&other)), (vec![true], vec![false]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_sent_once() {
    let server = Server::start(|_| ok("index"));
    let mut url = server.url.clone();
    url.set_username("other").unwrap();
    url.set_password(Some("pw")).unwrap();
    let helm = helm(Limits::default(), false);
    let cancelled = CancellationToken::new();
    let logins = || {
        let seen = std::mem::take(&mut *server.seen.lock());
        let lines = seen.into_iter().flat_map(|(_, headers)| headers);
        lines.filter(|line| line.starts_with("authorization:")).collect::<Vec<_>>()
    };
    let repository = spec(&url).repository;
    helm.http.get(&url, &repository, &access(&url), None, 1000, &cancelled).await.unwrap();
    let of_secret = logins();
    assert_eq!(of_secret.len(), 1, "{of_secret:?}");
    helm.http.get(&url, &repository, &Access::default(), None, 1000, &cancelled).await.unwrap();
    let of_url = logins();
    assert_eq!(of_url.len(), 1, "{of_url:?}");
    assert_ne!(of_secret, of_url);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_never_fits_says_so() {
    let many: String = (0..200_000).map(|n| format!("\n  a{n}: []")).collect();
    let text = format!("apiVersion: v1\nentries:{many}\n");
    let server = Server::start(move |_| ok(&text));
    let helm = Helm::new("test".into(), &Memory::new(40 << 20, None), Limits::default(), false);
    let (repository, access) = (spec(&server.url).repository, access(&server.url));
    let cancelled = CancellationToken::new();
    let body = helm.index(&repository, &access, None, &cancelled).await.unwrap().unwrap();
    let error = helm.convert(Arc::new(body), &cancelled).await.unwrap_err();
    assert_eq!(error, HelmError::Fetch(Failure::Gate(helm.http.limit())));
    assert!(error.to_string().contains("--memory-gate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_goes_in_circles_ends() {
    let server = Server::start(|(path, _)| {
        match path.as_str() {
        "/charts/circle" => "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: circle\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "/charts/scheme" => "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "/charts/endless" => format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(5000)),
        "/charts/index.yaml" => ok(&"x".repeat(2000)),
        _ => "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
    }
    });
    let helm = helm(Limits { index: 1000, ..Limits::default() }, false);
    let repository = spec(&server.url).repository;
    let at = |name: &str| server.url.join(name).unwrap();
    let circle = get(&helm, &repository, &at("circle")).await.unwrap_err().to_string();
    assert!(circle.ends_with("stopped after 10 redirects"), "{circle}");
    assert!(matches!(get(&helm, &repository, &at("scheme")).await, Err(Failure::Redirect(_))));
    assert_eq!(get(&helm, &repository, &at("endless")).await, Err(Failure::TooLarge));
    let url = at("none");
    let absent = get(&helm, &repository, &url).await.unwrap_err();
    assert_eq!(absent.to_string(), format!("failed to fetch {url} : 404 Not Found"));
    let cancelled = CancellationToken::new();
    let error = helm.resolve(&spec(&server.url), &access(&server.url), None, &cancelled).await.unwrap_err();
    assert_eq!(error, HelmError::TooLarge(1000));
    assert_eq!(error.to_string(), "index exceeds the maximum index file size of 1000 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_names_its_answers_is_asked_for_news_only() {
    let server = Server::start(|(_, headers)| {
        if headers.iter().any(|line| line == "if-none-match: \"one\"") {
            return "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned();
        }
        let body = "apiVersion: v1\n";
        format!(
            "HTTP/1.1 200 OK\r\netag: \"one\"\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    });
    let helm = helm(Limits::default(), false);
    let (spec, access, cancelled) = (spec(&server.url), access(&server.url), CancellationToken::new());
    let first = helm.resolve(&spec, &access, None, &cancelled).await.unwrap();
    let Resolved::Revision { revision, .. } = first else { panic!("nothing was known") };
    let again = helm.resolve(&spec, &access, Some(&revision), &cancelled).await.unwrap();
    assert!(matches!(again, Resolved::Unchanged));
    // What is not known is asked for as a whole.
    let other = helm.resolve(&spec, &access, Some("sha256:other"), &cancelled).await.unwrap();
    assert!(matches!(other, Resolved::Revision { .. }));
}
