//! An HTTP server that takes notification POSTs (`--events-addr`), as Flux's notification-controller does.
//! It keeps what came and judges nothing.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;

use crate::wait::{Look, until};

/// A running sink; it ends with the value.
#[derive(Debug)]
pub struct EventSink {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

/// What all sinks of the process have received, also those that have ended: tests search it for secrets.
static ALL: Mutex<Vec<Arc<Shared>>> = Mutex::new(Vec::new());

/// Every event about objects of a namespace that any sink has received.
#[must_use]
pub fn posted_about(namespace: &str) -> Vec<Value> {
    let sinks = ALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let received = |sink: &Arc<Shared>| sink.received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let about = |event: &Value| event["involvedObject"]["namespace"] == namespace;
    sinks.iter().flat_map(received).filter(about).collect()
}

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<Value>>,
    status: AtomicU16,
}

impl EventSink {
    /// Starts a sink on a free loopback port.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { status: AtomicU16::new(202), ..Shared::default() });
        ALL.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&shared));
        let router = axum::Router::new().fallback(receive).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { address, shared, server })
    }

    /// For `--events-addr`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with this status from now on (202 at first).
    pub fn answer_with(&self, status: u16) {
        self.shared.status.store(status, Ordering::Relaxed);
    }

    /// Every event so far, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Value> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the first event that satisfies `wanted`, those of the past included.
    pub async fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        until(what, limit, || async {
            let received = self.received();
            Ok(match received.iter().find(|event| wanted(event)) {
                Some(event) => Look::Found(event.clone()),
                None => Look::Not(format!("{received:?}")),
            })
        })
        .await
    }
}

impl Drop for EventSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    _uri: Uri,
    _headers: HeaderMap,
    body: String,
) -> StatusCode {
    let event = serde_json::from_str(&body).unwrap_or(Value::String(body));
    shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    StatusCode::from_u16(shared.status.load(Ordering::Relaxed)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
