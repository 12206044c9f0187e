//! Ids of objects: group, version, kind, name and namespace, now or earlier.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use foldhash::quality::FixedState;

/// Effective namespace of cluster-scoped objects.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";
const DEFAULT_NAMESPACE: &str = "default";

/// Group, version, kind, name and namespace of an object now or earlier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Id {
    pub(crate) group: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) namespace: Arc<str>,
    /// Known to be cluster-scoped. Not known of earlier ids, whose namespace says it instead.
    pub(crate) cluster: bool,
}

impl Id {
    /// The namespace for comparisons: `default` for none, a stand-in for cluster-scoped objects.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.cluster {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }

    /// Equal in all parts, namespaces by effect.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.same_but_namespace(other) && self.effective_namespace() == other.effective_namespace()
    }

    /// Equal but for the namespace.
    pub(crate) fn same_but_namespace(&self, other: &Self) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.group == other.group
            && self.version == other.version
    }

    /// What two ids that are the [`same`](Self::same) have in common; 128 bits make others with it a matter of theory.
    pub(crate) fn key(&self) -> IdKey {
        let half = |seed| {
            let mut hasher = FixedState::with_seed(seed).build_hasher();
            for part in [&*self.group, &*self.version, &*self.kind, &*self.name, self.effective_namespace()] {
                hasher.write(part.as_bytes());
                // No part can run into the next: UTF-8 has no such byte.
                hasher.write_u8(0xff);
            }
            hasher.finish()
        };
        IdKey([half(0x666c_7962_616c_6c31), half(0x666c_7962_616c_6c32)])
    }

    /// `Kind.version.group`.
    pub(crate) fn gvk_string(&self) -> String {
        let or =
            |text: &str, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        format!(
            "{}.{}.{}",
            or(&self.kind, "[noKind]"),
            or(&self.version, "[noVer]"),
            or(&self.group, "[noGrp]")
        )
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or = |text: &'_ str, none: &'static str| {
            if text.is_empty() { none.to_owned() } else { text.to_owned() }
        };
        write!(f, "{}/{}.{}", self.gvk_string(), or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}

/// Key of an [`Id`] in an index: a hash of 128 bits instead of the five texts, which an index would have to hold and follow
/// for every look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IdKey([u64; 2]);
