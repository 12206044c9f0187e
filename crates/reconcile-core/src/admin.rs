//! `/healthz` and `/readyz` on one port, `/metrics` on another. Nothing here writes (decisions 5.7).
//!
//! Each port has places of its own, so that whoever occupies one of them, or the artifact server, does not make the
//! process look ill. Bodies of requests are not read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::connections::{self, Bounds};
use crate::metrics::Metrics;

/// Probes and scrapes are few and small.
fn bounds() -> Bounds {
    let (header_timeout, write_timeout) = (Duration::from_secs(10), Duration::from_secs(10));
    let bounds = Bounds {
        connections: 128,
        per_peer: 32,
        waiting: 32,
        header_timeout,
        write_timeout,
        ..Bounds::default()
    };
    bounds.within_open_files()
}

/// Says whether the process is ready; cheap, called per probe.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

/// Where the two servers listen; none when switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// `/healthz`, `/readyz`.
    pub health: Option<SocketAddr>,
    /// `/metrics`.
    pub metrics: Option<SocketAddr>,
}

/// Starts both servers; they end with `stop`. An address is Go's (`:8080`, `127.0.0.1:0`); empty or `0` is off.
///
/// # Errors
/// A port cannot be opened.
pub async fn serve(
    health_addr: &str,
    metrics_addr: &str,
    ready: Ready,
    metrics: Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<Bound, Error> {
    let probe = move |path: &str| match path {
        "/healthz" => Some(text(StatusCode::OK, PLAIN, "ok")),
        "/readyz" if ready() => Some(text(StatusCode::OK, PLAIN, "ok")),
        "/readyz" => Some(text(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, "not ready")),
        _ => None,
    };
    let scrape =
        move |path: &str| (path == "/metrics").then(|| text(StatusCode::OK, PROMETHEUS, metrics.render()));
    Ok(Bound {
        health: listen(health_addr, probe, stop).await?,
        metrics: listen(metrics_addr, scrape, stop).await?,
    })
}

type Answer = Response<Full<Bytes>>;

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const PROMETHEUS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

fn text(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// The answer to a request; `get` knows the paths.
fn answer(method: &Method, path: &str, get: impl Fn(&str) -> Option<Answer>) -> Answer {
    let mut other = Response::new(Full::default());
    match get(path) {
        Some(answer) if matches!(*method, Method::GET | Method::HEAD) => return answer,
        Some(_) => {
            *other.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            other.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        }
        None => *other.status_mut() = StatusCode::NOT_FOUND,
    }
    other
}

/// Opens a listener at an address in Go's form: a missing host means all interfaces.
///
/// # Errors
/// The address is malformed or taken.
pub async fn bind(address: &str) -> Result<TcpListener, Error> {
    let listen = |source| Error::Listen { address: address.to_owned(), source };
    if let Some(port) = address.strip_prefix(':') {
        // Both families where the system has IPv6, else IPv4 alone.
        if let Ok(listener) = TcpListener::bind(format!("[::]:{port}")).await {
            return Ok(listener);
        }
        return TcpListener::bind(format!("0.0.0.0:{port}")).await.map_err(listen);
    }
    TcpListener::bind(address).await.map_err(listen)
}

async fn listen(
    address: &str,
    get: impl Fn(&str) -> Option<Answer> + Clone + Send + Sync + 'static,
    stop: &CancellationToken,
) -> Result<Option<SocketAddr>, Error> {
    if address.is_empty() || address == "0" {
        return Ok(None);
    }
    let listener = bind(address).await?;
    let bound = listener.local_addr().ok();
    // It ends with the token; nobody waits for probes that are under way.
    drop(connections::serve(listener, bounds(), stop.clone(), move |request| {
        let answer = answer(request.method(), request.uri().path(), &get);
        std::future::ready(answer)
    }));
    Ok(bound)
}

#[cfg(test)]
mod tests;
