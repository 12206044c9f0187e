//! Whose an object is, as its labels and annotations tell.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

#[cfg(test)]
mod tests;

/// Who has put an object into the cluster, and would put it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A release of Helm.
    Helm { namespace: String, name: String },
    /// A Kustomization, as after `flux bootstrap`.
    Kustomization { namespace: String, name: String },
    /// The tool that the label `app.kubernetes.io/managed-by`, or else the first field manager, names.
    Tool(String),
    /// Nothing tells.
    Unknown,
}

impl Owner {
    /// Of the object with this metadata.
    pub(super) fn of(metadata: &ObjectMeta) -> Self {
        let label = |key: &str| metadata.labels.as_ref().and_then(|labels| labels.get(key)).cloned();
        let annotation =
            |key: &str| metadata.annotations.as_ref().and_then(|annotations| annotations.get(key)).cloned();
        if let (Some(name), Some(namespace)) =
            (annotation("meta.helm.sh/release-name"), annotation("meta.helm.sh/release-namespace"))
        {
            return Self::Helm { namespace, name };
        }
        if let (Some(name), Some(namespace)) =
            (label(api::labels::OWNER_NAME), label(api::labels::OWNER_NAMESPACE))
        {
            return Self::Kustomization { namespace, name };
        }
        let first = metadata.managed_fields.iter().flatten().find(|entry| entry.subresource.is_none());
        let manager = first.and_then(|entry| entry.manager.clone());
        label("app.kubernetes.io/managed-by").or(manager).map_or(Self::Unknown, Self::Tool)
    }

    /// How to have it changed.
    pub(super) fn how_to_change(&self) -> String {
        match self {
            Self::Helm { namespace, name } => format!("upgrade the Helm release {name} in {namespace}"),
            Self::Kustomization { namespace, name } => {
                format!("upgrade it in the repository that the Kustomization {namespace}/{name} applies")
            }
            Self::Tool(_) | Self::Unknown => {
                "upgrade whatever installed it, or apply the chart's CRDs".to_owned()
            }
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Helm { namespace, name } => write!(f, "of the Helm release {name} in {namespace}"),
            Self::Kustomization { namespace, name } => {
                write!(f, "applied by the Kustomization {namespace}/{name}")
            }
            Self::Tool(tool) => write!(f, "applied by {tool}"),
            Self::Unknown => f.write_str("of an unknown owner"),
        }
    }
}
