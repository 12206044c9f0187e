//! The artifact server (contracts/source-controller.md 5.4, decisions 5.7): GET and HEAD of artifact files, ranges,
//! ETags. `GET /` is an empty 200 for the readiness probe; folders, hidden names and everything else are 404.
//!
//! A published file that is not what it should be is not served, and its object is asked to rebuild it. One that is not
//! here is brought by `copies`; while nobody has it, it is 503.
//! There is no path to traverse: a request names kind, namespace, name and file, or nothing. It runs on threads of its
//! own; how many clients there may be, and how slow, is decided in `reconcile_core::connections`.

use std::convert::Infallible;
use std::fs::Metadata;
use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use artifact::store::Store;
use artifact::{Algorithm, Digest};
use futures::TryStreamExt as _;
use http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    IF_RANGE, LAST_MODIFIED, RANGE, RETRY_AFTER,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use percent_encoding::percent_decode_str;
use reconcile_core::connections::{self, Bounds, Connections};
use reconcile_core::{Error, admin};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use crate::copies::{Brought, Copies};
use crate::homes::peers;
use crate::published::{Published, Verdict};

mod range;
#[cfg(test)]
mod tests;

use range::Selection;

/// How long transfers may go on once the process ends.
const GRACE: Duration = Duration::from_secs(5);
/// Seconds until a file that could not be brought is asked for again.
const AFTER: &str = "5";
/// Threads for requests, which is mostly waiting.
const WORKERS: usize = 2;
/// Threads for files.
const READERS: usize = 16;

type Body = BoxBody<Bytes, std::io::Error>;

/// What is served, and whom to tell when a file is not what it should be.
pub(crate) struct Server {
    storage: Store,
    published: Arc<Published>,
    altered: Box<dyn Fn(&str) + Send + Sync>,
    copies: Option<(Arc<Copies>, Handle)>,
    ready: Arc<AtomicBool>,
}

/// A running server.
pub(crate) struct Serving {
    connections: Connections,
    threads: Threads,
}

/// The threads of the server alone: neither fetches nor archives nor reconciliations can take them, nor the other way
/// round.
struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> Result<Self, Error> {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .thread_name("artifacts")
            .worker_threads(WORKERS)
            .max_blocking_threads(READERS)
            .thread_keep_alive(Duration::from_secs(5))
            .enable_all()
            .build();
        threads.map(|threads| Self(Some(threads))).map_err(Error::Threads)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            // Within async code nobody may wait for threads.
            threads.shutdown_background();
        }
    }
}

impl Serving {
    /// Waits for transfers that are under way, but not longer than five seconds.
    pub(crate) async fn end(self) {
        self.connections.end(GRACE).await;
        drop(self.threads);
    }
}

/// Opens the port and serves until `stop`.
///
/// # Errors
/// The port cannot be opened, or the threads cannot be started.
pub(crate) async fn start(address: &str, server: Server, stop: CancellationToken) -> Result<Serving, Error> {
    let listener = admin::bind(address).await?;
    let port = |source| Error::Listen { address: address.to_owned(), source };
    tracing::info!(address = %listener.local_addr().map_err(port)?, "serving artifacts");
    let threads = Threads::start()?;
    let listener = listener.into_std().map_err(port)?;
    let server = Arc::new(server);
    let answer = move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { server.answer(request.method(), request.uri().path(), request.headers()).await }
    };
    let connections = {
        // What is begun here runs on the server's threads.
        let _threads = threads.0.as_ref().map(Runtime::enter);
        let listener = TcpListener::from_std(listener).map_err(port)?;
        connections::serve(listener, Bounds::default().within_open_files(), stop, answer)
    };
    Ok(Serving { connections, threads })
}

/// A file that may be served. Opened together with its digest: by its name another may be found a moment later.
struct Found {
    file: std::fs::File,
    digest: Digest,
}

impl Server {
    pub(crate) fn new(
        storage: Store,
        published: Arc<Published>,
        altered: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        // The server runs on threads of its own, and what it sets off shall not.
        let home = Handle::try_current().ok();
        let altered = move |path: &str| {
            let _home = home.as_ref().map(Handle::enter);
            altered(path);
        };
        let ready = Arc::new(AtomicBool::new(true));
        Self { storage, published, altered: Box::new(altered), copies: None, ready }
    }

    /// A file that is missing is brought by these, on the threads of whoever calls this.
    pub(crate) fn with_copies(self, copies: &Arc<Copies>) -> Self {
        let copies = Handle::try_current().ok().map(|home| (Arc::clone(copies), home));
        Self { copies, ..self }
    }

    /// `GET /` is an empty 200 once this is true, and 503 before.
    pub(crate) fn with_ready(self, ready: Arc<AtomicBool>) -> Self {
        Self { ready, ..self }
    }

