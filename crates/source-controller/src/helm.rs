//! Helm repositories over http and https as an upstream: what the index of a repository is now, and its artifact. What
//! charts are made of is here, too: `index` chooses a version, `chart` reads and writes charts.
//!
//! The index is the answer to the question whether there is a new one, so its bytes are kept until they are fetched. A
//! server that names its answers (`ETag`) is asked for news only.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use artifact::{Algorithm, Digest};
use manifest::budget::{Budget, Cancel, EndsWith, Exceeded, Limits as Work, Reserve};
use parking_lot::Mutex;
use reconcile_core::gate::{MemoryGate, Reservation};
use reqwest::Url;
use reqwest::header::HeaderValue;
use tokio_util::sync::CancellationToken;

pub(crate) mod build;
pub(crate) mod chart;
pub(crate) mod go;
pub(crate) mod http;
mod ignore;
pub(crate) mod index;
pub(crate) mod metadata;
#[cfg(test)]
mod tests;
mod values;
pub(crate) mod version;

use http::{Body, Failure, Http, Repository};
use index::IndexError;

use crate::access::Access;
use crate::memory::Memory;
use crate::upstream::{Content, FetchError, Fetched, Means, PackError, Resolved, Upstream};
use crate::verify::Evidence;

/// Steps that reading an index or making a chart may take: some seconds.
pub(crate) const STEPS: u64 = 50_000_000;
/// Memory that a budget asks for at a time, at least.
const AT_A_TIME: u64 = 1 << 20;
/// Memory that a chart is given at first.
const FIRST: u64 = 8 << 20;

/// What repositories and charts may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `--helm-index-max-size`.
    pub(crate) index: u64,
    /// `--helm-chart-max-size`.
    pub(crate) chart: u64,
    /// `--helm-chart-file-max-size`.
    pub(crate) chart_file: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { index: 50 << 20, chart: 10 << 20, chart_file: 5 << 20 }
    }
}

/// Which repository is asked.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The object's uid.
    pub(crate) uid: String,
    /// Where it is.
    pub(crate) repository: Repository,
}

/// Why there is no index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HelmError {
    #[error("{0}")]
    Fetch(#[from] Failure),
    #[error("index exceeds the maximum index file size of {0} bytes")]
    TooLarge(u64),
    #[error("{0}")]
    Index(#[from] IndexError),
    #[error("reading the index failed unexpectedly: {0}")]
    Panicked(String),
}

/// Why a chart was not brought.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Download {
    /// Nobody waits for it.
    #[error("context canceled")]
    Cancelled,
    /// It has more bytes than a chart may have.
    #[error("it is larger than it may be")]
    TooLarge,
    /// For this reason, which may be about who asks or who answers.
    #[error("{cause}")]
    Failed { cause: String, is_authentication: bool },
}

/// An index that was fetched.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    body: Arc<Body>,
    digest: Digest,
}

/// The answer that was published last.
struct Kept {
    url: Url,
    revision: String,
    etag: HeaderValue,
}

/// What a chart was made of: the digest of its source's artifact, and its generation.
pub(crate) type Made = (String, i64);
/// Charts of which is kept what they were made of.
const CHARTS: usize = 20_000;

/// All repositories.
pub(crate) struct Helm {
    pub(crate) http: Http,
    pub(crate) limits: Limits,
    pub(crate) memory: MemoryGate,
    kept: Mutex<HashMap<String, Kept>>,
    /// What charts were made of last, by uid.
    built: Mutex<HashMap<String, Made>>,
    /// Bytes of indexes that were read.
    read: AtomicU64,
}

impl Helm {
    pub(crate) fn new(user_agent: String, memory: &Memory, limits: Limits, private_redirects: bool) -> Self {
        Self {
            http: Http::new(user_agent, memory.large.clone(), private_redirects),
            limits,
            memory: memory.archives.clone(),
            kept: Mutex::default(),
            built: Mutex::default(),
            read: AtomicU64::new(0),
        }
    }

