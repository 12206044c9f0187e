//! A reverse proxy before the real API server that can be made to fail the way networks and servers do: it drops
//! connections, refuses streaming lists, or claims that a resourceVersion is too old.
//!
//! Answers are always the real server's, except for the failures that a test asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;

/// What to do to requests.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Break every connection.
    pub(crate) down: AtomicBool,
    /// Refuse lists that are asked for as a watch.
    pub(crate) no_streaming: AtomicBool,
    /// Say 410 to the next watches that resume, this many times.
    pub(crate) expire: AtomicUsize,
    /// Say 503 to the next requests, this many times.
    pub(crate) unavailable: AtomicUsize,
    /// Never answer.
    pub(crate) hang: AtomicBool,
    /// How many lists were asked for as a watch, and how many plainly.
    pub(crate) streamed: AtomicUsize,
    pub(crate) listed: AtomicUsize,
}

/// Lives until dropped.
pub(crate) struct Proxy {
    pub(crate) faults: Arc<Faults>,
    cut: watch::Sender<u32>,
    server: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
    kubeconfig: PathBuf,
}

#[derive(Clone)]
struct Upstream {
    http: reqwest::Client,
    base: String,
    token: String,
    faults: Arc<Faults>,
    cut: watch::Sender<u32>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("{pointer} is missing in the kubeconfig"))
}

impl Proxy {
    /// Stands before the server of a kubeconfig that holds a token and a CA.
    pub(crate) async fn before(kubeconfig: &Path) -> Result<Self> {
        let config = serde_json::to_value(kube::config::Kubeconfig::read_from(kubeconfig)?)?;
        let base = text(&config, "/clusters/0/cluster/server")?.to_owned();
        let token = text(&config, "/users/0/user/token")?.to_owned();
        let ca = match text(&config, "/clusters/0/cluster/certificate-authority") {
            Ok(path) => std::fs::read(path)?,
            Err(_) => {
                use base64::Engine as _;
                let data = text(&config, "/clusters/0/cluster/certificate-authority-data")?;
                base64::engine::general_purpose::STANDARD.decode(data)?
            }
        };
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca)?])
            .pool_max_idle_per_host(0)
            .build()?;
        let faults = Arc::new(Faults::default());
        let (cut, _) = watch::channel(0);
        let upstream = Upstream { http, base, token, faults: Arc::clone(&faults), cut: cut.clone() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(forward).with_state(upstream);
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("kubeconfig");
        let own = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "proxy", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
        });
        std::fs::write(&path, own.to_string())?;
        Ok(Self { faults, cut, server, _folder: folder, kubeconfig: path })
    }

    /// A kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig.clone()
    }

    /// Ends all open answers.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Breaks everything until [`Self::up`].
    pub(crate) fn down(&self) {
        self.faults.down.store(true, Ordering::SeqCst);
        self.cut();
    }

    /// Works again.
    pub(crate) fn up(&self) {
        self.faults.down.store(false, Ordering::SeqCst);
    }
}

/// Takes one off; false when there is none left.
fn count_down(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

fn refusal(code: u16, reason: &str, message: &str) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
    });
    let code = axum::http::StatusCode::from_u16(code).unwrap_or_default();
    (code, [("content-type", "application/json")], status.to_string()).into_response()
}

/// A body that breaks off at once.
fn broken() -> Response {
    let stream = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut")) });
    Response::builder().header("content-length", "10").body(Body::from_stream(stream)).unwrap_or_default()
}

async fn forward(State(upstream): State<Upstream>, request: Request) -> Response {
    let faults = &upstream.faults;
    if faults.down.load(Ordering::SeqCst) {
        return broken();
    }
    if faults.hang.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    if count_down(&faults.unavailable) {
        return refusal(503, "ServiceUnavailable", "not now");
    }
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let watch = query.contains("watch=true");
    let streaming = query.contains("sendInitialEvents=true");
    if streaming {
        faults.streamed.fetch_add(1, Ordering::SeqCst);
        if faults.no_streaming.load(Ordering::SeqCst) {
            return refusal(
                422,
                "Invalid",
                "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
            );
        }
    }
    if query.contains("limit=") && !watch {
        faults.listed.fetch_add(1, Ordering::SeqCst);
    }
    let resumes = watch && !streaming;
    if resumes && count_down(&faults.expire) {
        return refusal(410, "Expired", "too old resource version");
    }
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let body = axum::body::to_bytes(body, 10_000_000).await.unwrap_or_default();
    let mut sent = upstream
        .http
        .request(parts.method, format!("{}{path}", upstream.base))
        .bearer_auth(&upstream.token)
        .body(body);
    for (name, value) in &parts.headers {
        if !matches!(
            name.as_str(),
            "host" | "authorization" | "content-length" | "connection" | "accept-encoding"
        ) {
            sent = sent.header(name, value);
        }
    }
    let Ok(answer) = sent.send().await else { return broken() };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !matches!(name.as_str(), "transfer-encoding" | "content-length" | "connection") {
            response = response.header(name, value);
        }
    }
    let mut cut = upstream.cut.subscribe();
    cut.mark_unchanged();
    let gone = async move { drop(cut.changed().await) };
    let stream = answer.bytes_stream().take_until(Box::pin(gone));
    response.body(Body::from_stream(stream)).unwrap_or_default()
}
