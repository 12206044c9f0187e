//! The kinds of source: facts that the common sequence asks for. What a kind does is in `reconcile/`.

use std::fmt::Debug;
use std::time::Duration;

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::oci_repository::OCIRepository;
use kube::Resource;
use kube::core::NamespaceResourceScope;
use serde::de::DeserializeOwned;

use crate::status::Status;

/// A kind that this controller watches.
pub(crate) trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Kind in lower case: metrics, logs and the folder in the storage.
    const CONTROLLER: &'static str;
    /// Kind as Kubernetes spells it.
    const KIND: &'static str;

    /// `spec.suspend`.
    fn is_suspended(&self) -> bool;

    /// `spec.interval`.
    fn interval(&self) -> Duration;

    /// The first field in use that is not supported.
    fn unsupported(&self) -> Option<String>;

    /// The status as read.
    fn status(&self) -> Status;
}

impl Kind for GitRepository {
    const CONTROLLER: &'static str = "gitrepository";
    const KIND: &'static str = "GitRepository";

    fn is_suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Duration {
        self.spec.interval.get()
    }

    fn unsupported(&self) -> Option<String> {
        api::unsupported::git_repository(&self.spec)
    }

    fn status(&self) -> Status {
        self.status.as_ref().map(Status::of_git).unwrap_or_default()
    }
}

impl Kind for OCIRepository {
    const CONTROLLER: &'static str = "ocirepository";
    const KIND: &'static str = "OCIRepository";

    fn is_suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Duration {
        self.spec.interval.get()
    }

    fn unsupported(&self) -> Option<String> {
        api::unsupported::oci_repository(&self.spec)
    }

    fn status(&self) -> Status {
        self.status.as_ref().map(Status::of_oci).unwrap_or_default()
    }
}

impl Kind for Bucket {
    const CONTROLLER: &'static str = "bucket";
    const KIND: &'static str = "Bucket";

    fn is_suspended(&self) -> bool {
        self.spec.suspend
    }

    fn interval(&self) -> Duration {
        self.spec.interval.get()
    }

    fn unsupported(&self) -> Option<String> {
        api::unsupported::bucket(&self.spec)
    }

    fn status(&self) -> Status {
        self.status.as_ref().map(Status::of_bucket).unwrap_or_default()
    }
}
