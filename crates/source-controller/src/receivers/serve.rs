//! The server that webhooks are sent to: has a request checked, and asks for what is meant. How its body is read is `body`'s,
//! what is answered `end`'s.
//!
//! What strangers can have done for them is bounded: a path that nobody has, 256 bits of it, is looked up by its digest and
//! answered before anything of the body is read. Who knows a path has a body read, of which all requests together have so
//! much memory, and the work that `receiver::check` bounds for its type. Whoever does not send on in time is sent away.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use jiff::Timestamp;
use receiver::google::Keys;
use receiver::{Event, Kind, PREFIX};
use reconcile_core::connections::{self, Bounds, Connections};
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{IntCounterVec, Metrics};
use reconcile_core::telemetry::{Kind as LogKind, object_span};
use reconcile_core::{Error, ObjectKey, admin};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::body::{Body, READ};
use self::end::End;
use super::ask::{Asker, InCluster};
use super::keys::{GoogleKeys, Unavailable};
use super::table::{Open, Table};

mod body;
mod end;

/// How long requests may go on once the process ends.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How many requests ask for objects at a time, how long one may wait for that, and how long it may take.
const ASKING: usize = 16;
const WAIT: Duration = Duration::from_secs(5);
const ASK: Duration = Duration::from_secs(30);
/// As how many one counts that filters look at: its body is a tree of values then.
const FILTERING: u32 = 4;
/// Bodies up to this length are checked at once; longer ones where they hold up nobody.
const QUICK: usize = 64 << 10;

/// See the module.
pub(super) struct Server {
    table: Arc<Table>,
    asker: Asker<InCluster>,
    keys: GoogleKeys,
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

impl Server {
    pub(super) fn new(
        table: Arc<Table>,
        asker: Asker<InCluster>,
        keys: GoogleKeys,
        metrics: &Metrics,
    ) -> Self {
        Self {
            table,
            asker,
            keys,
            memory: body::memory(),
            asking: Semaphore::new(ASKING),
            requests: metrics.counters(&own::WEBHOOKS),
        }
    }

    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Response<Empty<Bytes>> {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        let found =
            if path.starts_with(PREFIX) { End::or_open(self.table.find(path)) } else { Err(End::Nobodys) };
        let (kind, end) = match found {
            Ok(open) => {
                let (kind, span) = (open.hook.kind, span(&open.key));
                let end = self.open(open, head, body).instrument(span.clone()).await;
                span.in_scope(|| end.tell());
                (kind.as_str(), end)
            }
            Err(end) => {
                if let End::Closed(key) = &end {
                    span(key).in_scope(|| end.tell());
                }
                ("", end)
            }
        };
        let status = end.status();
        self.requests.with_label_values(&[kind, status.as_str()]).inc();
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        if status == http::StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }

    /// A request for a path that may be called.
    async fn open(self: &Arc<Self>, open: Arc<Open>, head: Parts, body: Incoming) -> End {
        let keys = match self.keys(open.hook.kind, &head.headers).await {
            Ok(keys) => keys,
            Err(error) => return End::NoKeys(error),
        };
        let body = match body::read(body, &self.memory).await {
            Ok(body) => body,
            Err(fault) => return End::Body(fault),
        };
        let (hook, length) = (Arc::clone(&open), body.bytes.len());
        let check = move || {
            let request = receiver::Request { headers: &head.headers, body: &body.bytes };
            (receiver::check(&hook.hook, request, &keys, Timestamp::now()), body)
        };
        let checked =
            if length > QUICK { tokio::task::spawn_blocking(check).await.ok() } else { Some(check()) };
        match checked {
            Some((Ok(event), body)) => self.ask(open, event, body).await,
            Some((Err(rejected), _)) => End::Rejected(rejected),
            None => End::Panicked,
        }
    }

    async fn keys(&self, kind: Kind, headers: &HeaderMap) -> Result<Arc<Keys>, Unavailable> {
        if kind != Kind::Gcr {
            return Ok(Arc::default());
        }
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        self.keys.for_request(header).await
    }

    /// Asks for what is meant, also when the sender does not wait for the end of it.
    async fn ask(self: &Arc<Self>, open: Arc<Open>, event: Event, body: Body) -> End {
        let server = Arc::clone(self);
        let asking = async move {
            let has_filter = open.hook.has_filter();
            let turns = if has_filter { FILTERING } else { 1 };
            let turn = tokio::time::timeout(WAIT, server.asking.acquire_many(turns)).await;
            let Ok(Ok(_turn)) = turn else { return End::Busy };
            let name = event.name.clone();
            let request = if has_filter {
                let reading = tokio::task::spawn_blocking(move || event.request(&body.bytes));
                match reading.await {
                    Ok(Ok(request)) => request,
                    Ok(Err(error)) => return End::Unreadable(error),
                    Err(_) => return End::Panicked,
                }
            } else {
                drop(body);
                serde_json::Value::Null
            };
            End::Asked { event: name, asked: server.asker.all(&open, request, ASK).await }
        };
        // Whatever it panics with is told by the hook of panics.
        tokio::spawn(asking.in_current_span()).await.unwrap_or(End::Panicked)
    }
}

fn span(key: &ObjectKey) -> tracing::Span {
    let kind = LogKind { controller: "receiver", group: api::NOTIFICATION_GROUP, kind: "Receiver" };
    object_span(kind, key)
}
