//! The storage step: retention, and whether the published artifact is still what its status says
//! (contracts/source-controller.md 4.2 and 5.3). What a look at the disk means is decided without it.

use std::sync::Arc;
use std::time::SystemTime;

use api::condition::{ARTIFACT_IN_STORAGE, reason};
use artifact::store::{Place, Store, Stored};
use artifact::{Digest, StoreError};
use jiff::Timestamp;
use reconcile_core::events::Severity;
use tokio_util::sync::CancellationToken;

use super::notice::Notice;
use super::run::Run;
use crate::context::Context;
use crate::fault::Fault;
use crate::homes::{Restored, Untidy, Wanted};
use crate::kind::Kind;
use crate::published::{Published, Verdict};
use crate::status::Status;
use artifact::store::gc::{Kept, Retention};

#[cfg(test)]
mod tests;

/// What the disk said.
#[derive(Debug)]
struct Looked {
    verdict: Verdict,
    /// The artifact was lost or altered, and somebody else had it.
    is_restored: bool,
    collected: Result<usize, StoreError>,
}

/// Drops an artifact that is lost or altered, and that nobody else has, from the status, and renews its address.
pub(super) async fn check<K: Kind>(run: &mut Run<K>, cancelled: &CancellationToken) -> Result<(), Fault> {
    let looked = match run.status.artifact.clone() {
        Some(artifact) => {
            let wanted = Wanted::of(&artifact);
            let looked = look_at(run, artifact.path, artifact.digest).await?;
            Some(restore(run, wanted, looked, cancelled).await?)
        }
        None => None,
    };
    if cancelled.is_cancelled() {
        return Err(Fault::cancelled());
    }
    let generation = run.generation;
    let events = settle(&mut run.status, looked, &run.ctx.options.advertised, generation);
    for event in events {
        run.event(event);
    }
    Ok(())
}

/// Takes a lost artifact from where else it is. One that was altered is told of all the same.
async fn restore<K: Kind>(
    run: &Run<K>,
    wanted: Option<Wanted>,
    looked: Looked,
    cancelled: &CancellationToken,
) -> Result<Looked, Fault> {
    let Some(wanted) = wanted.filter(|_| looked.verdict != Verdict::Intact) else { return Ok(looked) };
    match brought(run, &wanted, cancelled).await {
        Ok(Restored::Intact) => Ok(Looked { is_restored: true, ..looked }),
        Ok(Restored::Nowhere) => Ok(looked),
        Err(error) => Err(Fault::storage(reason::STAT_OPERATION_FAILED, error.to_string())),
    }
}

/// Of an object that is not worked on: its artifact is published still, and is had from where else it is when it is lost.
/// Nothing else is done, and nothing is said.
pub(super) async fn bring_back<K: Kind>(run: &Run<K>, cancelled: &CancellationToken) {
    let Some(wanted) = run.status.artifact.as_ref().and_then(Wanted::of) else { return };
    if let Err(error) = brought(run, &wanted, cancelled).await {
        tracing::error!(path = wanted.path, error = %error, "the artifact could not be brought back");
    }
}

async fn brought<K: Kind>(
    run: &Run<K>,
    wanted: &Wanted,
    cancelled: &CancellationToken,
) -> Result<Restored, StoreError> {
    let is_ours = place(run).is_ok_and(|place| wanted.path.starts_with(&place.path_of("")));
    let is_older = |latest: Stored| latest.path != wanted.path || !latest.digest.same_as(&wanted.digest);
    if !is_ours || run.ctx.published.latest(&wanted.path).is_some_and(is_older) {
        return Ok(Restored::Nowhere);
    }
    run.ctx.published.expect(&wanted.path, &wanted.digest);
    run.ctx.homes.restore(wanted, cancelled).await
}

/// Puts the artifact of the status into the object store, if there is one.
pub(super) fn keep<K: Kind>(run: &Run<K>) -> impl Future<Output = Option<Untidy>> + Send + use<K> {
    let (ctx, wanted) = (Arc::clone(&run.ctx), run.status.artifact.as_ref().and_then(Wanted::of));
    async move { ctx.homes.second()?.keep(&ctx.storage, &wanted?).await }
}

/// Removes from the object store what nobody needs now that the status is written.
pub(super) async fn tidy<K: Kind>(run: &Run<K>, untidy: Untidy) {
    let (Ok(place), Some(second)) = (place(run), run.ctx.homes.second()) else { return };
    second.tidy(&run.ctx.storage, untidy, &kept(&run.ctx, &place), Timestamp::now()).await;
}

