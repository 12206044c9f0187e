//! Git over http and https: what a repository has now, and its tree as an archive.
//!
//! Work on clones is blocking and runs on tokio's blocking threads. A thread that waits for a server holds no
//! permit, so that a slow server delays only its own repositories; what is limited is how many fetches one host
//! gets at a time, and (by the caller's permit) how many archives are made at a time, which is where CPU goes.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use artifact::store::Draft;
use parking_lot::Mutex;
use reconcile_core::panic;
use reqwest::Url;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) mod archive;
pub(crate) mod auth;
pub(crate) mod clone;
mod http;
pub(crate) mod refs;
pub(crate) mod semver;

use archive::ArchiveError;
use auth::{Credentials, Tls};
use clone::{CloneError, Found, Tip, Updater};
use http::{Failure, Http, Session};
use refs::Target;

/// Fetches that one host gets at a time.
const PER_HOST: usize = 16;
/// Most bytes that one fetch may receive.
const MAX_BYTES: u64 = 2 << 30;
/// HTTP clients that are kept, one per set of TLS material.
const MAX_CLIENTS: usize = 64;

/// What to look for, and where.
pub(crate) struct Request {
    /// The object's uid, which names its clone.
    pub(crate) uid: String,
    /// The address; credentials in it are not used.
    pub(crate) url: Url,
    /// What `spec.ref` asks for.
    pub(crate) target: Target,
    /// Credentials and TLS material.
    pub(crate) credentials: Arc<Credentials>,
    /// Limit of the whole operation.
    pub(crate) timeout: Duration,
    /// The revision that need not be fetched.
    pub(crate) known: Option<String>,
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("{0}")]
    Clone(#[from] CloneError),
    #[error("{0}")]
    Client(String),
    #[error("git failed unexpectedly: {0}")]
    Panicked(String),
    #[error("context canceled")]
    Cancelled,
}

/// All repositories' clones.
pub(crate) struct Git {
    root: PathBuf,
    user_agent: String,
    clients: Mutex<HashMap<Tls, reqwest::Client>>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Git {
    /// Clones live in `root`, which nobody serves.
    pub(crate) fn new(root: PathBuf, user_agent: String) -> Self {
        Self { root, user_agent, clients: Mutex::default(), hosts: Mutex::default() }
    }

    /// Asks the server and brings the clone up to date, unless the known revision is still the current one.
    pub(crate) async fn find(
        &self,
        mut request: Request,
        cancelled: CancellationToken,
    ) -> Result<Found, GitError> {
        http::strip_user(&mut request.url);
        let client = self.client(request.credentials.tls())?;
        let deadline = Instant::now() + request.timeout;
        let host = self.host(&request.url);
        let turn = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(GitError::Cancelled),
            turn = tokio::time::timeout_at(deadline, host.acquire_owned()) => turn,
        };
        let Ok(Ok(_turn)) = turn else { return Err(CloneError::Wire(Failure::Timeout).into()) };
        let path = clone::folder(&self.root, &request.uid, request.url.as_str(), &request.target);
        self.remove_others(&request.uid, &path);

        let interrupt = Arc::new(AtomicBool::new(false));
        let watchdog = {
            let (interrupt, cancelled) = (Arc::clone(&interrupt), cancelled.clone());
            tokio::spawn(async move {
                let _ = tokio::time::timeout_at(deadline, cancelled.cancelled()).await;
                interrupt.store(true, Ordering::Relaxed);
            })
        };
        let runtime = Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            let http = || {
                Http::new(Session {
                    client: client.clone(),
                    runtime: runtime.clone(),
                    origin: request.url.clone(),
                    credentials: Arc::clone(&request.credentials),
                    deadline,
                    cancelled: cancelled.clone(),
                    budget: MAX_BYTES,
                })
            };
            let updater = Updater {
                path: &path,
                url: request.url.as_str(),
                http: &http,
                interrupt: &interrupt,
                known: request.known.as_deref(),
            };
            let outcome = updater.update(&request.target);
            match outcome {
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

    /// Writes the archive of a commit into a draft; gives the draft back with the commit's subject.
    pub(crate) async fn archive(
        tip: &Tip,
        ignore: Option<String>,
        draft: Draft,
    ) -> Result<(Draft, String), ArchiveError> {
        let (path, commit) = (tip.clone.clone(), tip.commit.clone());
        let work =
            tokio::task::spawn_blocking(move || archive::write(&path, &commit, ignore.as_deref(), draft));
        work.await.unwrap_or_else(|error| Err(ArchiveError::Object(tip.commit.clone(), panic_text(error))))
    }

    /// Removes a broken clone, so that the next fetch makes it anew.
    pub(crate) fn discard(tip: &Tip) {
        remove(&tip.clone);
    }

    /// Removes every clone of an object.
    pub(crate) fn forget(&self, uid: &str) {
        self.remove_where(|owner, _| owner == uid);
    }

    /// Removes the clones of all objects but those with the uids that `current` gives. It is asked after the folder
    /// was listed: a clone that is made meanwhile is not in the list. The clone of an object that `current` does not
    /// know yet is lost; a run that is using it finds it broken and makes it anew.
    pub(crate) fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        let found = self.clones();
        let uids = current();
        for (owner, path) in found {
            if !uids.contains(&owner) {
                remove(&path);
            }
        }
    }

    fn remove_others(&self, uid: &str, path: &Path) {
        self.remove_where(|owner, found| owner == uid && found != path);
    }

    fn remove_where(&self, gone: impl Fn(&str, &Path) -> bool) {
        for (owner, path) in self.clones() {
            if gone(&owner, &path) {
                remove(&path);
            }
        }
    }

    /// Uid and folder of each clone.
    fn clones(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return Vec::new() };
        let owned = |entry: std::fs::DirEntry| {
            let name = entry.file_name();
            let owner = name.to_str().and_then(|name| name.split('.').next()).unwrap_or_default();
            (owner.to_owned(), entry.path())
        };
        entries.flatten().map(owned).collect()
    }

    fn host(&self, url: &Url) -> Arc<Semaphore> {
        let key =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
        let mut hosts = self.hosts.lock();
        hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
        Arc::clone(hosts.entry(key).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))))
    }

    /// A client for the TLS material; connections are reused between polls.
    fn client(&self, tls: &Tls) -> Result<reqwest::Client, GitError> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(tls) {
            return Ok(client.clone());
        }
        let client = build_client(tls, &self.user_agent)?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(tls.clone(), client.clone());
        Ok(client)
    }
}

fn build_client(tls: &Tls, user_agent: &str) -> Result<reqwest::Client, GitError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_secs(90));
    if let Some(ca) = &tls.ca {
        let certificates = reqwest::Certificate::from_pem_bundle(ca)
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| GitError::Client("'ca.crt' holds no certificate".to_owned()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some((certificate, key)) = &tls.identity {
        let pem = [certificate.as_slice(), b"\n", key.as_slice()].concat();
        let identity = reqwest::Identity::from_pem(&pem)
            .map_err(|_| GitError::Client("'tls.crt' and 'tls.key' are not a key pair".to_owned()))?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| GitError::Client(error.without_url().to_string()))
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path) {
        tracing::error!(error = %error, clone = %path.display(), "a clone cannot be removed");
    }
}

fn panic_text(error: tokio::task::JoinError) -> String {
    error.try_into_panic().map_or_else(|error| error.to_string(), |cause| panic::text(&*cause))
}
