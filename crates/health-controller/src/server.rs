//! The explanation server: whole explanations as JSON, for programs and people that may read the Kustomization. Off without
//! `--api-addr`.
//!
//! ```text
//! request ─▶ route ─▶ reviews (who is it, may they) ─▶ explanations ─▶ answer
//! ```
//!
//! Invariants: nothing is looked up for who may not read it, so that what does not exist and what is not theirs are
//! answered alike; a stranger costs a hash and, seldom, a TokenReview; all answers together hold a bounded share of memory.

mod answer;
mod authority;
mod cache;
mod certificate;
mod rate;
mod reviews;
mod route;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::summary::{Summaries, Summary};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, Response};
use hyper::body::{Body, Incoming};
use reconcile_core::connections::{self, Bounds, Connections, Peer};
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{IntCounterVec, Metrics};
use reconcile_core::process::Process;
use reconcile_core::{Error, ObjectKey, admin};
use serde::Serialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::explanations::{Explanations, Found};
use answer::{Answer, Refusal, document, refusal};
use authority::{Authority, InCluster, Question};
use certificate::{Certificate, CertificateError};
use reviews::{Known, Reviews};
use route::{Route, route};

pub(crate) use certificate::Files;

#[cfg(test)]
mod tests;

/// How long requests may go on once the process ends.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// Requests that are answered at a time.
const CONCURRENT: usize = 64;
/// Shares of the memory for answers; one is for so many objects, of up to a few hundred bytes each.
const SHARES: u32 = 64;
const OBJECTS_PER_SHARE: usize = 500;
/// How long an answer waits for its share.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of more objects JSON is made where it holds up nobody.
const QUICK: usize = 1000;

/// What the flags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where explanations are served; empty for nowhere.
    pub(crate) addr: String,
    /// With which certificate; none for plain HTTP.
    pub(crate) tls: Option<Files>,
}

/// See the module.
struct Server<A> {
    explanations: Arc<Explanations>,
    reviews: Reviews<A>,
    places: Semaphore,
    memory: Arc<Semaphore>,
    requests: IntCounterVec,
    version: &'static str,
}

/// Serves until the process ends; `None` where the flags name no address. A replica that does not lead answers that it
/// does not.
///
/// # Errors
/// The port cannot be opened, or the certificate cannot be used.
pub(crate) async fn start(
    process: &Process,
    settings: &Settings,
    explanations: &Arc<Explanations>,
) -> Result<Option<Connections>, Error> {
    if settings.addr.is_empty() {
        return Ok(None);
    }
    let startup = |error: CertificateError| Error::Startup(format!("--api-tls-cert-file: {error}"));
    let tls = match &settings.tls {
        None => None,
        Some(files) => {
            let certificate = Certificate::open(files.clone()).await.map_err(startup)?;
            let config = certificate.config().map_err(startup)?;
            drop(tokio::spawn(certificate.follow(process.stop.clone())));
            Some(Arc::new(config))
        }
    };
    let listener = admin::bind(&settings.addr).await?;
    let local = listener.local_addr();
    let local = local.map_err(|source| Error::Listen { address: settings.addr.clone(), source })?;
    tracing::info!(address = %local, tls = tls.is_some(), "serving explanations");
    let authority = InCluster(process.client.clone());
    let server =
        Server::new(Arc::clone(explanations), authority, &process.metrics, process.definition.version);
    // All of them come from one address where a proxy stands before it.
    let bounds = Bounds {
        connections: 256,
        per_peer: 128,
        waiting: 64,
        header_timeout: Duration::from_secs(10),
        ..Bounds::default()
    };
    let server = Arc::new(server);
    let answer = move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    let stop = process.stop.clone();
    Ok(Some(connections::serve_with(listener, bounds.within_open_files(), tls, stop, answer)))
}

