//! A receiver of OTLP over HTTP: it decodes what it is sent and keeps it, with the headers that came along. It judges
//! nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use parking_lot::Mutex;
use prost::Message as _;

/// A span as tests read it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The controller.
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    /// Traces that it links to.
    pub(crate) links: Vec<String>,
    pub(crate) failed: bool,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) began: u64,
    pub(crate) ended: u64,
}

impl Span {
    /// `service name`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.service, self.name)
    }
}

type Kept = Arc<Mutex<(Vec<Span>, Vec<HeaderMap>)>>;

/// The receiver.
pub(crate) struct Sink {
    address: SocketAddr,
    kept: Kept,
    server: tokio::task::JoinHandle<()>,
}

impl Sink {
    pub(crate) async fn start() -> Result<Self> {
        let kept = Kept::default();
        let app = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { address, kept, server })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.lock().0.clone()
    }

    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.kept.lock().1.clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    let mut kept = kept.lock();
    kept.1.push(headers);
    for of_process in request.resource_spans {
        let resource = texts(&of_process.resource.unwrap_or_default().attributes);
        let service = resource.get("service.name").cloned().unwrap_or_default();
        for span in of_process.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            kept.0.push(Span {
                service: service.clone(),
                attributes: texts(&span.attributes),
                failed: span.status.as_ref().is_some_and(|status| status.code == 2),
                links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                began: span.start_time_unix_nano,
                ended: span.end_time_unix_nano,
                name: span.name,
            });
        }
    }
    StatusCode::OK
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let value = |pair: &KeyValue| pair.value.as_ref().and_then(|value| value.value.as_ref()).map(text);
    attributes.iter().map(|pair| (pair.key.clone(), value(pair).unwrap_or_default())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
