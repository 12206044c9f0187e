//! Git over http, https and SSH as an upstream: what a repository has now, and the content of its commits.
//!
//! One exchange of Git's protocol asks and answers, so that what is new is in a kept clone once it is resolved; to fetch
//! is to read it there.
//!
//! A fetch is blocking and has a thread of its own, never one of those that serve and pack. A thread that waits for a
//! server holds no permit, so that a slow server delays only its own repositories; what is limited is how many fetches
//! there are at a time, of one namespace and at one host (`turns`), how much memory they have (`memory`), and (by the
//! caller's permit) how many archives are made at a time, which is where CPU goes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reconcile_core::gate::{MemoryGate, Reservation};
use reconcile_core::panic;
use reqwest::Url;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) mod archive;
pub(crate) mod clients;
pub(crate) mod clone;
mod clone_error;
mod clones;
mod github;
pub(crate) mod guard;
pub(crate) mod http;
mod lineage;
mod modules;
mod on_disk;
pub(crate) mod refs;
pub(crate) mod ssh;
#[cfg(test)]
mod tests;
mod threads;
mod tip;
pub(crate) mod turns;

use archive::{ArchiveError, Assembly, Commit, Include};
use clients::{ClientError, Clients, Reach};
use clone::{CloneError, Found, Tip, Updater};
use clones::{Clones, Purpose, Run, Used};
use github::Tokens;
use guard::Excess;
use http::rules::{Failure, strip_user};
use http::{Http, Session};
use refs::Target;
use ssh::Algorithms;
use turns::{Turn, Turns};

use crate::access::Access;
use crate::memory::{Memory, SMALL};
use crate::upstream::{FetchError, Fetched, Resolved, Upstream};

/// The part of the time that is left in which a server can say whether a branch was rewritten.
const LINEAGE: u32 = 8;

/// What to look for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// The object's uid, by which its share in clones is counted.
    pub(crate) uid: String,
    /// The address; credentials in it are not used.
    pub(crate) url: Url,
    /// What `spec.ref` asks for.
    pub(crate) target: Target,
    /// The revision that is stored.
    pub(crate) before: Option<String>,
    /// Limit of the whole operation.
    pub(crate) timeout: Duration,
    /// `spec.recurseSubmodules`.
    pub(crate) recurse: bool,
    /// `spec.sparseCheckout`.
    pub(crate) sparse: Vec<String>,
    /// `spec.include`, with where the artifacts are.
    pub(crate) includes: Vec<Include>,
    /// What messages say where Flux has a working copy.
    pub(crate) shown: String,
}

impl Spec {
    /// The plainest one.
    #[cfg(test)]
    pub(crate) fn of(uid: &str, url: Url, target: Target) -> Self {
        let (uid, timeout) = (uid.to_owned(), Duration::from_secs(120));
        let (sparse, includes, shown) = (Vec::new(), Vec::new(), "/tmp/gitrepository-ns-app".to_owned());
        Self { uid, url, target, before: None, timeout, recurse: false, sparse, includes, shown }
    }

    /// As Flux: a sparse checkout has no submodules.
    const fn has_modules(&self) -> bool {
        self.recurse && self.sparse.is_empty()
    }

