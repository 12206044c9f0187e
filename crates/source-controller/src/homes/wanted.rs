//! What is brought: a published file, its content as it comes, and why it does not come.

use api::Artifact;
use artifact::Digest;
use artifact::store::Place;
use futures::stream::BoxStream;
use hyper::body::Bytes;

/// Why a store or a replica did not do what it was asked for; for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unsent(pub(crate) String);

/// The content of a file, as it comes.
pub(crate) type Body = BoxStream<'static, Result<Bytes, Unsent>>;

/// A published file: where it lies, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `status.artifact.path`.
    pub(crate) path: String,
    /// `status.artifact.digest`.
    pub(crate) digest: Digest,
    /// `status.artifact.size`.
    pub(crate) size: Option<u64>,
}

impl Wanted {
    /// What a status names; `None` when it can be no file of ours.
    pub(crate) fn of(artifact: &Artifact) -> Option<Self> {
        let wanted = Self {
            path: artifact.path.clone(),
            digest: Digest::parse(&artifact.digest).ok()?,
            size: artifact.size.and_then(|size| u64::try_from(size).ok()),
        };
        wanted.place().is_some().then_some(wanted)
    }

    /// Its folder and its name in there.
    pub(crate) fn place(&self) -> Option<(Place, &str)> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let [kind, namespace, name, file] = parts.as_slice() else { return None };
        let place = Place::new(kind, namespace, name).ok()?;
        // The name is checked as those of objects are.
        Place::new(kind, namespace, file).ok().map(|_| (place, *file))
    }
}
