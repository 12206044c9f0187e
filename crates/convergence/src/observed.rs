//! Whether a Kustomization's controller has seen its latest change. Pure.

use api::condition::{self, READY};
use api::kustomization::Kustomization;

/// Whether what the status says is about the present generation. `observedGeneration` moves only with a run that ends well,
/// in Flux as here; what goes wrong is said of a generation by Ready alone.
#[must_use]
pub fn is_observed(kustomization: &Kustomization) -> bool {
    let Some(status) = &kustomization.status else { return false };
    let generation = kustomization.metadata.generation.unwrap_or_default();
    let of_ready = condition::get(&status.conditions, READY).and_then(|ready| ready.observed_generation);
    status.observed_generation == generation || of_ready == Some(generation)
}

#[cfg(test)]
mod tests;
