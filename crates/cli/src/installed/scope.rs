//! Which objects a controller works on: namespaces and labels. Whether two of them meet is decided here, too.

use std::fmt;

use serde::Serialize;

use super::flags::Flags;
use super::selector;

#[cfg(test)]
mod tests;

/// What a controller watches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Scope {
    /// The only namespace; none for all.
    pub(crate) namespace: Option<String>,
    /// The label selector of a shard; none for every object.
    pub(crate) selector: Option<String>,
}

impl Scope {
    /// What `--watch-all-namespaces` and `--watch-label-selector` say.
    pub(super) fn of(flags: &Flags, namespace: &str) -> Self {
        let own = flags.variable("RUNTIME_NAMESPACE").unwrap_or(namespace);
        Self {
            namespace: flags.is_off("watch-all-namespaces").then(|| own.to_owned()),
            selector: flags.value("watch-label-selector").filter(|text| !text.is_empty()).map(str::to_owned),
        }
    }

    /// Whether an object can be in both. Selectors that cannot be told apart count as meeting.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let namespaces = match (&self.namespace, &other.namespace) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let text = |scope: &Self| scope.selector.clone().unwrap_or_default();
        namespaces && !selector::are_disjoint(&text(self), &text(other))
    }

    /// Whether it has the objects that nobody gave a shard.
    pub(crate) fn has_unlabelled(&self) -> bool {
        self.selector.as_deref().is_none_or(selector::matches_no_labels)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            None => write!(f, "all namespaces")?,
            Some(namespace) => write!(f, "the namespace {namespace}")?,
        }
        self.selector.as_ref().map_or(Ok(()), |selector| write!(f, ", objects with {selector}"))
    }
}
