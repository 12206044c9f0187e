//! What an object of one kind is called, and what names can be.

use std::fmt;

/// Namespace and name of an object of the controller's kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl ObjectKey {
    /// From anything text-like.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// Of an object as the API server gave it.
    pub fn of(metadata: &kube::core::ObjectMeta) -> Self {
        Self::new(metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// The longest name that an API server takes.
pub const LONGEST_NAME: usize = 253;

/// Whether a text can be one segment of a path (client-go's `IsValidPathSegmentName`, and what a URL would end at).
#[must_use]
pub fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_NAME
        && text != "."
        && text != ".."
        && !text.contains(['/', '%', '?', '#', '\\'])
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests;
