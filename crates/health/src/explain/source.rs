//! What to do about a source that does not give an artifact, by its kind, its spec, and what its conditions say: in Flux's
//! words and in ours (contracts/source-controller.md 6 to 12).
//!
//! Flux's reasons are coarse, so that beside them the messages are read.

mod access;
mod bucket;
mod git;
mod helm;
mod oci;
mod subject;
mod verification;
mod way;

use serde_json::Value;

use super::explanation::{Explanation, condition_text};
use super::scene::Scene;
use crate::kstatus::{group_kind, text};
use crate::wording;

pub use subject::Source;
pub use verification::is_verification;

/// Fields of a source that are read here and where it is a Kustomization's. None of them holds a credential but `url`, which
/// is shown without.
pub const SPEC: &[&str] = &[
    "spec.accessFrom",
    "spec.bucketName",
    "spec.certSecretRef.name",
    "spec.chart",
    "spec.endpoint",
    "spec.layerSelector.mediaType",
    "spec.provider",
    "spec.proxySecretRef.name",
    "spec.ref",
    "spec.secretRef.name",
    "spec.serviceAccountName",
    "spec.sourceRef.kind",
    "spec.sourceRef.name",
    "spec.type",
    "spec.url",
    "spec.verify.mode",
    "spec.verify.provider",
    "spec.verify.secretRef.name",
    "spec.version",
    "status.artifact.revision",
];

impl Source<'_> {
    /// The next step after what a condition says. Always one, if only where to look.
    #[must_use]
    pub fn next_step(&self, reason: &str, message: &str) -> String {
        let step = access::secret(self, message)
            .or_else(|| verification::way(self, reason, message))
            .or_else(|| way::by_reason(self, reason, message))
            .or_else(|| match self.kind {
                "GitRepository" => git::way(self, reason, message),
                "OCIRepository" => oci::way(self, message),
                "Bucket" => bucket::way(self, message),
                "HelmRepository" | "HelmChart" => helm::way(self, reason, message),
                _ => None,
            })
            .or_else(|| access::network(self, message))
            .or_else(|| access::refused(self, reason, message));
        let step = step.unwrap_or_else(|| way::look(self));
        wording::quoted(&step)
    }
}

/// Explains a source that an inventory names.
pub(crate) fn explain(object: &Value, scene: &Scene<'_>) -> Option<Explanation> {
    let (_, kind) = group_kind(object);
    let (reason, message) = failure(object)?;
    let none = Value::Null;
    let source = Source {
        kind,
        namespace: scene.namespace,
        name: text(object, &["metadata", "name"]).unwrap_or_default(),
        spec: object.get("spec").unwrap_or(&none),
    };
    let hint = source.next_step(&reason, &message);
    Some(Explanation::new(reason.clone(), message).evidence(format!("condition Ready: {reason}")).hint(hint))
}

/// Conditions that tell why an attempt failed, while Ready says only that the next one is under way.
const FAILURES: [&str; 4] = ["FetchFailed", "StorageOperationFailed", "IncludeUnavailable", "BuildFailed"];

/// Why a source is not ready: what Ready says, or the condition that caused it.
#[must_use]
pub fn failure(object: &Value) -> Option<(String, String)> {
    condition_text(object, "Ready", "False")
        .or_else(|| FAILURES.iter().find_map(|type_| condition_text(object, type_, "True")))
}

#[cfg(test)]
mod tests;
