//! The kinds of source: facts of a spec and its status that the common sequence asks for, and nothing that is done.
//! Which kinds there are is `kinds`; what a kind does in a run is `reconcile::source`.

use std::fmt::Debug;
use std::time::Duration;

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::helm_chart::HelmChart;
use api::helm_repository::HelmRepository;
use api::meta::LocalObjectReference;
use api::oci_repository::OCIRepository;
use api::{Condition, SourceStatus};
use kube::Resource;
use kube::core::NamespaceResourceScope;
use reconcile_core::ObjectKey;
use serde::de::DeserializeOwned;

use crate::access::References;
use crate::status::Status;

#[cfg(test)]
mod tests;

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

    /// `spec.ignore`. Empty is not the same as not set.
    fn ignore(&self) -> Option<&str>;

    /// What the spec names to get access with.
    fn references(&self) -> References<'_>;

    /// The first field in use that is not supported.
    fn unsupported(&self) -> Option<String>;

    /// The status as read.
    fn status(&self) -> Status;

    /// `status.conditions`.
    fn conditions(&self) -> &[Condition];

    /// The revision of the published artifact.
    fn revision(&self) -> Option<&str>;

    /// Where it comes from, as labels of `gotk_resource_info`.
    fn upstream_labels(&self) -> Vec<(&'static str, &str)>;
}

/// The kind (in lower case) and the object in whose folder the path of a file is.
pub(crate) fn owner(path: &str) -> Option<(&str, ObjectKey)> {
    let mut parts = path.split('/');
    let (controller, namespace, name, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some((controller, ObjectKey::new(namespace, name)))
}

/// What is written alike in the specs of all kinds, and what is not.
macro_rules! facts {
    ($kind:ident, $controller:literal, unsupported: $unsupported:path, certificates: $certificates:expr,
     labels: $labels:expr) => {
        impl Kind for $kind {
            const CONTROLLER: &'static str = $controller;
            const KIND: &'static str = stringify!($kind);

            fn is_suspended(&self) -> bool {
                self.spec.suspend
            }

            fn interval(&self) -> Duration {
                self.spec.interval.get()
            }

            fn ignore(&self) -> Option<&str> {
                self.spec.ignore.as_deref()
            }

            fn references(&self) -> References<'_> {
                let certificates: fn(&Self) -> Option<&LocalObjectReference> = $certificates;
                References {
                    secret: name(self.spec.secret_ref.as_ref()),
                    cert_secret: name(certificates(self)),
                    proxy_secret: name(self.spec.proxy_secret_ref.as_ref()),
                    service_account: self.spec.service_account_name.as_deref(),
                    provider: self.spec.provider.as_deref(),
                }
            }

            fn unsupported(&self) -> Option<String> {
                $unsupported(&self.spec)
            }

            fn status(&self) -> Status {
                self.status.as_ref().map(|status| Status::read(status)).unwrap_or_default()
            }

            fn conditions(&self) -> &[Condition] {
                self.status.as_ref().map_or(&[], SourceStatus::conditions)
            }

            fn revision(&self) -> Option<&str> {
                let artifact = self.status.as_ref().and_then(SourceStatus::artifact);
                artifact.map(|artifact| artifact.revision.as_str())
            }

            fn upstream_labels(&self) -> Vec<(&'static str, &str)> {
                let labels: fn(&Self) -> Vec<(&'static str, &str)> = $labels;
                labels(self)
            }
        }
    };
}

// A GitRepository's certificates are in the Secret with its credentials.
facts!(
    GitRepository,
    "gitrepository",
    unsupported: api::unsupported::git_repository,
    certificates: |_| None,
    labels: |object| vec![("url", object.spec.url.as_str())]
);
facts!(
    OCIRepository,
    "ocirepository",
    unsupported: api::unsupported::oci_repository,
    certificates: |object| object.spec.cert_secret_ref.as_ref(),
    labels: |object| vec![("url", object.spec.url.as_str())]
);
facts!(
    Bucket,
    "bucket",
    unsupported: api::unsupported::bucket,
    certificates: |object| object.spec.cert_secret_ref.as_ref(),
    labels: |object| vec![
        ("bucket_name", object.spec.bucket_name.as_str()),
        ("endpoint", object.spec.endpoint.as_str()),
    ]
);

/// `spec.interval` of a HelmRepository when it is not set.
const HELM_INTERVAL: Duration = Duration::from_secs(60);

/// What the kinds of Helm have in common.
macro_rules! helm_facts {
    ($kind:ident, $controller:literal, |$own:ident| {
        interval: $interval:expr, references: $references:expr, unsupported: $unsupported:expr, labels: $labels:expr $(,)?
    }) => {
        impl Kind for $kind {
            const CONTROLLER: &'static str = $controller;
            const KIND: &'static str = stringify!($kind);

            fn is_suspended(&self) -> bool {
                self.spec.suspend
            }

            fn interval(&self) -> Duration {
                let $own = self;
                $interval
            }

            fn ignore(&self) -> Option<&str> {
                None
            }

            fn references(&self) -> References<'_> {
                let references: fn(&Self) -> References<'_> = |$own| $references;
                references(self)
            }

            fn unsupported(&self) -> Option<String> {
                let unsupported: fn(&Self) -> Option<String> = |$own| $unsupported;
                unsupported(self)
            }

            fn status(&self) -> Status {
                self.status.as_ref().map(|status| Status::read(status)).unwrap_or_default()
            }

            fn conditions(&self) -> &[Condition] {
                self.status.as_ref().map_or(&[], SourceStatus::conditions)
            }

            fn revision(&self) -> Option<&str> {
                let artifact = self.status.as_ref().and_then(SourceStatus::artifact);
                artifact.map(|artifact| artifact.revision.as_str())
            }

            fn upstream_labels(&self) -> Vec<(&'static str, &str)> {
                let $own = self;
                $labels
            }
        }
    };
}

helm_facts!(HelmRepository, "helmrepository", |own| {
    interval: own.spec.interval.map_or(HELM_INTERVAL, |interval| interval.get()),
    references: References {
        secret: name(own.spec.secret_ref.as_ref()),
        cert_secret: name(own.spec.cert_secret_ref.as_ref()),
        ..References::default()
    },
    unsupported: { _ = own; None },
    labels: vec![("url", own.spec.url.as_str())],
});
helm_facts!(HelmChart, "helmchart", |own| {
    interval: own.spec.interval.get(),
    references: { _ = own; References::default() },
    unsupported: api::unsupported::helm_chart(&own.spec),
    labels: vec![
        ("chart_name", own.spec.chart.as_str()),
        ("source_name", own.spec.source_ref.name.as_str()),
    ],
});

fn name(reference: Option<&LocalObjectReference>) -> Option<&str> {
    reference.map(|reference| reference.name.as_str())
}