    /// The commit that is stored of the same reference.
    fn before(&self) -> Option<String> {
        let (label, commit) = self.before.as_deref().and_then(refs::parts)?;
        (self.target.label() == Some(label)).then(|| commit.to_owned())
    }
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("{0}")]
    Clone(#[from] CloneError),
    #[error("{0}")]
    Client(#[from] ClientError),
    /// A submodule, after the repository itself.
    #[error("{0}")]
    Module(CloneError),
    /// `spec.sparseCheckout` names what is not there.
    #[error("{0}")]
    Sparse(String),
    #[error("git failed unexpectedly: {0}")]
    Panicked(String),
    #[error("context canceled")]
    Cancelled,
}

/// All repositories.
pub(crate) struct Git {
    clones: Arc<Clones>,
    clients: Arc<Clients>,
    turns: Turns,
    /// For fetches that need more than a little.
    memory: MemoryGate,
    tokens: Tokens,
    algorithms: Arc<Algorithms>,
    private_redirects: bool,
    /// Bytes of all fetches.
    received: Arc<AtomicU64>,
}

impl Git {
    /// Clones live in `root`, which nobody serves.
    pub(crate) fn new(root: PathBuf, user_agent: String, memory: &Memory) -> Self {
        Self {
            clones: Arc::new(Clones::new(root)),
            clients: Arc::new(Clients::new(user_agent)),
            turns: Turns::new(memory.fetches),
            memory: memory.large.clone(),
            tokens: Tokens::default(),
            algorithms: Arc::default(),
            private_redirects: false,
            received: Arc::default(),
        }
    }

    /// Counts the bytes that servers sent.
    pub(crate) fn received(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.received)
    }

    /// Whether redirects may lead to other hosts that are not public, or without encryption
    /// (`--allow-private-redirects`).
    pub(crate) const fn with_private_redirects(mut self, are_allowed: bool) -> Self {
        self.private_redirects = are_allowed;
        self
    }

    /// What SSH may use (`--ssh-kex-algos`, `--ssh-hostkey-algos`).
    pub(crate) fn with_algorithms(mut self, algorithms: Algorithms) -> Self {
        self.algorithms = Arc::new(algorithms);
        self
    }

    /// One try, with so many bytes of memory.
    async fn attempt(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
        (deadline, bytes): (Instant, u64),
        run: &Run,
    ) -> Result<Resolved<Place>, GitError> {
        let mut origin = spec.url.clone();
        strip_user(&mut origin);
        let client = self.clients.client(access.tls(), access.proxy(), Reach::Anywhere)?;
        let exchanged = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(GitError::Cancelled),
            exchanged = self.tokens.exchange(&self.clients, access, deadline) => exchanged,
        };
        let exchanged = exchanged.map_err(|cause| ClientError::Other(access.redact(&cause)))?;
        let leave = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(GitError::Cancelled),
            leave = tokio::time::timeout_at(deadline, self.leave(access.namespace(), &origin, bytes)) => leave,
        };
        let Ok((turn, memory)) = leave else { return Err(CloneError::Wire(Failure::Timeout).into()) };
        // A run that is dropped must not leave a thread that goes on.
        let ending = cancelled.child_token();
        let _ended = ending.clone().drop_guard();
        let session = Session {
            client,
            clients: Arc::clone(&self.clients),
            runtime: Handle::current(),
            origin,
            access: exchanged,
            deadline,
            cancelled: ending,
            private_redirects: self.private_redirects,
            memory: memory.map(Arc::new),
            received: Arc::default(),
        };
        let work = Work {
            run: run.clone(),
            // Not the token that stands for it, which is another each hour.
            access: access.clone(),
            target: spec.target.clone(),
            before: spec.before(),
            has_modules: spec.has_modules(),
            algorithms: Arc::clone(&self.algorithms),
            known: known.map(str::to_owned),
            received: self.received(),
        };
        let found = update(work, session, turn).await;
        if let Err(GitError::Clone(CloneError::Wire(Failure::Unauthorized(_) | Failure::Forbidden(_)))) =
            &found
        {
            self.tokens.forget(access);
        }
        let found = found?;
        Ok(match found {
            Resolved::Unchanged => Resolved::Unchanged,
            Resolved::Revision { revision, place: tip } => {
                let Spec { sparse, includes, shown, .. } = spec.clone();
                let place = Place { tip, assembly: Assembly { sparse, includes, shown } };
                Resolved::Revision { revision, place }
            }
        })
    }

    /// Waits for leave to fetch, with so many bytes of memory: those beyond a little are set aside.
    async fn leave(
        &self,
        namespace: &str,
        origin: &Url,
        bytes: u64,
    ) -> ([Option<Turn>; 2], Option<Reservation>) {
        if bytes <= SMALL {
            return ([Some(self.turns.turn(namespace, origin).await), None], None);
        }
        let large = self.turns.large(namespace).await;
        let turn = self.turns.turn(namespace, origin).await;
        // There is no more than the limit, and no more is asked for.
        let memory = self.memory.enter(namespace, bytes).await.ok();
        ([Some(turn), Some(large)], memory)
    }
}

impl Upstream for Git {
    type Spec = Spec;
    type Place = Place;
    type Content = Commit;
    type Error = GitError;

