//! What is done about a Kustomization's drift, by its annotation `kustomize.flyball.dev/driftMode`. Pure.

use api::drift_report::DriftMode;
use api::kustomization::Kustomization;
use api::labels::DRIFT_MODE;
use manifest::foreign::line;

/// The annotation says what it cannot say: drift is healed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("annotation {DRIFT_MODE} is \"{0}\", which is neither Heal nor Report: drift is healed")]
pub(crate) struct UnknownMode(String);

/// Reads the annotation; `Heal` without one.
pub(crate) fn read(object: &Kustomization) -> Result<DriftMode, UnknownMode> {
    let annotations = object.metadata.annotations.as_ref();
    match annotations.and_then(|annotations| annotations.get(DRIFT_MODE)).map(String::as_str) {
        None | Some("Heal") => Ok(DriftMode::Heal),
        Some("Report") => Ok(DriftMode::Report),
        Some(other) => Err(UnknownMode(line(other, 64).into_owned())),
    }
}

/// What is done, whatever the annotation says.
pub(crate) fn of(object: &Kustomization) -> DriftMode {
    read(object).unwrap_or_default()
}

#[cfg(test)]
mod tests;
