//! The objects that charts are made of: where they are kept, and the way to tell that one of them has another revision.
//! Who hears of it is `waking`.

use std::time::{Duration, Instant};

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::helm_repository::HelmRepository;
use api::{Artifact, SourceStatus as _};
use parking_lot::Mutex;
use reconcile_core::{ObjectKey, Store};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// How long after the start.
const YOUNG: Duration = Duration::from_secs(60);

/// A source that has another revision: kind and object.
pub(crate) type Changed = (&'static str, ObjectKey);

/// What charts are made of.
pub(crate) struct Sources {
    pub(crate) helm_repositories: Store<HelmRepository>,
    pub(crate) git_repositories: Store<GitRepository>,
    pub(crate) buckets: Store<Bucket>,
    began: Instant,
    sender: UnboundedSender<Changed>,
    receiver: Mutex<Option<UnboundedReceiver<Changed>>>,
}

impl Default for Sources {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            helm_repositories: Store::new(),
            git_repositories: Store::new(),
            buckets: Store::new(),
            began: Instant::now(),
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }
}

impl Sources {
    /// The artifact of a source; `None` when there is no such object.
    pub(crate) fn artifact(&self, kind: &str, key: &ObjectKey) -> Option<Option<Artifact>> {
        macro_rules! of {
            ($store:ident) => {
                self.$store
                    .get(key)
                    .map(|object| object.status.as_ref().and_then(|status| status.artifact().cloned()))
            };
        }
        match kind {
            "HelmRepository" => of!(helm_repositories),
            "GitRepository" => of!(git_repositories),
            "Bucket" => of!(buckets),
            _ => None,
        }
    }

    /// Whether the process is so young that artifacts that it did not find may be made anew right now.
    pub(crate) fn are_young(&self) -> bool {
        self.began.elapsed() < YOUNG
    }

    /// Whether a source is a registry, which has no artifact.
    pub(crate) fn is_registry(&self, kind: &str, key: &ObjectKey) -> bool {
        kind == "HelmRepository" && self.helm_repositories.get(key).is_some_and(|object| object.spec.is_oci())
    }

    /// The end at which changes are heard of; it is given once.
    pub(crate) fn changes(&self) -> Option<UnboundedReceiver<Changed>> {
        self.receiver.lock().take()
    }

    /// A source has another revision.
    pub(crate) fn changed(&self, kind: &'static str, key: &ObjectKey) {
        // Nobody listens only once the process ends.
        drop(self.sender.send((kind, key.clone())));
    }
}
