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
pub(crate) mod key_text;
pub(crate) mod keys;
mod list;
pub(crate) mod login;
mod page;
pub(crate) mod s3;
mod store;
#[cfg(test)]
mod tests;
mod wire;
pub(crate) mod xml;

use content::Objects;
pub(crate) use failure::{BucketError, Failure};
use failure::{existence, listing};
use index::{Index, Most};
use kept::{Kept, Shelf};
use login::{Login, Users};
pub(crate) use store::Store;
use wire::Wire;

use crate::access::Access;
use crate::git::clients::{Clients, Reach};
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
/// Bytes of ignore rules that are read without asking for memory: what is made of them takes many times that.
const SMALL_RULES: usize = 64 << 10;

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

/// All object stores.
pub(crate) struct Buckets {
    clients: Clients,
    users: Users,
    kept: Kept,
    turns: Turns,
    memory: MemoryGate,
    /// Of revisions.
    algorithm: Algorithm,
    /// In which region a bucket is that did not say. By namespace, too: what somebody was told by way of their own proxy is
    /// nobody else's.
    regions: Mutex<HashMap<(String, String), String>>,
    /// Bytes of content of all fetches.
    received: Arc<AtomicU64>,
}

/// What one try may take.
struct Means {
    most: Most,
    page: u64,
    /// Memory that is waited for.
    reserve: Option<u64>,
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
        let mut wire = Wire::new(client, access, spec.timeout, cancelled);
        let _leave: Option<Turn> = match means.reserve {
            Some(_) => Some(wire.wait(self.turns.large(access.namespace())).await.map_err(listing)?),
            None => None,
        };
        wire.begin(spec.timeout);
        let outcome = self.attempt_by(&mut wire, spec, known, means).await;
        // Whoever chose the keys may have chosen what nobody may read.
        outcome.map_err(|error| error.masked(|text| wire.access.redact(text)))
    }

    async fn attempt_by(
        &self,
        wire: &mut Wire<'_>,
        spec: &Spec,
        known: Option<&str>,
        means: &Means,
    ) -> Result<Resolved<Place>, BucketError> {
        let (store, proof, first) = self.first_page(wire, spec).await?;
        // Who waits for a busy host or a slow one holds turns of its own namespace only; who gets no answer holds none.
        let turn = self.turns.turn(wire.access.namespace(), &spec.url);
        let _turn: Turn = wire.wait(turn).await.map_err(listing)?;
        let memory = self.reserve(wire, means).await?;
        let shelf = self.kept.shelf(&spec.uid, &store.place());
        let noted = self.rules(wire, &store, &proof, &shelf).await?;
        let rules = read(noted.as_ref(), spec.ignore.as_ref(), means).await?;
        let index = self.index(wire, (&store, &proof), first, &rules, means).await?;
        spec.found.store(index.len(), Ordering::Relaxed);
        let (index, Some(_)) = self.news(index, known).await? else { return Ok(Resolved::Unchanged) };
        index.check(&means.most).map_err(listing)?;
        wire.begin(spec.timeout);
        self.kept.forget_but(&spec.uid, &shelf).await?;
        let (index, files) =
            self.bring(wire, (&store, &proof), &shelf, index, noted.is_some(), means).await?;
        spec.found.store(index.len(), Ordering::Relaxed);
        let (index, Some(revision)) = self.news(index, known).await? else { return Ok(Resolved::Unchanged) };
        let objects = Objects { shelf, files: Arc::new(files), rules: noted, _memory: memory };
        let (text, count) = (revision.to_string(), index.len());
        Ok(Resolved::Revision { revision: text, place: Place { revision, count, objects } })
    }

    /// The memory that is needed beforehand. Whoever waits for it has a turn already.
    async fn reserve(&self, wire: &Wire<'_>, means: &Means) -> Result<Option<Arc<Reservation>>, BucketError> {
        let Some(bytes) = means.reserve else { return Ok(None) };
        let entered = wire.wait(self.memory.enter(wire.access.namespace(), bytes)).await.map_err(listing)?;
        let memory = entered.map_err(|error| BucketError::List(Failure::Excess(error.to_string())))?;
        Ok(Some(Arc::new(memory)))
    }

    /// The revision of an index; none if it is the one that was known.
    async fn news(
        &self,
        index: Index,
        known: Option<&str>,
    ) -> Result<(Index, Option<artifact::Digest>), BucketError> {
        let (algorithm, known) = (self.algorithm, known.map(str::to_owned));
        blocking(move || {
            let news = index.news(known.as_deref(), algorithm);
            (index, news)
        })
        .await
    }
}

/// Reads the rules of the bucket's file and of the spec.
async fn read(
    noted: Option<&Arc<Vec<u8>>>,
    ignore: Option<&String>,
    means: &Means,
) -> Result<Arc<Rules>, BucketError> {
    let bytes = noted.map_or(0, |text| text.len()) + ignore.map_or(0, String::len);
    if bytes > SMALL_RULES && means.reserve.is_none() {
        return Err(BucketError::List(Failure::Memory));
    }
    let (noted, ignore) = (noted.cloned(), ignore.cloned());
    let read = blocking(move || rules(noted.as_deref(), ignore.as_deref())).await?;
    Ok(Arc::new(read?))
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
        let small = Means { most: most(SMALL / 2), page: SMALL / 2, reserve: None };
        match self.attempt(spec, access, known, cancelled, &small).await {
            Err(BucketError::List(Failure::Memory)) => {}
            outcome => return outcome,
        }
        let bytes = LARGE.min(self.memory.limit());
        let page = MAX_PAGE.min(bytes / 8);
        let large = Means { most: most(bytes / 2), page, reserve: Some(bytes) };
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