/// What of an object's artifacts somebody runs.
fn kept(ctx: &Context, place: &Place) -> Kept {
    ctx.applied.kept(place.path_of("").trim_end_matches('/'))
}

async fn look_at<K: Kind>(run: &Run<K>, path: String, digest: String) -> Result<Looked, Fault> {
    let place = place(run)?;
    let ctx = Arc::clone(&run.ctx);
    let looked = tokio::task::spawn_blocking(move || {
        let Context { storage, published, options, .. } = ctx.as_ref();
        look(storage, published, &place, &path, &digest, (&options.retention, &kept(&ctx, &place)))
    })
    .await;
    match looked {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(error)) => Err(Fault::storage(reason::STAT_OPERATION_FAILED, error.to_string())),
        Err(error) => Err(Fault::storage(reason::STAT_OPERATION_FAILED, error.to_string())),
    }
}

/// Makes the status and the events of what the disk said; `looked` is `None` when the status names no artifact.
fn settle(status: &mut Status, looked: Option<Looked>, advertised: &str, generation: i64) -> Vec<Notice> {
    let mut events = Vec::new();
    let mut lost = false;
    if let Some(looked) = looked {
        match looked.collected {
            Ok(0) => {}
            Ok(count) => events.push(Notice {
                severity: Severity::Trace,
                reason: reason::GARBAGE_COLLECTION_SUCCEEDED,
                message: format!("garbage collected {count} artifacts"),
            }),
            Err(error) => events.push(Notice {
                severity: Severity::Error,
                reason: reason::GARBAGE_COLLECTION_FAILED,
                message: format!("garbage collection of artifacts failed: {error}"),
            }),
        }
        lost = looked.verdict != Verdict::Intact && !looked.is_restored;
        if let Verdict::Differs(actual) = looked.verdict {
            let stated = status.artifact.as_ref().map_or("", |artifact| artifact.digest.as_str());
            events.push(Notice {
                severity: Severity::Error,
                reason: reason::ARTIFACT_VERIFICATION_FAILED,
                message: format!(
                    "failed to verify integrity of artifact: computed digest '{actual}' doesn't match '{stated}'"
                ),
            });
        }
        if lost {
            status.artifact = None;
            status.url = None;
        }
    }
    match &mut status.artifact {
        Some(artifact) => {
            artifact.url = format!("{advertised}/{}", artifact.path);
            let link = status.url.as_deref().and_then(|url| url.rsplit('/').next());
            let folder = artifact.path.rsplit_once('/').map(|(folder, _)| folder);
            status.url = link.zip(folder).map(|(link, folder)| format!("{advertised}/{folder}/{link}"));
        }
        None => {
            let message =
                if lost { "building artifact: disappeared from storage" } else { "building artifact" };
            // A new object says which generation it is about until its first artifact is being built.
            status.progress(true, message, generation);
            status.remove(ARTIFACT_IN_STORAGE);
        }
    }
    events
}

/// Collects garbage and compares the artifact at `path` with its digest; one that differs is removed. Blocking.
fn look(
    storage: &Store,
    published: &Published,
    place: &Place,
    path: &str,
    digest: &str,
    (retention, kept): (&Retention, &Kept),
) -> Result<Looked, StoreError> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let latest = published.latest(path);
    let newest = latest.as_ref().and_then(|stored| stored.path.rsplit('/').next()).unwrap_or_default();
    let collected = storage.collect(place, &[file, newest], retention, kept, SystemTime::now());
    if matches!(collected, Ok(1..)) {
        published.forget_missing(storage, place);
    }
    // A status that some other controller wrote may name what can never be here.
    let Ok(digest) = Digest::parse(digest) else {
        return Ok(Looked { verdict: Verdict::Missing, is_restored: false, collected });
    };
    if place.path_of(file) != path {
        return Ok(Looked { verdict: Verdict::Missing, is_restored: false, collected });
    }
    if latest.is_some_and(|stored| stored.path == path && !stored.digest.same_as(&digest)) {
        // The status at hand is older than the file: it is not what it says, but whoever knows the newer one needs it.
        return Ok(Looked { verdict: Verdict::Missing, is_restored: false, collected });
    }
    let verdict = published.verify(storage, path, &digest)?;
    if matches!(verdict, Verdict::Differs(_)) {
        storage.remove(path)?;
    }
    Ok(Looked { verdict, is_restored: false, collected })
}

/// The object's folder.
pub(super) fn place<K: Kind>(run: &Run<K>) -> Result<Place, Fault> {
    Place::new(K::CONTROLLER, &run.key.namespace, &run.key.name)
        .map_err(|error| Fault::storage(reason::INVALID_PATH, error.to_string()))
}
