//! Buckets of object stores as an upstream: which objects there are now, and their content
//! (contracts/source-controller.md 8; why the clients are our own: docs/design/0017).
//!
//! ```text
//! who asks (login) ─▶ first page of the list ─▶ .sourceignore ─▶ other pages ─▶ index ─▶ revision, unchanged?
//!                                                                                 └─▶ what is not kept is fetched ─▶ place
//! ```
//!
//! A poll without news is a list, and a question whether `.sourceignore` has changed. The content of an object is kept by
//! key and ETag, so that only what changed is fetched. An object that vanishes or changes meanwhile is taken as it is then,
//! and so is the revision.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use artifact::Algorithm;
use artifact::ignore::{Rules, TooMuch};
use parking_lot::Mutex;
use reconcile_core::gate::{MemoryGate, Reservation};
use reqwest::Url;
use tokio_util::sync::CancellationToken;

mod ask;
pub(crate) mod azure;
mod content;
mod download;
mod failure;
pub(crate) mod google;
mod index;
mod kept;
pub(crate) mod keys;
mod list;
pub(crate) mod login;
pub(crate) mod s3;
mod store;
#[cfg(test)]
mod tests;
mod wire;
pub(crate) mod xml;

use content::Objects;
pub(crate) use failure::Failure;
use index::Most;
use kept::{Kept, Shelf};
use keys::KeyError;
use login::{Login, Users};
pub(crate) use store::Store;
use wire::Wire;

use crate::access::Access;
use crate::git::clients::{ClientError, Clients, Reach};
use crate::git::turns::{Turn, Turns};
use crate::memory::{Memory, SMALL};
use crate::upstream::{FetchError, Fetched, Resolved, Upstream};
use crate::verify::Evidence;

/// Buckets that are listed and fetched at a time.
const TURNS: usize = 16;
/// Objects that an archive has.
const MAX_OBJECTS: usize = 100_000;
/// Bytes of an object, and of all.
const MAX_BYTES: (u64, u64) = (256 << 20, 512 << 20);
/// Memory for a bucket that needs more than every fetch has without asking.
const LARGE: u64 = 128 << 20;
/// Bytes of a page, where there is memory for it.
const MAX_PAGE: u64 = 8 << 20;

/// What to look for, and where.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The object's uid, which names what is kept.
    pub(crate) uid: String,
    /// The store, and the bucket in it.
    pub(crate) store: Store,
    /// The store's address.
    pub(crate) url: Url,
    /// Who asks.
    pub(crate) login: Login,
    /// `spec.ignore`.
    pub(crate) ignore: Option<String>,
    /// Limit of listing, and of fetching.
    pub(crate) timeout: Duration,
    /// How many objects there are, once that is known.
    pub(crate) found: Arc<AtomicUsize>,
}

/// Where the content of a revision is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    revision: artifact::Digest,
    count: usize,
    objects: Objects,
}

/// Why there is no artifact.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// No way there.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// Nobody says who asks.
    #[error("{0}")]
    Identity(String),
    /// Whether there is such a bucket cannot be told.
    #[error("{0}")]
    Existence(Failure),
    /// There is no such bucket.
    #[error("there is no such bucket")]
    NotFound,
    /// The ignore rules cannot be had.
    #[error("{0}")]
    Rules(Failure),
    /// There are too many of them.
    #[error("{0}; remove some")]
    TooManyRules(#[from] TooMuch),
    /// The list cannot be had.
    #[error("{0}")]
    List(Failure),
    /// An object cannot be had.
    #[error("failed to get '{key}' object: {cause}")]
    Object {
        /// Which, without what a terminal obeys.
        key: String,
        /// Why.
        cause: Failure,
    },
    /// An object has no place in an archive.
    #[error("failed to get '{key}' object: {cause}")]
    Key {
        /// As above.
        key: String,
        /// Why.
        cause: KeyError,
    },
    /// What is fetched cannot be kept.
    #[error("{0}")]
    Disk(String),
    /// The run was asked to end.
    #[error("context canceled")]
    Cancelled,
}

/// All object stores.
pub(crate) struct Buckets {
    clients: Clients,
    users: Users,
    kept: Kept,
    turns: Turns,
    memory: MemoryGate,
    /// Of revisions.
    algorithm: Algorithm,
    /// In which region a bucket is that did not say.
    regions: Mutex<HashMap<String, String>>,
    /// Bytes of content of all fetches.
    received: Arc<AtomicU64>,
}

/// What one try may take.
struct Means {
    turn_at: Url,
    most: Most,
    page: u64,
    memory: Option<Arc<Reservation>>,
}

impl Buckets {
    /// What is fetched is kept in `folder`, which nobody serves. Counts bytes in `received`.
    pub(crate) fn new(
        folder: PathBuf,
        user_agent: String,
        algorithm: Algorithm,
        memory: &Memory,
        received: Arc<AtomicU64>,
    ) -> Self {
        Self {
            clients: Clients::new(user_agent),
            users: Users::default(),
            kept: Kept::new(folder),
            turns: Turns::new(TURNS),
            memory: memory.large.clone(),
            algorithm,
            regions: Mutex::default(),
            received,
        }
    }

