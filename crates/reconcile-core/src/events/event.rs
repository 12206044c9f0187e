//! An event: something that people should know about an object, and how bad it is.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ObjectReference;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// A Normal event in Kubernetes only, never posted.
    Trace,
    /// Normal.
    Info,
    /// Warning.
    Error,
}

impl Severity {
    /// `type` of the Kubernetes event.
    pub const fn kubernetes_type(self) -> &'static str {
        match self {
            Self::Trace | Self::Info => "Normal",
            Self::Error => "Warning",
        }
    }

    pub(super) const fn posted(self) -> Option<&'static str> {
        match self {
            Self::Trace => None,
            Self::Info => Some("info"),
            Self::Error => Some("error"),
        }
    }
}

/// Something that people should know about an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// kind, apiVersion, namespace, name, uid, resourceVersion of the object.
    pub involved: ObjectReference,
    /// How bad it is.
    pub severity: Severity,
    /// PascalCase; Flux uses Ready's reason.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Annotations of the event and `metadata` of the POST; keys carry their group as a prefix.
    pub metadata: BTreeMap<String, String>,
}
