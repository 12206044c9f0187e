//! From verified content to a published archive: pack, then publish (contracts/source-controller.md 5). The archive is
//! under no name until it is whole. When it happens is `reconcile`'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Artifact;
use api::condition::{ARTIFACT_OUTDATED, FETCH_FAILED, STORAGE_OPERATION_FAILED, reason};
use artifact::pack::{Kept, Pieces};
use artifact::store::{Draft, Place, Store, Stored};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::budget::EndsWith;
use reconcile_core::gate::Reservation;
use reconcile_core::panic;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::run::Run;
use crate::context::Context;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::pieces::Former;
use crate::published::Published;
use crate::status::{Status, VERIFIED_BY, VERIFIED_MODE};
use crate::upstream::{Content, FetchError, Means, PackError};
use crate::verify::Verified;

#[cfg(test)]
mod tests;

/// An archive may take this long, however short `spec.timeout` is: that is about servers, for those who wrote it.
const LEAST_TIME: Duration = Duration::from_secs(60);

/// Flux's reason for an include that cannot be put where it belongs; it has no constant for it either.
const COPY_FAILURE: &str = "CopyFailure";

/// Bytes of memory that an archive is given at first.
pub(super) const FIRST: u64 = 8 << 20;

/// Why a step between fetch and publish failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setback {
    /// What is kept on our side is broken: it is discarded, and the steps are taken once more.
    Broken(String),
    /// Nothing is gained by doing it again.
    Failed(Fault),
}

impl Setback {
    /// What a fetch gave instead of content; `explain` finds the words for upstream's part.
    pub(super) fn of_fetch<E>(error: FetchError<E>, explain: impl FnOnce(E) -> Fault) -> Self {
        match error {
            FetchError::Broken(cause) => Self::Broken(cause),
            FetchError::Upstream(error) => Self::Failed(explain(error)),
        }
    }

    /// The fault when it is not done once more.
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Broken(cause) => Fault::storage(reason::ARCHIVE_OPERATION_FAILED, cause),
            Self::Failed(fault) => fault,
        }
    }
}

impl From<PackError> for Setback {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Broken(cause) => Self::Broken(cause),
            PackError::Cancelled => Self::Failed(Fault::cancelled()),
            PackError::Refused(cause) => {
                let (condition, reason) = (STORAGE_OPERATION_FAILED, reason::ARCHIVE_OPERATION_FAILED);
                Self::Failed(Fault::excess(condition, reason, &unable(&cause)))
            }
            PackError::Include(cause) => Self::Failed(Fault::storage(COPY_FAILURE, cause)),
            PackError::Upstream { cause, is_excess } => {
                let (condition, reason) = (FETCH_FAILED, reason::OCI_LAYER_OPERATION_FAILED);
                Self::Failed(if is_excess {
                    Fault::excess(condition, reason, &cause)
                } else {
                    Fault::retry(condition, reason, cause)
                })
            }
            PackError::Memory | PackError::Write(_) => Self::Failed(not_archived(&error.to_string())),
        }
    }
}

impl From<Fault> for Setback {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// What may be spent on an archive besides what its content's own limits allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience<'a> {
    /// Its time.
    pub(super) time: Duration,
    /// Ends it.
    pub(super) cancelled: &'a CancellationToken,
}

impl<'a> Patience<'a> {
    /// For an object with this time limit.
    pub(super) fn of(timeout: Duration, cancelled: &'a CancellationToken) -> Self {
        Self { time: timeout.max(LEAST_TIME), cancelled }
    }

    /// Waits until it is over; says what that means.
    async fn ends(self) -> Fault {
        if tokio::time::timeout(self.time, self.cancelled.cancelled()).await.is_ok() {
            return Fault::cancelled();
        }
        let message = unable(&format!("it took longer than {}s", self.time.as_secs()));
        Fault::throttled(STORAGE_OPERATION_FAILED, reason::ARCHIVE_OPERATION_FAILED, &message)
    }
}

/// What became of making an archive.
pub(super) enum Packed<C> {
    /// It is there, and these are its pieces.
    Whole(Box<Draft>, Pieces),
    /// The content needs more memory than this, and there was no more. Whoever has it gives all back before more is
    /// asked for.
    Starved {
        /// The content, to try again with.
        content: C,
        /// What it had.
        had: u64,
    },
}

/// How much memory is tried next; it is the content's fault if there is no more than it `had`.
pub(super) fn more(had: u64, limit: u64) -> Result<u64, Setback> {
    if had < limit {
        return Ok(had.saturating_mul(4).min(limit));
    }
    let cause =
        format!("it needs more than the {limit} bytes of memory there are for archives (--memory-gate)");
    Err(PackError::Refused(cause).into())
}

