//! The outside world of one kind of source: what upstream has now, and its content.
//!
//! One implementation per kind, without Kubernetes inside: no object, no client, no events. What an answer means for an
//! object is the reconciler's. All implementations keep the promises of `contract`, which a test puts them to.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use artifact::pack::{Kept, Pieces};
use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use parking_lot::Mutex;
use reconcile_core::gate::Reservation;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::verify::Evidence;

#[cfg(test)]
pub(crate) mod contract;

/// What an archive may cost. A step is an entry, an ignore rule tried on a path, or 64 KiB of content; how long it takes is
/// for the caller to limit. What is held in memory is the process's to give.
pub(crate) const STEPS: Limits = Limits { steps: 100_000_000, ..Limits::NONE };
/// A file is in memory so many times while it is packed.
pub(crate) const COPIES: u64 = 2;

/// An upstream server, as one kind of source speaks to it.
pub(crate) trait Upstream: Send + Sync {
    /// What of an object it heeds.
    type Spec: Send + Sync;
    /// Where the content of a revision is.
    type Place: Send + Sync;
    /// The content, at hand.
    type Content: Content;
    /// Why there is no answer. Never quotes credentials.
    type Error: Error + Send;

    /// Asks what there is now. The revision `known` is not fetched again, and costs no byte of content. Ends promptly
    /// when `cancelled`.
    ///
    /// An upstream whose protocol gives content along with the answer may keep it where `fetch` finds it.
    fn resolve(
        &self,
        spec: &Self::Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> impl Future<Output = Result<Resolved<Self::Place>, Self::Error>> + Send;

    /// Brings the content of a revision.
    fn fetch(
        &self,
        place: &Self::Place,
        cancelled: &CancellationToken,
    ) -> impl Future<Output = Result<Fetched<Self::Content>, FetchError<Self::Error>>> + Send;

    /// Removes what is kept of a place, because it is broken.
    fn discard(&self, place: &Self::Place);

    /// Removes what is kept of the object with this uid. Blocking.
    fn forget(&self, uid: &str);

    /// Removes what is kept of all objects but those with the uids that `current` gives, which is asked after the look
    /// at what there is: what is begun meanwhile stays. Blocking.
    fn keep_only(&self, current: impl FnOnce() -> HashSet<String>);
}

/// What upstream has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved<P> {
    /// The revision that was known already.
    Unchanged,
    /// A revision to be fetched.
    Revision {
        /// The revision string.
        revision: String,
        /// Where its content is.
        place: P,
    },
}

/// The content of a revision, and what came with it.
#[derive(Debug)]
pub(crate) struct Fetched<C> {
    /// The content, not yet an archive.
    pub(crate) content: C,
    /// What a policy may ask for.
    pub(crate) evidence: Evidence,
    /// Name of the archive, without its ending.
    pub(crate) file: String,
    /// What people know the revision by, such as the first line of a commit's message.
    pub(crate) subject: String,
    /// What upstream says of it beside, for `status.artifact.metadata`.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Content that can be made an archive of.
pub(crate) trait Content: Send + 'static {
    /// Writes the archive, without what `ignore` (`spec.ignore`) names. The same content gives the same bytes. Bounds by
    /// itself what that costs, whatever the content is, and ends promptly when it is cancelled. Blocking.
    fn pack(&self, ignore: Option<&str>, means: &Means, out: &mut dyn Write) -> Result<(), PackError>;
}

/// What making an archive may take.
#[derive(Debug, Default)]
pub(crate) struct Means {
    /// Ends it.
    pub(crate) cancel: Cancel,
    /// Memory; without it there is no bound.
    pub(crate) memory: Option<Arc<Reservation>>,
    /// The former archive. What content makes of it is the same bytes as without it.
    pub(crate) kept: Option<Kept>,
    /// The pieces of the archive, of content that knows them.
    pub(crate) pieces: Mutex<Pieces>,
}

impl Means {
    /// Tells the pieces of the archive.
    pub(crate) fn made(&self, pieces: Pieces) {
        *self.pieces.lock() = pieces;
    }

    /// As a budget of so many steps.
    pub(crate) fn budget(&self, limits: Limits) -> Budget {
        let cancel = self.cancel.clone();
        match &self.memory {
            Some(memory) => Budget::reserved(limits, cancel, memory.bytes(), Arc::clone(memory) as _),
            None => Budget::new(limits, cancel),
        }
    }
}

/// Why content could not be brought.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError<E> {
    /// What is kept on our side is broken. To resolve again, with nothing known, mends it.
    #[error("{0}")]
    Broken(String),
    /// Upstream, or the way to it.
    #[error("{0}")]
    Upstream(E),
}

/// Why content is not an archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// As [`FetchError::Broken`].
    #[error("{0}")]
    Broken(String),
    /// The content is at fault: it costs too much, or no consumer would take it. Says which limit it exceeds.
    #[error("{0}")]
    Refused(String),
    /// What it is to be put together from does not fit. Says what, and where.
    #[error("{0}")]
    Include(String),
    /// What upstream gave is at fault, in its kind's own words.
    #[error("{cause}")]
    Upstream {
        /// What is wrong.
        cause: String,
        /// It costs too much.
        is_excess: bool,
    },
    /// Nobody wants it any more.
    #[error("context canceled")]
    Cancelled,
    /// It needs more memory than it was given, and there is no more at the moment.
    #[error("there is not enough memory at the moment")]
    Memory,
    /// The disk.
    #[error("{0}")]
    Write(#[from] io::Error),
}

impl From<Exceeded> for PackError {
    fn from(cause: Exceeded) -> Self {
        match cause {
            Exceeded::Cancelled => Self::Cancelled,
            Exceeded::Reserve => Self::Memory,
            cause => Self::Refused(cause.to_string()),
        }
    }
}

/// What ended a packer, which wraps it; none if that was the disk.
pub(crate) fn exceeded(error: &io::Error) -> Option<Exceeded> {
    error.get_ref()?.downcast_ref().copied()
}

/// The upstream of a kind that is not supported. There is none.
#[derive(Debug)]
pub(crate) enum NoUpstream {}

impl Upstream for NoUpstream {
    type Spec = Infallible;
    type Place = Infallible;
    type Content = Infallible;
    type Error = Infallible;

    async fn resolve(
        &self,
        _: &Infallible,
        _: &Access,
        _: Option<&str>,
        _: &CancellationToken,
    ) -> Result<Resolved<Infallible>, Infallible> {
        match *self {}
    }

    async fn fetch(
        &self,
        _: &Infallible,
        _: &CancellationToken,
    ) -> Result<Fetched<Infallible>, FetchError<Infallible>> {
        match *self {}
    }

    fn discard(&self, _: &Infallible) {
        match *self {}
    }

    fn forget(&self, _: &str) {
        match *self {}
    }

    fn keep_only(&self, _: impl FnOnce() -> HashSet<String>) {
        match *self {}
    }
}

impl Content for Infallible {
    fn pack(&self, _: Option<&str>, _: &Means, _: &mut dyn Write) -> Result<(), PackError> {
        match *self {}
    }
}
