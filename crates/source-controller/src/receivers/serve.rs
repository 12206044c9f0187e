//! The server that webhooks are sent to: reads a request within bounds, has it checked, and asks for what is meant. Flux's
//! answers: 200, 400 (not let in), 404 (nobody's path), 413, 503 (suspended), 500 (something could not be asked for).
//!
//! Before a request is let in it costs memory for its body, of which all requests together have so much, and the work of
//! `receiver::check`, which is the same for every path. Whoever does not send on in time is sent away.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use jiff::Timestamp;
use receiver::google::Keys;
use receiver::{Decoy, Kind, PREFIX, Rejected};
use reconcile_core::connections::{self, Bounds, Connections};
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{IntCounterVec, Metrics};
use reconcile_core::telemetry::{Kind as LogKind, object_span};
use reconcile_core::{Error, admin};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::ask::Asker;
use super::keys::GoogleKeys;
use super::table::{Found, Open, Table};

#[cfg(test)]
mod tests;

/// How long requests may go on once the process ends.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// What a body may have, as Flux has it: GitHub lists up to two thousand commits.
const LARGEST: usize = 3 << 20;
/// What all bodies may have together.
const TOGETHER: usize = 48 << 20;
/// In which pieces that is given out.
const PIECE: usize = 16 << 10;
/// How long a body may take, as Flux has it.
const READ: Duration = Duration::from_secs(30);
/// How long a request may wait for memory.
const WAIT: Duration = Duration::from_secs(5);
/// How many requests ask for objects at a time, and how long one may take.
const ASKING: usize = 16;
const ASK: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct Server {
    table: Arc<Table>,
    asker: Asker,
    keys: GoogleKeys,
    decoy: Decoy,
    memory: Arc<Semaphore>,
    asking: Semaphore,
    requests: IntCounterVec,
}

/// Opens the port and serves until `stop`.
///
/// # Errors
/// The port cannot be opened.
pub(super) async fn start(
    address: &str,
    server: Server,
    stop: CancellationToken,
) -> Result<Connections, Error> {
    let listener = admin::bind(address).await?;
    let local = listener.local_addr();
    let local = local.map_err(|source| Error::Listen { address: address.to_owned(), source })?;
    tracing::info!(address = %local, "serving webhooks");
    // All of them come from one address where an ingress stands before it.
    let bounds = Bounds { connections: 512, per_peer: 256, header_timeout: READ / 3, ..Bounds::default() };
    let server = Arc::new(server);
    let answer = move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    Ok(connections::serve(listener, bounds.within_open_files(), stop, answer))
}

/// A body, and what it takes of the memory of all.
struct Body {
    bytes: Vec<u8>,
    _held: Vec<OwnedSemaphorePermit>,
}

impl Server {
    pub(super) fn new(table: Arc<Table>, asker: Asker, keys: GoogleKeys, metrics: &Metrics) -> Self {
        Self {
            table,
            asker,
            keys,
            decoy: Decoy::new(random()),
            memory: Arc::new(Semaphore::new(TOGETHER / PIECE)),
            asking: Semaphore::new(ASKING),
            requests: metrics.counters(&own::WEBHOOKS),
        }
    }

    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Response<Empty<Bytes>> {
        let (kind, status) = self.status(request).await;
        let kind = kind.map_or("", Kind::as_str);
        self.requests.with_label_values(&[kind, status.as_str()]).inc();
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }

