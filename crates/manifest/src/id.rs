//! Names of things: group/version/kind and the identity of an object, with the inventory's text form, and what of them
//! may stand in the path of a request. Whether a kind is served is not known here.

use std::fmt;

use crate::Error;
use crate::foreign::line;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Group, version and kind of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Gvk {
    /// API group, empty for core.
    pub group: String,
    /// API version, for example `v1`.
    pub version: String,
    /// Kind, for example `Deployment`.
    pub kind: String,
}

impl Gvk {
    /// Splits an `apiVersion` at its first slash.
    #[must_use]
    pub fn parse(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// The `apiVersion` field: `group/version`, or the version alone for core.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, Kind={}", self.api_version(), self.kind)
    }
}

/// Identity of an object in a cluster; the version is not part of it.
///
/// `Display` gives the subject used in messages: `Kind/namespace/name`, or `Kind/name` without namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectId {
    /// Namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// API group, empty for core.
    pub group: String,
    /// Kind.
    pub kind: String,
}

impl ObjectId {
    /// Text of an inventory entry: `<namespace>_<name>_<group>_<kind>`; colons in names of RBAC objects
    /// become `__`. Source: Flux's inventory (contracts/kustomize-controller.md 14).
    #[must_use]
    pub fn to_inventory(&self) -> String {
        let encoded;
        let name = if self.is_rbac() {
            encoded = self.name.replace(':', "__");
            &encoded
        } else {
            &self.name
        };
        format!("{}_{name}_{}_{}", self.namespace, self.group, self.kind)
    }

    /// Reads the text of an inventory entry: the first `_` ends the namespace, the last begins the kind, the
    /// one before it the group.
    ///
    /// # Errors
    /// [`Error::InventoryId`] when there are fewer than three separators, or a part cannot be a segment of a path.
    pub fn from_inventory(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (namespace, rest) = text.split_once('_')?;
            let (rest, kind) = rest.rsplit_once('_')?;
            let (name, group) = rest.rsplit_once('_')?;
            let mut id = Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                group: group.to_owned(),
                kind: kind.to_owned(),
            };
            if id.is_rbac() {
                id.name = id.name.replace("__", ":");
            }
            id.check().is_ok().then_some(id)
        };
        parse().ok_or_else(|| Error::InventoryId { id: text.to_owned() })
    }

    /// Whether all parts may stand in the path of a request.
    ///
    /// # Errors
    /// [`Error::PathSegment`], which names the first field that may not.
    pub fn check(&self) -> Result<(), Error> {
        check_segment("metadata.name", &self.name)?;
        check_segment("kind", &self.kind)?;
        for (field, part) in [("metadata.namespace", &self.namespace), ("apiVersion", &self.group)] {
            if !part.is_empty() {
                check_segment(field, part)?;
            }
        }
        Ok(())
    }

    fn is_rbac(&self) -> bool {
        self.group == RBAC
            && matches!(self.kind.as_str(), "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding")
    }
}

impl fmt::Display for ObjectId {
    /// Names come from manifests and inventories: what would steer a terminal or begin a line is replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, namespace, name] =
            [&self.kind, &self.namespace, &self.name].map(|part| line(part, LONGEST_SEGMENT));
        if namespace.is_empty() { write!(f, "{kind}/{name}") } else { write!(f, "{kind}/{namespace}/{name}") }
    }
}

/// Longest part of a path; names of objects have 253 bytes at the most.
const LONGEST_SEGMENT: usize = 1024;

/// Whether a text, put into the path of a request, stays the one segment that it is meant to be. These are Kubernetes'
/// rules for names that are path segments, and beside them everything that ends a path, is decoded, or is taken for a
/// separator by some server on the way.
///
/// # Errors
/// [`Error::PathSegment`] with the field's name.
pub fn check_segment(field: &'static str, text: &str) -> Result<(), Error> {
    let why = if text.is_empty() {
        "may not be empty"
    } else if matches!(text, "." | "..") {
        "may not be '.' or '..'"
    } else if text.contains('/') {
        "may not contain '/'"
    } else if text.contains('%') {
        "may not contain '%'"
    } else if text.contains(['?', '#', '\\']) {
        "may not contain '?', '#' or '\\'"
    } else if text.contains(|c: char| c.is_whitespace() || crate::foreign::is_control(c)) {
        "may not contain blanks or control characters"
    } else if text.len() > LONGEST_SEGMENT {
        "may not be longer than 1024 bytes"
    } else {
        return Ok(());
    };
    Err(Error::PathSegment { field, text: line(text, 64).into_owned(), why })
}

#[cfg(test)]
mod tests;
