//! Git over http and https as an upstream: what a repository has now, and the content of its commits.
//!
//! One exchange of Git's protocol asks and answers, so that what is new is in a kept clone once it is resolved; to fetch
//! is to read it there.
//!
//! Work on clones is blocking and runs on tokio's blocking threads. A thread that waits for a server holds no
//! permit, so that a slow server delays only its own repositories; what is limited is how many fetches one host
//! gets at a time, and (by the caller's permit) how many archives are made at a time, which is where CPU goes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reconcile_core::panic;
use reqwest::Url;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) mod archive;
pub(crate) mod clients;
pub(crate) mod clone;
mod clones;
pub(crate) mod http;
mod on_disk;
pub(crate) mod refs;
#[cfg(test)]
mod tests;

use archive::Commit;
use clients::{ClientError, Clients};
use clone::{CloneError, Found, Tip, Updater};
use clones::Clones;
use http::rules::{Failure, strip_user};
use http::{Http, Session};
use refs::Target;

use crate::access::Access;
use crate::upstream::{FetchError, Fetched, Resolved, Upstream};

/// Most bytes that one fetch may receive.
const MAX_BYTES: u64 = 2 << 30;

/// What to look for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// The object's uid, which names its clone.
    pub(crate) uid: String,
    /// The address; credentials in it are not used.
    pub(crate) url: Url,
    /// What `spec.ref` asks for.
    pub(crate) target: Target,
    /// Limit of the whole operation.
    pub(crate) timeout: Duration,
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("{0}")]
    Clone(#[from] CloneError),
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("git failed unexpectedly: {0}")]
    Panicked(String),
    #[error("context canceled")]
    Cancelled,
}

/// All repositories.
pub(crate) struct Git {
    clones: Clones,
    clients: Clients,
}

impl Git {
    /// Clones live in `root`, which nobody serves.
    pub(crate) fn new(root: PathBuf, user_agent: String) -> Self {
        Self { clones: Clones::new(root), clients: Clients::new(user_agent) }
    }
}

impl Upstream for Git {
    type Spec = Spec;
    type Place = Tip;
    type Content = Commit;
    type Error = GitError;

    async fn resolve(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Tip>, GitError> {
        let mut origin = spec.url.clone();
        strip_user(&mut origin);
        let client = self.clients.client(access.tls())?;
        let deadline = Instant::now() + spec.timeout;
        let host = self.clients.host(&origin);
        let turn = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(GitError::Cancelled),
            turn = tokio::time::timeout_at(deadline, host.acquire_owned()) => turn,
        };
        let Ok(Ok(_turn)) = turn else { return Err(CloneError::Wire(Failure::Timeout).into()) };
        let path = on_disk::folder(self.clones.root(), &spec.uid, origin.as_str(), &spec.target);
        self.clones.forget_others(&spec.uid, &path);
        let session = Session {
            client,
            runtime: Handle::current(),
            origin,
            access: access.clone(),
            deadline,
            cancelled: cancelled.clone(),
            budget: MAX_BYTES,
        };
        update(path, spec.target.clone(), session, known.map(str::to_owned)).await
    }

    async fn fetch(
        &self,
        place: &Tip,
        cancelled: &CancellationToken,
    ) -> Result<Fetched<Commit>, FetchError<GitError>> {
        if cancelled.is_cancelled() {
            return Err(FetchError::Upstream(GitError::Cancelled));
        }
        let Tip { clone, commit } = place.clone();
        let work = tokio::task::spawn_blocking(move || archive::read(clone, commit));
        match work.await {
            Ok(read) => read.map_err(|error| FetchError::Broken(error.to_string())),
            Err(error) => Err(FetchError::Upstream(GitError::Panicked(panic_text(error)))),
        }
    }

    fn discard(&self, place: &Tip) {
        clones::remove(&place.clone);
    }

    fn forget(&self, uid: &str) {
        self.clones.forget(uid);
    }

    fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        self.clones.keep_only(current);
    }
}

/// Brings the clone at `path` up to date, on a blocking thread that ends with the session's deadline or cancellation.
async fn update(
    path: PathBuf,
    target: Target,
    session: Session,
    known: Option<String>,
) -> Result<Found, GitError> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let watchdog = {
        let (interrupt, cancelled) = (Arc::clone(&interrupt), session.cancelled.clone());
        let deadline = session.deadline;
        tokio::spawn(async move {
            let _ = tokio::time::timeout_at(deadline, cancelled.cancelled()).await;
            interrupt.store(true, Ordering::Relaxed);
        })
    };
    let session = Arc::new(session);
    let work = tokio::task::spawn_blocking(move || {
        let http = || Http::new(Arc::clone(&session));
        let updater = Updater {
            path: &path,
            url: session.origin.as_str(),
            http: &http,
            interrupt: &interrupt,
            known: known.as_deref(),
        };
        match updater.update(&target) {
            // Interrupted in the middle of indexing: gix's own words would hide why.
            Err(CloneError::Git(_)) if interrupt.load(Ordering::Relaxed) => {
                Err(CloneError::Wire(Failure::Timeout))
            }
            outcome => outcome,
        }
    });
    let outcome = work.await;
    watchdog.abort();
    match outcome {
        Ok(found) => Ok(found?),
        Err(error) => Err(GitError::Panicked(panic_text(error))),
    }
}

fn panic_text(error: tokio::task::JoinError) -> String {
    error.try_into_panic().map_or_else(|error| error.to_string(), |cause| panic::text(&*cause))
}
