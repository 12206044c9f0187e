//! What a kind does in a run by itself: fetch and store. The kinds that have no such steps yet are here, too.

use api::bucket::Bucket;
use api::oci_repository::OCIRepository;
use reconcile_core::Control;

use super::run::Run;
use crate::fault::Fault;
use crate::kind::Kind;

/// How the kind's own steps ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Produced {
    /// Upstream still has what is stored.
    Unchanged {
        /// Of the event in Kubernetes.
        reason: &'static str,
        /// Of the event in Kubernetes.
        message: String,
        /// What to say when this ends a failure; none when Flux says nothing.
        recovered: Option<String>,
    },
    /// A new artifact is stored.
    Stored {
        /// What to tell people.
        message: String,
    },
}

/// A kind with steps of its own.
pub(crate) trait Produce: Kind {
    /// Fetches, and stores what is new.
    fn produce(
        run: &mut Run<Self>,
        control: &Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send;
}

impl Produce for OCIRepository {
    async fn produce(run: &mut Run<Self>, _: &Control) -> Result<Produced, Fault> {
        Err(run.unsupported())
    }
}

impl Produce for Bucket {
    async fn produce(run: &mut Run<Self>, _: &Control) -> Result<Produced, Fault> {
        Err(run.unsupported())
    }
}
