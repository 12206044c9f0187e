//! The storage step: retention, and whether the published artifact is still what its status says
//! (contracts/source-controller.md 4.2 and 5.3). What a look at the disk means is decided without it.

use std::sync::Arc;
use std::time::SystemTime;

use api::condition::{ARTIFACT_IN_STORAGE, reason};
use artifact::store::{Place, Store};
use artifact::{Digest, StoreError};
use reconcile_core::events::Severity;

use super::notice::Notice;
use super::run::Run;
use crate::context::Context;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::published::{Published, Verdict};
use crate::status::Status;
use artifact::store::gc::Retention;

#[cfg(test)]
mod tests;

/// What the disk said.
#[derive(Debug)]
struct Looked {
    verdict: Verdict,
    collected: Result<usize, StoreError>,
}

/// Drops an artifact that is lost or altered from the status, and renews its address.
pub(super) async fn check<K: Kind>(run: &mut Run<K>) -> Result<(), Fault> {
    let looked = match run.status.artifact.clone() {
        Some(artifact) => Some(look_at(run, artifact.path, artifact.digest).await?),
        None => None,
    };
    let generation = run.generation;
    let events = settle(&mut run.status, looked, &run.ctx.options.advertised, generation);
    for event in events {
        run.event(event);
    }
    Ok(())
}

async fn look_at<K: Kind>(run: &Run<K>, path: String, digest: String) -> Result<Looked, Fault> {
    let place = place(run)?;
    let ctx = Arc::clone(&run.ctx);
    let looked = tokio::task::spawn_blocking(move || {
        let Context { storage, published, options, .. } = ctx.as_ref();
        look(storage, published, &place, &path, &digest, &options.retention)
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
        lost = looked.verdict != Verdict::Intact;
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
    retention: &Retention,
) -> Result<Looked, StoreError> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let latest = published.latest(path);
    let newest = latest.as_ref().and_then(|stored| stored.path.rsplit('/').next()).unwrap_or_default();
    let collected = storage.collect(place, &[file, newest], retention, SystemTime::now());
    if matches!(collected, Ok(1..)) {
        published.forget_missing(storage, place);
    }
    // A status that some other controller wrote may name what can never be here.
    let Ok(digest) = Digest::parse(digest) else {
        return Ok(Looked { verdict: Verdict::Missing, collected });
    };
    if place.path_of(file) != path {
        return Ok(Looked { verdict: Verdict::Missing, collected });
    }
    if latest.is_some_and(|stored| stored.path == path && !stored.digest.same_as(&digest)) {
        // The status at hand is older than the file: it is not what it says, but whoever knows the newer one needs it.
        return Ok(Looked { verdict: Verdict::Missing, collected });
    }
    let verdict = published.verify(storage, path, &digest)?;
    if matches!(verdict, Verdict::Differs(_)) {
        storage.remove(path)?;
    }
    Ok(Looked { verdict, collected })
}

/// The object's folder.
pub(super) fn place<K: Kind>(run: &Run<K>) -> Result<Place, Fault> {
    Place::new(K::CONTROLLER, &run.key.namespace, &run.key.name)
        .map_err(|error| Fault::storage(reason::INVALID_PATH, error.to_string()))
}
