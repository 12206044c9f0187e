//! Whether a Kustomization is so new that nobody has looked at it yet. Pure.

use api::kustomization::{Kustomization, KustomizationStatus};

#[cfg(test)]
mod tests;

/// Whether no controller has said anything of it. One that is suspended is left alone, so that nothing is to come.
pub(super) fn is_untouched(object: &Kustomization) -> bool {
    let nothing = |status: &KustomizationStatus| {
        // The definition of the kind begins it at -1.
        status.observed_generation <= 0 && status.conditions.is_empty() && status.inventory.is_none()
    };
    let is_left_alone = object.spec.suspend || object.metadata.deletion_timestamp.is_some();
    !is_left_alone && object.status.as_ref().is_none_or(nothing)
}