    async fn answer(self: &Arc<Self>, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if path == "/" {
            let is_ready = self.ready.load(Ordering::Acquire);
            return plain(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE });
        }
        let Some(relative) = path.strip_prefix('/').and_then(decoded) else {
            return plain(StatusCode::NOT_FOUND);
        };
        if self.storage.locate(&relative).is_err() || relative.ends_with(".lock") {
            // What can be no artifact by its name costs no thread.
            return plain(StatusCode::NOT_FOUND);
        }
        let is_replica = headers.contains_key(peers::HEADER);
        if !is_replica && !self.ready.load(Ordering::Acquire) {
            // What statuses name is not known yet. Another replica knows what it asks for.
            return later();
        }
        let mut found = self.look(&relative, is_replica).await;
        if matches!(found, Ok(None)) {
            match self.bring(&relative, is_replica).await {
                Brought::There => found = self.look(&relative, is_replica).await,
                Brought::Later => return later(),
                Brought::Unknown => {}
            }
        }
        let sent = match found {
            Ok(Some(found)) => send(method, headers, found).await.map_err(|error| error.to_string()),
            Ok(None) => return plain(StatusCode::NOT_FOUND),
            Err(error) => Err(error),
        };
        sent.unwrap_or_else(|error| {
            tracing::error!(error, path, "an artifact could not be read");
            plain(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }

    async fn look(self: &Arc<Self>, relative: &str, is_replica: bool) -> Result<Option<Found>, String> {
        let (server, relative) = (Arc::clone(self), relative.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let files = Arc::clone(&server.published);
            files.steady(|| server.find(&relative, is_replica))
        });
        match found.await {
            Ok(found) => found.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Brings a file that is missing. Another replica gets what is in the folder, and no more: two would ask each other
    /// for ever.
    async fn bring(&self, relative: &str, is_replica: bool) -> Brought {
        let Some((copies, home)) = self.copies.as_ref().filter(|_| !is_replica) else {
            return Brought::Unknown;
        };
        if copies.works() {
            if copies.names(relative) {
                tracing::warn!(path = relative, "a published artifact is missing");
                (self.altered)(relative);
                // It is about to be here, unless its object is suspended and nobody has it.
                return if copies.has_homes() { Brought::Later } else { Brought::Unknown };
            }
            return Brought::Unknown;
        }
        let (copies, relative) = (Arc::clone(copies), relative.to_owned());
        home.spawn(async move { copies.bring(&relative).await }).await.unwrap_or(Brought::Later)
    }

    /// The file that a request names, if it is one and what it should be. Blocking.
    fn find(&self, relative: &str, is_replica: bool) -> Result<Option<Found>, artifact::StoreError> {
        let Ok(path) = self.storage.locate(relative) else { return Ok(None) };
        // The latest link is followed, but not out of the storage.
        let Ok(path) = path.canonicalize() else { return Ok(None) };
        let Ok(target) = path.strip_prefix(self.storage.root()) else { return Ok(None) };
        let Some(target) = target.to_str().filter(|target| self.storage.locate(target).is_ok()) else {
            return Ok(None);
        };
        if !path.is_file() {
            return Ok(None);
        }
        let digest = match self.published.expected(target) {
            Some(digest) => digest,
            // Kept from an earlier revision or an earlier process: it is what it is.
            None => {
                let digest = self.storage.digest(target, Algorithm::Sha256)?;
                self.published.expect_first(target, &digest);
                digest
            }
        };
        // What is expected may be another file by now, and stays so.
        match self.published.compare(&self.storage, target, &digest)? {
            Verdict::Intact => match std::fs::File::open(&path) {
                Ok(file) => Ok(Some(Found { file, digest })),
                // Collected since it was looked at.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(artifact::StoreError::Read { path, source }),
            },
            Verdict::Missing => Ok(None),
            Verdict::Differs(_) => {
                tracing::error!(path = target, "a stored artifact was altered and is not served");
                // A replica that copies may be the one that asks: it asks all who have a name, and hears nothing new.
                if !is_replica || self.copies.as_ref().is_none_or(|(copies, _)| copies.works()) {
                    (self.altered)(target);
                }
                Ok(None)
            }
        }
    }
}

async fn send(method: &Method, headers: &HeaderMap, found: Found) -> std::io::Result<Response<Body>> {
    let mut file = File::from_std(found.file);
    let metadata = file.metadata().await?;
    let size = metadata.len();
    let tag = format!("\"{}\"", found.digest);
    let mut response = plain(StatusCode::OK);
    describe(response.headers_mut(), &tag, &metadata);
    if named(headers.get(IF_NONE_MATCH), &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let wanted = headers
        .get(RANGE)
        .filter(|_| headers.get(IF_RANGE).is_none_or(|condition| condition.as_bytes() == tag.as_bytes()));
    let (start, length) = match range::select(wanted.and_then(|value| value.to_str().ok()), size) {
        Selection::Whole => (0, size),
        Selection::Part { start, length } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let text = format!("bytes {start}-{}/{size}", start + length - 1);
            insert(response.headers_mut(), CONTENT_RANGE, &text);
            (start, length)
        }
        Selection::Nothing => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            insert(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    insert(response.headers_mut(), CONTENT_LENGTH, &length.to_string());
    if *method == Method::GET {
        file.seek(SeekFrom::Start(start)).await?;
        let frames = ReaderStream::with_capacity(file.take(length), 64 * 1024).map_ok(Frame::data);
        *response.body_mut() = BodyExt::boxed(StreamBody::new(frames));
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, tag: &str, metadata: &Metadata) {
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    insert(headers, ETAG, tag);
    // For people: whole seconds tell no two files apart, so neither If-Modified-Since nor a date in If-Range is heeded.
    if let Ok(modified) = metadata.modified() {
        insert(headers, LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    }
}

fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Whether `If-None-Match` names this tag.
fn named(header: Option<&HeaderValue>, tag: &str) -> bool {
    let Some(text) = header.and_then(|value| value.to_str().ok()) else { return false };
    text.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn plain(status: StatusCode) -> Response<Body> {
    let empty = Empty::new().map_err(|never: Infallible| match never {});
    let mut response = Response::new(BodyExt::boxed(empty));
    *response.status_mut() = status;
    response
}

/// To be asked for again.
fn later() -> Response<Body> {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(AFTER));
    response
}

/// A path without percent-encoding; `None` when it is not UTF-8 or hides a separator.
fn decoded(path: &str) -> Option<String> {
    let parts = path.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        (!part.contains(['/', '\0'])).then_some(part)
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}
