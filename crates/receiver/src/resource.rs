//! Which objects a Receiver means: kinds, versions, namespaces, names and labels. Looking for them is somebody else's.

use std::collections::BTreeMap;

use api::receiver::ReceiverResource;
use expr::CompileError;

use crate::filter::Filter;

#[cfg(test)]
mod tests;

/// A kind that may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// As Kubernetes spells it.
    pub kind: &'static str,
    /// Its plural, as in URLs.
    pub plural: &'static str,
    /// Its group.
    pub group: &'static str,
    /// Its version, unless a spec names another.
    pub version: &'static str,
    /// Whether Flyball serves it, in this version alone.
    is_ours: bool,
}

const fn ours(kind: &'static str, plural: &'static str, group: &'static str) -> Known {
    Known { kind, plural, group, version: "v1", is_ours: true }
}

const fn flux(kind: &'static str, plural: &'static str, group: &'static str, version: &'static str) -> Known {
    Known { kind, plural, group, version, is_ours: false }
}

const KNOWN: [Known; 12] = [
    ours("Bucket", "buckets", api::SOURCE_GROUP),
    ours("GitRepository", "gitrepositories", api::SOURCE_GROUP),
    ours("OCIRepository", "ocirepositories", api::SOURCE_GROUP),
    ours("HelmRepository", "helmrepositories", api::SOURCE_GROUP),
    ours("HelmChart", "helmcharts", api::SOURCE_GROUP),
    ours("ExternalArtifact", "externalartifacts", api::SOURCE_GROUP),
    ours("Kustomization", "kustomizations", api::KUSTOMIZE_GROUP),
    flux("HelmRelease", "helmreleases", "helm.toolkit.fluxcd.io", "v2"),
    flux("ImageRepository", "imagerepositories", "image.toolkit.fluxcd.io", "v1"),
    flux("ImagePolicy", "imagepolicies", "image.toolkit.fluxcd.io", "v1"),
    flux("ImageUpdateAutomation", "imageupdateautomations", "image.toolkit.fluxcd.io", "v1"),
    flux("ArtifactGenerator", "artifactgenerators", "source.extensions.fluxcd.io", "v1beta1"),
];

/// Objects that a Receiver means.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Their kind; none when the spec names one that there is not.
    known: Option<Known>,
    /// The version that the spec names.
    version: Option<String>,
    /// The group that the spec names, if that is not the kind's.
    foreign: bool,
    kind: String,
    namespace: Option<String>,
    name: String,
    labels: Option<BTreeMap<String, String>>,
    /// Whether one of them is meant.
    pub filter: Option<Filter>,
}

/// One or some objects of a kind in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Kind, plural and group.
    pub known: Known,
    /// The version to ask for.
    pub version: String,
    /// Where.
    pub namespace: String,
    /// The name; none for all with the labels.
    pub name: Option<String>,
    /// A selector of the labels; empty with a name.
    pub labels: String,
}

/// Why objects are not looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// They are in another namespace, and `--no-cross-namespace-refs` is given.
    #[error("cross-namespace references are not allowed")]
    OtherNamespace,
    /// Their kind is none that may be named.
    #[error("the kind '{0}' is not one of Flux's")]
    Kind(String),
    /// Their kind is of another group.
    #[error("the kind '{0}' is not in the group that apiVersion names")]
    Group(String),
    /// What stands in the address of an object is no name.
    #[error("the {0} of a '{1}' is no name")]
    Name(&'static str, &'static str),
    /// All are named, and no labels.
    #[error("matchLabels field not set when using wildcard '*' as name")]
    NoLabels,
}

impl Resource {
    pub(crate) fn of(spec: &ReceiverResource) -> Result<Self, CompileError> {
        let known = KNOWN.into_iter().find(|known| known.kind == spec.kind);
        let given = spec.api_version.as_deref().filter(|given| !given.is_empty());
        let (group, version) = given.map_or((None, None), |given| {
            let (group, version) = given.split_once('/').unwrap_or(("", given));
            (Some(group), Some(version.to_owned()))
        });
        Ok(Self {
            foreign: group.is_some_and(|group| known.is_some_and(|known| known.group != group)),
            known,
            version,
            kind: spec.kind.clone(),
            namespace: spec.namespace.clone().filter(|namespace| !namespace.is_empty()),
            name: spec.name.clone(),
            labels: spec.match_labels.clone(),
            filter: Filter::of(spec.filter.as_deref())?,
        })
    }

    /// What to look for, of a Receiver in the namespace `home`. Kinds that Flyball serves are asked for in the version
    /// that there is, whichever the spec names: metadata is the same in all.
    ///
    /// # Errors
    /// They must not be looked for.
    pub fn named(&self, home: &str, no_cross_namespace_refs: bool) -> Result<Named, Refused> {
        let namespace = self.namespace.as_deref().unwrap_or(home);
        if no_cross_namespace_refs && namespace != home {
            return Err(Refused::OtherNamespace);
        }
        let known = self.known.ok_or_else(|| Refused::Kind(self.kind.clone()))?;
        if self.foreign {
            return Err(Refused::Group(self.kind.clone()));
        }
        let is_all = self.name == "*";
        let labels = match (&self.labels, is_all) {
            (_, false) => String::new(),
            (None, true) => return Err(Refused::NoLabels),
            (Some(labels), true) => selector(labels),
        };
        let version = self.version.as_deref().filter(|_| !known.is_ours).unwrap_or(known.version);
        let name = (!is_all).then_some(("name", self.name.as_str()));
        for (what, text) in [("namespace", namespace), ("version", version)].into_iter().chain(name) {
            if !is_segment(text) {
                return Err(Refused::Name(what, known.kind));
            }
        }
        Ok(Named {
            known,
            version: version.to_owned(),
            namespace: namespace.to_owned(),
            name: (!is_all).then(|| self.name.clone()),
            labels,
        })
    }
}

/// Whether it may stand in an address: small letters, digits, hyphens and dots, between letters or digits.
pub(crate) fn is_segment(text: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    text.len() <= 253
        && bytes.first().is_some_and(is_plain)
        && bytes.last().is_some_and(is_plain)
        && bytes.iter().all(|byte| is_plain(byte) || matches!(byte, b'-' | b'.'))
}

/// As a query; a value that is none has the API server refuse it.
fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