impl<A: Authority> Server<A> {
    fn new(explanations: Arc<Explanations>, authority: A, metrics: &Metrics, version: &'static str) -> Self {
        Self {
            explanations,
            reviews: Reviews::new(authority, metrics),
            places: Semaphore::new(CONCURRENT),
            memory: Arc::new(Semaphore::new(SHARES as usize)),
            requests: metrics.counters(&own::API_REQUESTS),
            version,
        }
    }

    async fn answer<B: Body>(&self, request: Request<B>) -> Response<Answer> {
        let response = self.find(request).await.unwrap_or_else(refusal);
        self.requests.with_label_values(&[response.status().as_str()]).inc();
        response
    }

    async fn find<B: Body>(&self, request: Request<B>) -> Result<Response<Answer>, Refusal> {
        let route = route(request.uri().path(), request.uri().query())?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Refusal::Method);
        }
        if !request.body().is_end_stream() {
            return Err(Refusal::Body);
        }
        if !self.explanations.is_open() {
            return Err(Refusal::NotLeading);
        }
        let token = bearer(request.headers()).ok_or(Refusal::Stranger)?;
        let _place = self.places.try_acquire().map_err(|_| Refusal::Busy)?;
        let nobody = Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let peer = request.extensions().get::<Peer>().copied().unwrap_or(nobody);
        let known = self.reviews.user(token, peer.0).await?;
        match route {
            Route::Version => {
                let version = json!({ "controller": "health-controller", "version": self.version,
                    "explanation": api::explain::VERSION });
                Ok(document(version.to_string().into_bytes(), None))
            }
            Route::Explain(key) => self.explain(&known, key).await,
            Route::List(namespace) => self.list(&known, namespace).await,
        }
    }

    async fn explain(&self, known: &Known, key: ObjectKey) -> Result<Response<Answer>, Refusal> {
        let question = Question::Get { namespace: key.namespace.clone(), name: key.name.clone() };
        // Asked before anything is looked up.
        if !self.reviews.may(known, question).await? {
            return Err(Refusal::NotFound);
        }
        match self.explanations.find(&key) {
            Found::Explained(explanation) => {
                let share = self.share(explanation.objects.len()).await?;
                let is_long = explanation.objects.len() > QUICK;
                let bytes = if is_long {
                    // Whatever it panics with is told by the hook of panics.
                    let made = tokio::task::spawn_blocking(move || bytes(&*explanation)).await;
                    made.map_err(|_| Refusal::Busy)?
                } else {
                    bytes(&*explanation)
                };
                Ok(document(bytes, Some(share)))
            }
            Found::NotYet => Err(Refusal::NotYet),
            Found::Absent => Err(Refusal::NotFound),
        }
    }

    async fn list(&self, known: &Known, namespace: Option<String>) -> Result<Response<Answer>, Refusal> {
        let allowed = self.reviews.may(known, Question::List(namespace.clone())).await?;
        let found = match (allowed, &namespace) {
            (true, _) if !self.explanations.is_whole(Instant::now()) => return Err(Refusal::NotYet),
            (true, namespace) => self.explanations.of(namespace.as_deref()),
            // As of a namespace that has none.
            (false, Some(_)) => Vec::new(),
            (false, None) => return Err(Refusal::AllNamespaces),
        };
        let share = self.share(found.len()).await?;
        let summaries: Summaries = found.iter().map(|explanation| Summary::of(explanation)).collect();
        Ok(document(bytes(&summaries), Some(share)))
    }

    /// The share of the memory for an answer of so many items.
    async fn share(&self, items: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let shares = u32::try_from(items / OBJECTS_PER_SHARE).unwrap_or(SHARES).saturating_add(1).min(SHARES);
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.memory).acquire_many_owned(shares)).await;
        turn.ok().and_then(Result::ok).ok_or(Refusal::Busy)
    }
}

fn bytes(document: &impl Serialize) -> Vec<u8> {
    // Maps with keys that are no texts and writers that fail: neither is here.
    serde_json::to_vec(document).unwrap_or_default()
}

/// The token of a request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