    async fn resolve(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Place>, GitError> {
        let deadline = Instant::now() + spec.timeout;
        let run = self.clones.begin(&spec.uid, access.namespace());
        // Who needs more than is there gives all back and begins again with more.
        let mut bytes = SMALL;
        loop {
            let found = self.attempt(spec, access, known, cancelled, (deadline, bytes), &run).await;
            match found {
                Err(
                    GitError::Clone(CloneError::Wire(Failure::Memory))
                    | GitError::Module(CloneError::Wire(Failure::Memory)),
                ) => {
                    if bytes >= self.memory.limit() {
                        return Err(CloneError::Wire(Excess::Memory(bytes).into()).into());
                    }
                    bytes = bytes.saturating_mul(4).min(self.memory.limit());
                }
                found => return found,
            }
        }
    }

    async fn fetch(
        &self,
        place: &Place,
        cancelled: &CancellationToken,
    ) -> Result<Fetched<Commit>, FetchError<GitError>> {
        if cancelled.is_cancelled() {
            return Err(FetchError::Upstream(GitError::Cancelled));
        }
        let Place { tip, assembly } = place.clone();
        let work = tokio::task::spawn_blocking(move || archive::read(tip, assembly));
        match work.await {
            Ok(Err(ArchiveError::Sparse(cause))) => Err(FetchError::Upstream(GitError::Sparse(cause))),
            Ok(Err(ArchiveError::Tag(cause))) => Err(FetchError::Upstream(CloneError::Git(cause).into())),
            Ok(Err(ArchiveError::Signed(limit))) => {
                Err(FetchError::Upstream(CloneError::Wire(Excess::Signed(limit).into()).into()))
            }
            Ok(read) => read.map_err(|error| FetchError::Broken(error.to_string())),
            Err(error) => Err(FetchError::Upstream(GitError::Panicked(panic_text(error)))),
        }
    }

    fn discard(&self, place: &Place) {
        self.clones.discard(&place.tip.held);
    }

    fn forget(&self, uid: &str) {
        self.clones.forget(uid);
    }

    fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        self.clones.keep_only(current);
    }
}

/// Where a commit is, and what is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The commit.
    pub(crate) tip: Tip,
    /// What of it, and what besides.
    assembly: Assembly,
}

/// A clone to be brought up to date.
struct Work {
    run: Run,
    access: Access,
    target: Target,
    before: Option<String>,
    has_modules: bool,
    algorithms: Arc<Algorithms>,
    known: Option<String>,
    received: Arc<AtomicU64>,
}

/// Brings a clone up to date, on a thread that ends with the session's deadline or cancellation, and with which the turn
/// ends.
async fn update(work: Work, session: Session, turns: [Option<Turn>; 2]) -> Result<Found, GitError> {
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
    let work = move || {
        let _turns = turns;
        let received = Arc::clone(&work.received);
        let updated = bring(work, &session, &interrupt);
        received.fetch_add(session.received.load(Ordering::Relaxed), Ordering::Relaxed);
        match updated {
            // Interrupted in the middle of indexing: gix's own words would hide why.
            Err(GitError::Clone(CloneError::Git(_)) | GitError::Module(CloneError::Git(_)))
                if interrupt.load(Ordering::Relaxed) =>
            {
                Err(CloneError::Wire(Failure::Timeout).into())
            }
            outcome => outcome,
        }
    };
    let outcome = threads::run("fetch", work).await;
    watchdog.abort();
    match outcome {
        Ok(found) => found,
        Err(cause) => Err(GitError::Panicked(cause)),
    }
}

/// Brings a clone up to date, and those of its submodules.
fn bring(work: Work, session: &Arc<Session>, interrupt: &AtomicBool) -> Result<Found, GitError> {
    let Work { run, access, target, before, has_modules, algorithms, known, received: _ } = work;
    let http = || Http::new(Arc::clone(session));
    let kept = run.claim(&session.origin, &access, Purpose::of(&target))?;
    let updater = Updater {
        kept: &kept,
        url: session.origin.as_str(),
        http: &http,
        algorithms: &algorithms,
        exact: false,
        interrupt,
        known: known.as_deref(),
    };
    let (mut found, kept) = updater.update(&target)?;
    let Found::Revision { place: tip, .. } = &mut found else {
        run.unchanged(&kept);
        return Ok(found);
    };
    let mut used = Used::from([(kept.key(), HashSet::from([tip.commit.clone()]))]);
    if has_modules {
        let walk = modules::Walk { session, algorithms: &algorithms, interrupt, run: &run, access: &access };
        walk.fetch(tip, &mut used).map_err(GitError::Module)?;
    }
    run.settle(used);
    if let Some(before) = before {
        // Of what is only told, nobody waits long.
        let deadline = Instant::now() + http().left() / LINEAGE;
        let session = Arc::new(Session { deadline, ..Session::clone(session) });
        let http = || Http::new(Arc::clone(&session));
        let asking = Updater { kept: &kept, http: &http, ..updater };
        tip.leaves = asking.left(&target, &before, &tip.commit);
    }
    Ok(found)
}

fn panic_text(error: tokio::task::JoinError) -> String {
    error.try_into_panic().map_or_else(|error| error.to_string(), |cause| panic::text(&*cause))
}
