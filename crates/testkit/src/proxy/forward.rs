//! Carries requests to the real server and answers back, through the faults that tests have asked for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode, header};
use futures::{Stream, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

use super::fault::Fault;
use super::rule::{Asked, Rule};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    http: reqwest::Client,
    server: String,
    token: String,
    rules: Mutex<Vec<Arc<Rule>>>,
    down: AtomicBool,
    cut: watch::Sender<u64>,
    silence: watch::Sender<u64>,
    /// Bytes of the bodies of requests.
    pub(super) asked_bytes: AtomicU64,
    /// Bytes of the bodies of answers, as they come from the server: compressed if they are.
    pub(super) answered_bytes: AtomicU64,
    /// How many connections came while it was down.
    pub(super) turned_away: watch::Sender<usize>,
}

impl Shared {
    pub(super) fn new(authority: &[u8], server: String, token: String) -> Result<Self> {
        let authority = reqwest::Certificate::from_pem(authority).context("the authority")?;
        let http = reqwest::Client::builder().no_proxy().http1_only().tls_certs_only([authority]).build()?;
        Ok(Self {
            http,
            server,
            token,
            rules: Mutex::default(),
            down: AtomicBool::new(false),
            cut: watch::Sender::new(0),
            silence: watch::Sender::new(0),
            asked_bytes: AtomicU64::new(0),
            answered_bytes: AtomicU64::new(0),
            turned_away: watch::Sender::new(0),
        })
    }

    pub(super) fn add(&self, rule: Arc<Rule>) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    pub(super) fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    pub(super) fn set_down(&self, down: bool) {
        if down {
            self.turned_away.send_replace(0);
        }
        self.down.store(down, Ordering::SeqCst);
    }

    pub(super) fn silence(&self) {
        self.silence.send_modify(|count| *count += 1);
    }

    fn fault_for(&self, asked: &Asked<'_>) -> Option<Fault> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().find(|rule| rule.takes(asked)).map(|rule| rule.fault.clone())
    }
}

/// The connection breaks: hyper closes it without an answer when a service fails.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the test breaks the connection")
    }
}

impl std::error::Error for Broken {}

/// One connection, until it ends or is cut.
pub(super) async fn serve(stream: TlsStream<TcpStream>, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    cut.mark_unchanged();
    if shared.down.load(Ordering::SeqCst) {
        shared.turned_away.send_modify(|count| *count += 1);
        return;
    }
    let service = service_fn(|request| answer(Arc::clone(&shared), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // How it ended is the other side's business.
        _ = connection => {}
        _ = cut.changed() => {}
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    shared.asked_bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        body: &body,
    };
    let (fault, watch) = (shared.fault_for(&asked), asked.is_watch());
    match &fault {
        Some(Fault::Delay(time)) => tokio::time::sleep(*time).await,
        Some(Fault::Hold) => std::future::pending::<()>().await,
        Some(Fault::Break) => return Err(Broken),
        Some(Fault::Refuse { code, reason, message, retry_after }) => {
            return Ok(refusal(*code, reason, message, *retry_after));
        }
        Some(Fault::LoseAnswer | Fault::Truncate | Fault::Slow(..)) | None => {}
    }
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut sent = shared
        .http
        .request(parts.method, format!("{}{path}", shared.server))
        .bearer_auth(&shared.token)
        .body(body);
    for (name, value) in &parts.headers {
        let ours = [header::HOST, header::AUTHORIZATION, header::CONTENT_LENGTH, header::CONNECTION];
        if !ours.contains(name) {
            sent = sent.header(name, value);
        }
    }
    let answer = sent.send().await.map_err(|_| Broken)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        let ours = [header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::CONNECTION];
        if !ours.contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    *response.body_mut() = match fault {
        Some(Fault::LoseAnswer) => {
            // All of it, so that it is carried out for certain.
            drop(answer.bytes().await);
            return Err(Broken);
        }
        Some(Fault::Truncate) => {
            let whole = answer.bytes().await.map_err(|_| Broken)?;
            let half = whole.slice(..whole.len() / 2);
            response.headers_mut().insert(header::CONTENT_LENGTH, whole.len().into());
            Body::from_stream(stream::iter([Ok(half), Err(Broken)]))
        }
        Some(Fault::Slow(pieces, pause)) => {
            Body::from_stream(slowly(answer.bytes().await.map_err(|_| Broken)?, pieces, pause))
        }
        _ if watch => Body::from_stream(until_silence(counted(answer, &shared), &shared)),
        _ => Body::from_stream(counted(answer, &shared)),
    };
    Ok(response)
}

/// The body of an answer, counted as it passes.
fn counted(
    answer: reqwest::Response,
    shared: &Arc<Shared>,
) -> impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static {
    let shared = Arc::clone(shared);
    answer.bytes_stream().inspect(move |piece| {
        let length = piece.as_ref().map_or(0, |piece| piece.len() as u64);
        shared.answered_bytes.fetch_add(length, Ordering::Relaxed);
    })
}

fn slowly(whole: Bytes, pieces: u32, pause: Duration) -> impl Stream<Item = Result<Bytes, Broken>> {
    let size = whole.len().div_ceil(usize::try_from(pieces).unwrap_or(1).max(1)).max(1);
    let pieces: Vec<Bytes> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok(piece)
    })
}

/// What comes, until all watches are to fall silent: then nothing, and no end.
fn until_silence<E: Send + 'static>(
    from: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    shared: &Shared,
) -> impl Stream<Item = Result<Bytes, E>> + Send + 'static {
    let mut silence = shared.silence.subscribe();
    silence.mark_unchanged();
    stream::unfold((Box::pin(from), silence), |(mut from, mut silence)| async move {
        let next = tokio::select! {
            biased;
            _ = silence.changed() => None,
            next = from.next() => Some(next),
        };
        match next {
            Some(next) => next.map(|item| (item, (from, silence))),
            None => std::future::pending().await,
        }
    })
}

fn refusal(code: u16, reason: &str, message: &str, retry_after: Option<u32>) -> Response<Body> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
    });
    let mut response = Response::new(Body::from(status.to_string()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
