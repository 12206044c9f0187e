//! From a Kustomization to what of it decides whether to run. Pure; what follows is `step`'s.

use crate::drift_mode;
use crate::step::Facts;
use api::kustomization::Kustomization;
use api::labels;

/// What of an object decides whether to run.
pub(crate) fn facts(object: &Kustomization) -> Facts {
    let annotation = |key: &str| object.metadata.annotations.as_ref().and_then(|all| all.get(key)).cloned();
    let finalizers = object.metadata.finalizers.as_deref().unwrap_or_default();
    Facts {
        generation: object.metadata.generation.unwrap_or_default(),
        requested: (annotation(labels::REQUESTED_AT), annotation(labels::FULL_PASS_AT)),
        deleting: object.metadata.deletion_timestamp.is_some(),
        suspended: object.spec.suspend,
        finalized: finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER),
        asked_between: false,
        drift_mode: drift_mode::of(object),
    }
}