    /// The type of the sender, if it was let in, and the answer.
    async fn status(self: &Arc<Self>, request: Request<Incoming>) -> (Option<Kind>, StatusCode) {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        if !path.starts_with(PREFIX) {
            return (None, StatusCode::NOT_FOUND);
        }
        let body = match read(body, &self.memory).await {
            Ok(body) => body,
            Err(status) => return (None, status),
        };
        let found = self.table.find(path);
        let open = if let Found::Open(open) = &found { Some(open) } else { None };
        let keys = match open {
            Some(open) if open.hook.kind == Kind::Gcr => {
                let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                self.keys.for_request(header).await
            }
            _ => Arc::new(Keys::default()),
        };
        let request = receiver::Request { headers: &head.headers, body: &body.bytes };
        let hook = open.map(|open| &open.hook);
        let checked = receiver::check(hook, &self.decoy, request, &keys, Timestamp::now());
        match (checked, found) {
            (_, Found::Closed | Found::Unsettled) => (None, StatusCode::SERVICE_UNAVAILABLE),
            (Err(Rejected::Unknown), _) | (_, Found::Nobodys) => (None, StatusCode::NOT_FOUND),
            (Err(error), Found::Open(open)) => {
                span(&open).in_scope(|| tracing::info!(error = %error, "unable to validate payload"));
                (None, StatusCode::BAD_REQUEST)
            }
            (Ok(event), Found::Open(open)) => {
                let kind = Some(open.hook.kind);
                let has_filter = open.hook.has_filter();
                let request = if has_filter { event.request() } else { Ok(serde_json::Value::Null) };
                match request {
                    Ok(request) => (kind, self.ask(open, request).await),
                    Err(error) => {
                        span(&open)
                            .in_scope(|| tracing::error!(error = %error, "unable to filter resources"));
                        (kind, StatusCode::INTERNAL_SERVER_ERROR)
                    }
                }
            }
        }
    }

    /// Asks for what is meant, also when the sender does not wait for the end of it.
    async fn ask(self: &Arc<Self>, open: Arc<Open>, request: serde_json::Value) -> StatusCode {
        let (server, span) = (Arc::clone(self), span(&open));
        let asking = async move {
            let turn = tokio::time::timeout(WAIT, server.asking.acquire()).await;
            let Ok(Ok(_turn)) = turn else { return StatusCode::SERVICE_UNAVAILABLE };
            let all = server.asker.all(&open.key, &open.hook, &request);
            match tokio::time::timeout(ASK, all).await {
                Ok(asked) if asked.failures == 0 => {
                    tracing::debug!(objects = asked.objects, "handled a webhook");
                    StatusCode::OK
                }
                Ok(_) => StatusCode::INTERNAL_SERVER_ERROR,
                Err(_) => {
                    tracing::error!("the API server did not answer in time");
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            }
        };
        // Whatever it panics with is told by the hook of panics.
        tokio::spawn(asking.instrument(span)).await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

fn span(open: &Open) -> tracing::Span {
    let kind = LogKind { controller: "receiver", group: api::NOTIFICATION_GROUP, kind: "Receiver" };
    object_span(kind, &open.key)
}

/// Reads a body, or says what to answer.
async fn read<B>(body: B, memory: &Arc<Semaphore>) -> Result<Body, StatusCode>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let reading = read_all(body, memory);
    tokio::time::timeout(READ, reading).await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

async fn read_all<B>(mut body: B, memory: &Arc<Semaphore>) -> Result<Body, StatusCode>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut read = Body { bytes: Vec::new(), _held: Vec::new() };
    let mut pieces = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame.map_err(drop) else { return Err(StatusCode::BAD_REQUEST) };
        let Ok(data) = frame.into_data() else { continue };
        let length = read.bytes.len() + data.len();
        if length > LARGEST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let needed = length.div_ceil(PIECE);
        if needed > pieces {
            let more = u32::try_from(needed - pieces).map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
            let held = tokio::time::timeout(WAIT, Arc::clone(memory).acquire_many_owned(more)).await;
            let Ok(Ok(held)) = held else { return Err(StatusCode::SERVICE_UNAVAILABLE) };
            read._held.push(held);
            pieces = needed;
            read.bytes.reserve_exact(needed * PIECE - read.bytes.len());
        }
        read.bytes.extend_from_slice(&data);
    }
    Ok(read)
}

/// What nobody can foresee.
fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // A decoy lets nobody in, whatever its token is.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::warn!("there is no randomness");
    }
    bytes
}
