//! The storage step: retention, and whether the published artifact is still what its status says
//! (contracts/source-controller.md 4.2 and 5.3).

use std::sync::Arc;
use std::time::SystemTime;

use api::condition::{ARTIFACT_IN_STORAGE, STORAGE_OPERATION_FAILED, reason};
use artifact::store::Place;
use artifact::{Digest, StoreError};
use reconcile_core::events::Severity;

use super::run::Run;
use crate::context::Context;
use crate::fault::Fault;
use crate::kind::Kind;
use crate::published::Verdict;

/// What the disk said.
struct Looked {
    verdict: Verdict,
    collected: Result<usize, StoreError>,
}

/// Drops an artifact that is lost or altered from the status, and renews its address.
pub(super) async fn verify<K: Kind>(run: &mut Run<K>) -> Result<(), Fault> {
    let mut lost = false;
    if let Some(artifact) = run.status.artifact.clone() {
        let looked = look(run, &artifact.path, &artifact.digest).await?;
        match looked.collected {
            Ok(0) => {}
            Ok(count) => {
                let message = format!("garbage collected {count} artifacts");
                run.event(Severity::Trace, reason::GARBAGE_COLLECTION_SUCCEEDED, message);
            }
            Err(error) => {
                let message = format!("garbage collection of artifacts failed: {error}");
                run.event(Severity::Error, reason::GARBAGE_COLLECTION_FAILED, message);
            }
        }
        match looked.verdict {
            Verdict::Intact => {}
            Verdict::Missing => lost = true,
            Verdict::Differs(actual) => {
                lost = true;
                let message = format!(
                    "failed to verify integrity of artifact: computed digest '{actual}' doesn't match '{}'",
                    artifact.digest
                );
                run.event(Severity::Error, reason::ARTIFACT_VERIFICATION_FAILED, message);
            }
        }
        if lost {
            run.status.artifact = None;
        }
    }
    match &mut run.status.artifact {
        Some(artifact) => {
            artifact.url = format!("{}/{}", run.ctx.settings.advertised, artifact.path);
        }
        None => {
            let message =
                if lost { "building artifact: disappeared from storage" } else { "building artifact" };
            // A new object says which generation it is about until its first artifact is being built.
            run.status.progress(true, message, run.generation);
            run.status.remove(ARTIFACT_IN_STORAGE);
        }
    }
    Ok(())
}

async fn look<K: Kind>(run: &Run<K>, path: &str, digest: &str) -> Result<Looked, Fault> {
    let place = place(run)?;
    let (path, digest) = (path.to_owned(), digest.to_owned());
    let ctx = Arc::clone(&run.ctx);
    let looked = tokio::task::spawn_blocking(move || look_blocking(&ctx, &place, &path, &digest)).await;
    match looked {
        Ok(Ok(looked)) => Ok(looked),
        Ok(Err(error)) => Err(failed(reason::STAT_OPERATION_FAILED, &error.to_string())),
        Err(error) => Err(failed(reason::STAT_OPERATION_FAILED, &error.to_string())),
    }
}

fn look_blocking(ctx: &Context, place: &Place, path: &str, digest: &str) -> Result<Looked, StoreError> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let latest = ctx.published.latest(path);
    let newest = latest.as_ref().and_then(|stored| stored.path.rsplit('/').next()).unwrap_or_default();
    let collected = ctx.storage.collect(place, &[file, newest], &ctx.settings.retention, SystemTime::now());
    if matches!(collected, Ok(1..)) {
        ctx.published.forget(&place.path_of("").replace("//", "/"), Some(path));
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
    let verdict = ctx.published.verify(&ctx.storage, path, &digest)?;
    if matches!(verdict, Verdict::Differs(_)) {
        ctx.storage.remove(path)?;
    }
    Ok(Looked { verdict, collected })
}

/// The object's folder.
pub(super) fn place<K: Kind>(run: &Run<K>) -> Result<Place, Fault> {
    Place::new(K::CONTROLLER, &run.key.namespace, &run.key.name)
        .map_err(|error| failed(reason::INVALID_PATH, &error.to_string()))
}

pub(super) fn failed(reason: &'static str, message: &str) -> Fault {
    Fault::retry(STORAGE_OPERATION_FAILED, reason, message.to_owned())
}
