//! The artifact server (contracts/source-controller.md 5.4, decisions 5.7): GET and HEAD of artifact files, ranges,
//! ETags. `GET /` is an empty 200 for the readiness probe; folders, hidden names and everything else are 404.
//!
//! A published file that is not what it should be is not served, and its object is asked to rebuild it.
//! There is no path to traverse: a request names kind, namespace, name and file, or nothing.

use std::convert::Infallible;
use std::fs::Metadata;
use std::io::SeekFrom;
use std::sync::Arc;
use std::time::Duration;

use artifact::store::Store;
use artifact::{Algorithm, Digest};
use futures::TryStreamExt as _;
use http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use reconcile_core::{Error, admin};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::published::{Published, Verdict};

mod range;
#[cfg(test)]
mod tests;

use range::Selection;

/// Longest time for a request's headers; also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long transfers may go on once the process ends.
const GRACE: Duration = Duration::from_secs(5);
/// Connections at a time.
const CONNECTIONS: usize = 1024;

type Body = BoxBody<Bytes, std::io::Error>;

/// What is served, and whom to tell when a file is not what it should be.
pub(crate) struct Server {
    storage: Store,
    published: Arc<Published>,
    altered: Box<dyn Fn(&str) + Send + Sync>,
}

/// A running server.
pub(crate) struct Serving {
    accepting: tokio::task::JoinHandle<()>,
    connections: TaskTracker,
}

impl Serving {
    /// Waits for transfers that are under way, but not longer than five seconds.
    pub(crate) async fn end(self) {
        // It ends with the process's token.
        drop(self.accepting.await);
        self.connections.close();
        drop(tokio::time::timeout(GRACE, self.connections.wait()).await);
    }
}

/// Opens the port and serves until `stop`.
///
/// # Errors
/// The port cannot be opened.
pub(crate) async fn start(address: &str, server: Server, stop: CancellationToken) -> Result<Serving, Error> {
    let listener = admin::bind(address).await?;
    if let Ok(bound) = listener.local_addr() {
        tracing::info!(address = %bound, "serving artifacts");
    }
    let connections = TaskTracker::new();
    let (server, tracker) = (Arc::new(server), connections.clone());
    let accepting = tokio::spawn(async move {
        let turns = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors, most likely: others end meanwhile.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (server, stop) = (Arc::clone(&server), stop.clone());
            tracker.spawn(async move {
                let _turn = turn;
                let service = service_fn(|request: Request<Incoming>| {
                    let server = Arc::clone(&server);
                    async move {
                        let (method, headers) = (request.method(), request.headers());
                        Ok::<_, Infallible>(server.answer(method, request.uri().path(), headers).await)
                    }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADER_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), service);
                tokio::pin!(connection);
                tokio::select! {
                    // The client's affair.
                    _ = connection.as_mut() => {}
                    () = stop.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        drop(connection.await);
                    }
                }
            });
        }
    });
    Ok(Serving { accepting, connections })
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
        Self { storage, published, altered: Box::new(altered) }
    }

    async fn answer(self: &Arc<Self>, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if path == "/" {
            return plain(StatusCode::OK);
        }
        let Some(relative) = path.strip_prefix('/').and_then(decoded) else {
            return plain(StatusCode::NOT_FOUND);
        };
        let server = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            let files = Arc::clone(&server.published);
            files.steady(|| server.find(&relative))
        })
        .await;
        match found {
            Ok(Ok(Some(found))) => send(method, headers, found).await.unwrap_or_else(|error| {
                tracing::error!(error = %error, path, "an artifact could not be read");
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            }),
            Ok(Ok(None)) => plain(StatusCode::NOT_FOUND),
            Ok(Err(error)) => {
                tracing::error!(error = %error, path, "an artifact could not be read");
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The file that a request names, if it is one and what it should be. Blocking.
    fn find(&self, relative: &str) -> Result<Option<Found>, artifact::StoreError> {
        let Ok(path) = self.storage.locate(relative) else { return Ok(None) };
        if relative.ends_with(".lock") {
            return Ok(None);
        }
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
            None => self.storage.digest(target, Algorithm::Sha256)?,
        };
        match self.published.verify(&self.storage, target, &digest)? {
            Verdict::Intact => match std::fs::File::open(&path) {
                Ok(file) => Ok(Some(Found { file, digest })),
                // Collected since it was looked at.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(artifact::StoreError::Read { path, source }),
            },
            Verdict::Missing => Ok(None),
            Verdict::Differs(_) => {
                tracing::error!(path = target, "a stored artifact was altered and is not served");
                (self.altered)(target);
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

/// A path without percent-encoding; `None` when it is not UTF-8 or hides a separator.
fn decoded(path: &str) -> Option<String> {
    let parts = path.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        (!part.contains(['/', '\0'])).then_some(part)
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}