    /// Bytes of indexes that were read so far.
    #[cfg(test)]
    pub(crate) fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether the chart with this uid was made of this.
    pub(crate) fn is_made_of(&self, uid: &str, made: &Made) -> bool {
        self.built.lock().get(uid) == Some(made)
    }

    /// The chart with this uid was made of this.
    pub(crate) fn made(&self, uid: &str, made: Made) {
        let mut built = self.built.lock();
        if built.len() >= CHARTS {
            built.clear();
        }
        built.insert(uid.to_owned(), made);
    }

    /// The index of a repository, as it is sent.
    pub(crate) async fn index(
        &self,
        repository: &Repository,
        access: &Access,
        etag: Option<&HeaderValue>,
        cancelled: &CancellationToken,
    ) -> Result<Option<Body>, HelmError> {
        let url = index_of(&repository.url);
        let got = self.http.get(&url, repository, access, etag, self.limits.index, cancelled).await;
        got.map_err(|failure| match failure {
            Failure::TooLarge => HelmError::TooLarge(self.limits.index),
            failure => HelmError::Fetch(failure),
        })
    }

    /// The artifact of an index.
    pub(crate) async fn convert(
        &self,
        body: Arc<Body>,
        cancelled: &CancellationToken,
    ) -> Result<String, HelmError> {
        self.read.fetch_add(body.bytes.len() as u64, Ordering::Relaxed);
        let cancel = Cancel::default();
        // What it takes is added to what is set aside for the answer. Nobody waits for more who has some already.
        let reserve: Arc<dyn Reserve> = Arc::<Reservation>::clone(&body.memory);
        let budget = Budget::reserved(Work { steps: STEPS, bytes: u64::MAX }, cancel.clone(), 0, reserve);
        let (before, memory, spent) = (body.memory.bytes(), Arc::clone(&body.memory), budget.clone());
        let work = move || index::convert(&body.bytes, &budget);
        match work_until(cancelled, cancel, work).await.map_err(HelmError::Panicked)? {
            Err(IndexError::Exceeded(Exceeded::Cancelled)) => Err(Failure::Cancelled.into()),
            Err(IndexError::Exceeded(Exceeded::Reserve)) => {
                let limit = self.http.limit();
                let is_hopeless = spent.held().saturating_add(before) > limit
                    || memory.bytes().saturating_add(AT_A_TIME) > limit;
                Err(if is_hopeless { Failure::Gate(limit) } else { Failure::Memory }.into())
            }
            done => Ok(done?),
        }
    }

    /// Does work that may be begun again, with as much memory as it needs and there is. The memory stays set aside until
    /// what is given with the result is dropped.
    pub(crate) async fn spend<T: Send + 'static>(
        &self,
        namespace: &str,
        cancelled: &CancellationToken,
        is_starved: fn(&T) -> bool,
        work: Arc<dyn Fn(&Budget) -> T + Send + Sync>,
    ) -> Result<(T, Arc<Reservation>), Spent> {
        let limit = self.memory.limit();
        let mut bytes = FIRST.min(limit);
        loop {
            let memory = cancelled.run_until_cancelled(self.memory.enter(namespace, bytes)).await;
            let Some(memory) = memory else { return Err(Spent::Cancelled) };
            let memory = Arc::new(memory.map_err(|_| Spent::TooLarge(limit))?);
            let means = Means { memory: Some(Arc::clone(&memory)), ..Means::default() };
            let cancel = means.cancel.clone();
            let begun = Arc::clone(&work);
            let doing = move || begun(&means.budget(Work { steps: STEPS, bytes: u64::MAX }));
            let done = work_until(cancelled, cancel, doing).await.map_err(Spent::Panicked)?;
            if cancelled.is_cancelled() {
                return Err(Spent::Cancelled);
            }
            if !is_starved(&done) {
                return Ok((done, memory));
            }
            if bytes >= limit {
                return Err(Spent::TooLarge(limit));
            }
            bytes = bytes.saturating_mul(4).min(limit);
        }
    }
}