    /// One try, with so much memory.
    async fn attempt(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
        means: &Means,
    ) -> Result<Resolved<Place>, BucketError> {
        let client = self.clients.client(access.tls(), access.proxy(), Reach::Anywhere)?;
        let wire = Wire::new(client.clone(), access, spec.timeout, cancelled);
        let (store, proof, first) = self.first_page(&wire, spec).await?;
        // Who waits for a busy host or a slow one holds turns of its own namespace only; who gets no answer holds none.
        let _turn: Turn =
            wire.wait(self.turns.turn(access.namespace(), &means.turn_at)).await.map_err(listing)?;
        let shelf = self.kept.shelf(&spec.uid, &store.place());
        let noted = self.rules(&wire, &store, &proof, &shelf).await?;
        let rules = Arc::new(rules(noted.as_deref(), spec.ignore.as_deref())?);
        let mut index = self.index(&wire, (&store, &proof), first, &rules, means).await?;
        spec.found.store(index.len(), Ordering::Relaxed);
        if index.is(known) {
            return Ok(Resolved::Unchanged);
        }
        index.check(&means.most).map_err(listing)?;
        let wire = Wire::new(client, access, spec.timeout, cancelled);
        self.kept.forget_but(&spec.uid, &shelf).await?;
        let files = self.bring(&wire, (&store, &proof), &shelf, &mut index, noted.is_some(), means).await?;
        spec.found.store(index.len(), Ordering::Relaxed);
        if index.is(known) {
            return Ok(Resolved::Unchanged);
        }
        let revision = index.revision(self.algorithm);
        let objects = Objects { shelf, files: Arc::new(files), rules: noted, _memory: means.memory.clone() };
        let (text, count) = (revision.to_string(), index.len());
        Ok(Resolved::Revision { revision: text, place: Place { revision, count, objects } })
    }
}

/// The rules of the bucket's file and of the spec, and nothing besides (contract 5.5).
fn rules(noted: Option<&Vec<u8>>, ignore: Option<&str>) -> Result<Rules, TooMuch> {
    let mut rules = Rules::none();
    if let Some(text) = noted {
        rules.add(&String::from_utf8_lossy(text), "")?;
    }
    rules.add(ignore.unwrap_or_default(), "")?;
    Ok(rules)
}

fn existence(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        Failure::Identity(text) => BucketError::Identity(text),
        failure => BucketError::Existence(failure),
    }
}

fn listing(failure: Failure) -> BucketError {
    match failure {
        Failure::Cancelled => BucketError::Cancelled,
        failure => BucketError::List(failure),
    }
}

/// A key for people.
fn shown(key: &str) -> String {
    crate::foreign::clean(&artifact::path::quoted(key))
}

fn misplaced((key, cause): (&str, KeyError)) -> BucketError {
    BucketError::Key { key: shown(key), cause }
}

/// Work that waits for a disk, or takes its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BucketError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BucketError::Disk(error.to_string()))
}

impl Kept {
    async fn forget_but(&self, uid: &str, shelf: &Shelf) -> Result<(), BucketError> {
        let (kept, uid, shelf) = (self.clone(), uid.to_owned(), shelf.clone());
        blocking(move || kept.forget(&uid, Some(&shelf))).await
    }
}

impl Upstream for Buckets {
    type Spec = Spec;
    type Place = Place;
    type Content = Objects;
    type Error = BucketError;

    async fn resolve(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Place>, BucketError> {
        if cancelled.is_cancelled() {
            return Err(BucketError::Cancelled);
        }
        let most = |memory| Most { objects: MAX_OBJECTS, bytes: MAX_BYTES, memory };
        let turn_at = spec.url.clone();
        let small = Means { turn_at: turn_at.clone(), most: most(SMALL / 2), page: SMALL / 2, memory: None };
        match self.attempt(spec, access, known, cancelled, &small).await {
            Err(BucketError::List(Failure::Memory)) => {}
            outcome => return outcome,
        }
        let bytes = LARGE.min(self.memory.limit());
        let leave = async {
            let turn = self.turns.large(access.namespace()).await;
            (turn, self.memory.enter(access.namespace(), bytes).await)
        };
        let leave = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(BucketError::Cancelled),
            leave = tokio::time::timeout(spec.timeout, leave) => leave,
        };
        let Ok((_turn, Ok(memory))) = leave else {
            return Err(BucketError::List(Failure::Timeout("context deadline exceeded".to_owned())));
        };
        let page = MAX_PAGE.min(bytes / 8);
        let large = Means { turn_at, most: most(bytes / 2), page, memory: Some(Arc::new(memory)) };
        match self.attempt(spec, access, known, cancelled, &large).await {
            Err(BucketError::List(Failure::Memory)) => {
                let text = format!("the list of objects needs more than {bytes} bytes of memory");
                Err(BucketError::List(Failure::Excess(text)))
            }
            outcome => outcome,
        }
    }

    async fn fetch(
        &self,
        place: &Place,
        cancelled: &CancellationToken,
    ) -> Result<Fetched<Objects>, FetchError<BucketError>> {
        if cancelled.is_cancelled() {
            return Err(FetchError::Upstream(BucketError::Cancelled));
        }
        Ok(Fetched {
            content: place.objects.clone(),
            evidence: Evidence { digest: place.revision.to_string(), signed: None, attested: None },
            file: place.revision.hex().to_owned(),
            subject: place.count.to_string(),
            metadata: std::collections::BTreeMap::new(),
        })
    }

    fn discard(&self, place: &Place) {
        place.objects.shelf.discard();
    }

    fn forget(&self, uid: &str) {
        self.kept.forget(uid, None);
    }

    fn keep_only(&self, current: impl FnOnce() -> HashSet<String>) {
        self.kept.keep_only(current);
    }
}
