//! What is beside an object and may be the cause of its trouble: Pods, events, endpoints. Asked for only where an object
//! is not well, so that it costs nothing where all is. Who looks, and how, is the caller's.

mod pruning;

use std::sync::Arc;

use serde_json::Value;

use crate::learned::Profile;

/// A kind that is looked at beside an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kin {
    /// `v1/Pod`.
    Pod,
    /// `apps/v1/ReplicaSet`.
    ReplicaSet,
    /// `v1/Event`: Warnings only.
    Event,
    /// `discovery.k8s.io/v1/EndpointSlice`.
    EndpointSlice,
    /// `storage.k8s.io/v1/StorageClass`, without namespace.
    StorageClass,
    /// `v1/Namespace`, without namespace.
    Namespace,
}

impl Kin {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pod, Self::ReplicaSet, Self::Event, Self::EndpointSlice, Self::StorageClass, Self::Namespace];

    /// Group, version and kind.
    #[must_use]
    pub const fn kind(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pod => ("", "v1", "Pod"),
            Self::ReplicaSet => ("apps", "v1", "ReplicaSet"),
            Self::Event => ("", "v1", "Event"),
            Self::EndpointSlice => ("discovery.k8s.io", "v1", "EndpointSlice"),
            Self::StorageClass => ("storage.k8s.io", "v1", "StorageClass"),
            Self::Namespace => ("", "v1", "Namespace"),
        }
    }

    /// The field selector that leaves out what nobody reads.
    #[must_use]
    pub const fn field_selector(self) -> Option<&'static str> {
        match self {
            Self::Event => Some("type=Warning"),
            _ => None,
        }
    }
}

/// What is known beside objects.
pub trait Beside: Sync {
    /// All objects of a kind in a namespace (empty for kinds without), each cut down to what rules read. `None`: it is not
    /// known which there are, because they may not be read, are not looked at, or have not been listed yet.
    fn list(&self, kin: Kin, namespace: &str) -> Option<Vec<Arc<Value>>>;

    /// What other objects of the object's kind have shown: [`crate::learned::Learned::profile`] where somebody learns.
    fn profile(&self, _object: &Value) -> Profile {
        Profile::default()
    }
}

/// Nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Beside for Nothing {
    fn list(&self, _: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        None
    }
}

#[cfg(test)]
mod tests;