/// Makes the archive, under no name yet. Returns only when no thread is at it any more.
pub(super) async fn pack<C: Content>(
    storage: &Store,
    place: &Place,
    content: C,
    ignore: Option<String>,
    patience: Patience<'_>,
    memory: Reservation,
    former: Option<Former>,
) -> Result<Packed<C>, Setback> {
    let mut draft = storage.begin(place).map_err(|error| {
        let message = format!("failed to create artifact directory: {error}");
        Fault::storage(reason::DIRECTORY_CREATION_FAILED, message)
    })?;
    let owner = EndsWith::default();
    let memory = Arc::new(memory);
    let cancel = owner.0.clone();
    let mut packing = tokio::task::spawn_blocking(move || {
        // Without it everything is made anew.
        let kept = former.and_then(|former| Kept::open(&former.file, former.pieces).ok());
        let means = Means { cancel, memory: Some(Arc::clone(&memory)), kept, ..Means::default() };
        match content.pack(ignore.as_deref(), &means, &mut draft) {
            Ok(()) => Ok(Packed::Whole(Box::new(draft), means.pieces.into_inner())),
            Err(PackError::Memory) => Ok(Packed::Starved { content, had: memory.bytes() }),
            Err(error) => Err(error),
        }
    });
    let (packed, end) = tokio::select! {
        packed = &mut packing => (packed, None),
        end = patience.ends() => {
            owner.0.cancel();
            (packing.await, Some(end))
        }
    };
    match packed {
        Ok(Err(PackError::Cancelled)) => Err(end.unwrap_or_else(Fault::cancelled).into()),
        Ok(packed) => Ok(packed?),
        Err(error) => {
            let cause =
                error.try_into_panic().map_or_else(|error| error.to_string(), |cause| panic::text(&*cause));
            Err(Setback::Broken(cause))
        }
    }
}

/// Gives the archive its name, for everybody to fetch.
pub(super) async fn publish(published: &Arc<Published>, draft: Draft, file: &str) -> Result<Stored, Fault> {
    let name = format!("{file}.tar.gz");
    let published = Arc::clone(published);
    match tokio::task::spawn_blocking(move || published.publish(draft, &name)).await {
        Ok(Ok(stored)) => Ok(stored),
        Ok(Err(error)) => Err(not_archived(&error.to_string())),
        Err(error) => Err(not_archived(&error.to_string())),
    }
}

/// As [`publish`], under a whole name and a link that stands for the newest. Gives the link's path.
pub(super) async fn publish_linked(
    ctx: &Arc<Context>,
    place: &Place,
    draft: Draft,
    name: String,
    link: &'static str,
) -> Result<(Stored, String), Fault> {
    let (ctx, place) = (Arc::clone(ctx), place.clone());
    let published = tokio::task::spawn_blocking(move || {
        let stored = ctx.published.publish(draft, &name)?;
        // The artifact is there without the link, too.
        if let Err(error) = ctx.storage.link(&place, link, &name) {
            tracing::error!(error = %error, "the link to the latest artifact could not be renewed");
        }
        Ok::<_, artifact::StoreError>((stored, place.path_of(link)))
    });
    match published.await {
        Ok(Ok(published)) => Ok(published),
        Ok(Err(error)) => Err(not_archived(&error.to_string())),
        Err(error) => Err(not_archived(&error.to_string())),
    }
}

/// What an archive was made with.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// `spec.ignore`.
    pub(super) ignore: Option<String>,
    /// What else the status says of it.
    pub(super) observed: Map<String, Value>,
    /// For `status.artifact.metadata`.
    pub(super) metadata: BTreeMap<String, String>,
}

/// Makes a link to the archive beside it; its address.
pub(super) async fn link<K: Kind>(
    run: &Run<K>,
    stored: &Stored,
    name: &'static str,
) -> Result<Option<String>, Fault> {
    let place = super::storage::place(run)?;
    let url = format!("{}/{}", run.ctx.options.advertised, place.path_of(name));
    let file = stored.path.rsplit('/').next().unwrap_or_default().to_owned();
    let storage = run.ctx.storage.clone();
    let linked = tokio::task::spawn_blocking(move || storage.link(&place, name, &file)).await;
    match linked {
        Ok(Ok(())) => Ok(Some(url)),
        // The artifact is there without it.
        Ok(Err(error)) => {
            tracing::error!(error = %error, "the link to the latest artifact could not be made");
            Ok(run.status.url.clone())
        }
        Err(error) => Err(not_archived(&error.to_string())),
    }
}

/// Makes the status say what is published, and with which settings. Nothing is said of what was not verified.
pub(super) fn record(
    status: &mut Status,
    stored: Stored,
    verified: &Verified,
    settings: Settings,
    advertised: &str,
    now: Timestamp,
) {
    // Kubernetes keeps whole seconds.
    let now = Timestamp::from_second(now.as_second()).unwrap_or_default();
    status.artifact = Some(Artifact {
        url: format!("{advertised}/{}", stored.path),
        path: stored.path,
        revision: verified.revision().to_owned(),
        digest: stored.digest.to_string(),
        last_update_time: Time(now),
        size: i64::try_from(stored.size).ok(),
        metadata: settings.metadata,
    });
    status.observed_ignore = settings.ignore;
    // Only now: an older artifact must not count as verified because a newer one was, and could not be stored.
    let attested = status.observed.remove(VERIFIED_BY).filter(|_| verified.is_attested());
    status.observed = settings.observed;
    if let Some(fingerprint) = attested {
        status.observed.insert(VERIFIED_BY.to_owned(), fingerprint);
    }
    if let Some(proof) = verified.proof() {
        status.observed.insert(VERIFIED_MODE.to_owned(), json!(proof.mode.name()));
        status.observed.insert(VERIFIED_BY.to_owned(), json!(proof.fingerprint));
    }
    status.remove(ARTIFACT_OUTDATED);
}

fn not_archived(cause: &str) -> Fault {
    Fault::storage(reason::ARCHIVE_OPERATION_FAILED, unable(cause))
}

fn unable(cause: &str) -> String {
    format!("unable to archive artifact to storage: {cause}")
}
