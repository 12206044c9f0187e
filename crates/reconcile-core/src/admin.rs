//! `/healthz` and `/readyz` on one port, `/metrics` on another. Nothing here writes (decisions 5.7).

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::metrics::Metrics;

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
    let health = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .with_state(ready);
    let scrape = Router::new().route("/metrics", get(scrape)).with_state(metrics);
    Ok(Bound {
        health: listen(health_addr, health, stop).await?,
        metrics: listen(metrics_addr, scrape, stop).await?,
    })
}

async fn readyz(State(ready): State<Ready>) -> (StatusCode, &'static str) {
    if ready() { (StatusCode::OK, "ok") } else { (StatusCode::INTERNAL_SERVER_ERROR, "not ready") }
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
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
    router: Router,
    stop: &CancellationToken,
) -> Result<Option<SocketAddr>, Error> {
    if address.is_empty() || address == "0" {
        return Ok(None);
    }
    let listener = bind(address).await?;
    let bound = listener.local_addr().ok();
    let stop = stop.clone();
    drop(tokio::spawn(async move {
        let served =
            axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
        if let Err(error) = served.await {
            tracing::error!(%error, "the admin server ended");
        }
    }));
    Ok(bound)
}

#[cfg(test)]
mod tests;