/// Why work was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// Nobody waits for it.
    Cancelled,
    /// It needs more than all memory there is for it.
    TooLarge(u64),
    /// It panicked.
    Panicked(String),
}

/// Works on a thread that may block, and tells it when nobody waits any more. Returns when the work has ended; an error
/// is a panic's text.
pub(crate) async fn work_until<T: Send + 'static>(
    cancelled: &CancellationToken,
    cancel: Cancel,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let _guard = EndsWith(cancel.clone());
    let mut working = tokio::task::spawn_blocking(work);
    let done = tokio::select! {
        done = &mut working => done,
        () = cancelled.cancelled() => {
            cancel.cancel();
            working.await
        }
    };
    done.map_err(|error| match error.try_into_panic() {
        Ok(cause) => reconcile_core::panic::text(&*cause),
        Err(error) => error.to_string(),
    })
}

/// Where the index of a repository is.
fn index_of(repository: &Url) -> Url {
    let mut url = repository.clone();
    url.set_path(&format!("{}/index.yaml", repository.path().trim_end_matches('/')));
    url
}

impl Upstream for Helm {
    type Spec = Spec;
    type Place = Place;
    type Content = Json;
    type Error = HelmError;

    async fn resolve(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Place>, HelmError> {
        let url = &spec.repository.url;
        let etag = known.and_then(|known| {
            let kept = self.kept.lock();
            let kept = kept.get(&spec.uid).filter(|kept| kept.revision == known && kept.url == *url)?;
            Some(kept.etag.clone())
        });
        let body = self.index(&spec.repository, access, etag.as_ref(), cancelled).await?;
        let Some(body) = body else { return Ok(Resolved::Unchanged) };
        let digest = Digest::of(Algorithm::Sha256, &body.bytes);
        let revision = digest.to_string();
        let mut kept = self.kept.lock();
        match body.etag.clone() {
            Some(etag) => {
                kept.insert(spec.uid.clone(), Kept { url: url.clone(), revision: revision.clone(), etag });
            }
            None => drop(kept.remove(&spec.uid)),
        }
        drop(kept);
        if known == Some(revision.as_str()) {
            return Ok(Resolved::Unchanged);
        }
        Ok(Resolved::Revision { revision, place: Place { body: Arc::new(body), digest } })
    }

    async fn fetch(
        &self,
        place: &Place,
        cancelled: &CancellationToken,
    ) -> Result<Fetched<Json>, FetchError<HelmError>> {
        if cancelled.is_cancelled() {
            return Err(FetchError::Upstream(Failure::Cancelled.into()));
        }
        let body = Arc::clone(&place.body);
        let text = self.convert(body, cancelled).await.map_err(FetchError::Upstream)?;
        let digest = place.digest.to_string();
        let hex = digest.split_once(':').map_or(digest.as_str(), |(_, hex)| hex);
        let file = format!("index-{hex}.yaml");
        let evidence = Evidence { digest, signed: None, attested: None };
        let (subject, metadata) = (String::new(), BTreeMap::new());
        Ok(Fetched { content: Json(text.into_bytes()), evidence, file, subject, metadata })
    }

    fn discard(&self, _: &Place) {}

    fn forget(&self, uid: &str) {
        self.kept.lock().remove(uid);
    }

    fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        let seen: HashSet<String> = self.kept.lock().keys().cloned().collect();
        let current = current();
        self.kept.lock().retain(|uid, _| current.contains(uid) || !seen.contains(uid));
    }
}

/// A file that is published as it is.
#[derive(Debug)]
pub(crate) struct Json(pub(crate) Vec<u8>);

impl Content for Json {
    fn pack(&self, _: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError> {
        for piece in self.0.chunks(1 << 20) {
            if means.cancel.is_cancelled() {
                return Err(PackError::Cancelled);
            }
            out.write_all(piece)?;
        }
        if means.cancel.is_cancelled() { Err(PackError::Cancelled) } else { Ok(()) }
    }
}
