//! From verified content to a published archive: pack, then publish (contracts/source-controller.md 5). The archive is
//! under no name until it is whole. When it happens is `reconcile`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Artifact;
use api::condition::{ARTIFACT_OUTDATED, reason};
use artifact::store::{Draft, Place, Store, Stored};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use reconcile_core::panic;

use crate::fault::Fault;
use crate::published::Published;
use crate::status::Status;
use crate::upstream::{Content, FetchError, PackError};
use crate::verify::Verified;

#[cfg(test)]
mod tests;

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
            PackError::Refused(_) | PackError::Write(_) => Self::Failed(not_archived(&error.to_string())),
        }
    }
}

impl From<Fault> for Setback {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// Makes the archive, under no name yet.
pub(super) async fn pack<C: Content>(
    storage: &Store,
    place: &Place,
    content: C,
    ignore: Option<String>,
) -> Result<Draft, Setback> {
    let mut draft = storage.begin(place).map_err(|error| {
        let message = format!("failed to create artifact directory: {error}");
        Fault::storage(reason::DIRECTORY_CREATION_FAILED, message)
    })?;
    let packed = tokio::task::spawn_blocking(move || {
        content.pack(ignore.as_deref(), &mut draft)?;
        Ok::<_, PackError>(draft)
    });
    match packed.await {
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

/// Makes the status say what is published, and with which settings. Nothing is said of what was not verified.
pub(super) fn record(
    status: &mut Status,
    stored: Stored,
    verified: &Verified,
    ignore: Option<String>,
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
        metadata: BTreeMap::new(),
    });
    status.observed_ignore = ignore;
    status.leftovers.clear();
    status.remove(ARTIFACT_OUTDATED);
}

fn not_archived(cause: &str) -> Fault {
    let message = format!("unable to archive artifact to storage: {cause}");
    Fault::storage(reason::ARCHIVE_OPERATION_FAILED, message)
}
