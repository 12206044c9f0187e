//! Events about Kustomizations (contracts/kustomize-controller.md 21): what metadata they carry. Which event is sent, and
//! when, is the caller's; how it is delivered is `reconcile_core::events`'.

use api::kustomization::Kustomization;
use api::{Artifact, labels};
use reconcile_core::events::{self, Event, Recorder, Severity};
use std::collections::BTreeMap;

/// Sends events.
pub(crate) struct Reporter {
    recorder: Recorder,
    /// Whether the event that ends a successful run asks for a commit status.
    commit_status: bool,
}

impl Reporter {
    /// `commit_status` is the opposite of the gate `DisableCommitStatusEvent`.
    pub(crate) const fn new(recorder: Recorder, commit_status: bool) -> Self {
        Self { recorder, commit_status }
    }

    /// Sends an event about a Kustomization.
    pub(crate) fn event(
        &self,
        object: &Kustomization,
        artifact: Option<&Artifact>,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        self.recorder.publish(event(object, metadata_of(artifact), severity, reason, message));
    }

    /// Sends the event that ends a successful run; it drives commit statuses (contract 21).
    pub(crate) fn success(&self, object: &Kustomization, artifact: &Artifact, message: &str) {
        let metadata = success_metadata(artifact, self.commit_status);
        let reason = api::condition::reason::RECONCILIATION_SUCCEEDED;
        self.recorder.publish(event(object, metadata, Severity::Info, reason, message));
    }
}

/// The object's own `event.toolkit.fluxcd.io/*` annotations win over the metadata.
fn event(
    object: &Kustomization,
    mut metadata: BTreeMap<String, String>,
    severity: Severity,
    reason: &str,
    message: &str,
) -> Event {
    events::merge_annotations(&mut metadata, object.metadata.annotations.as_ref());
    Event {
        involved: events::reference(object, &()),
        severity,
        reason: reason.to_owned(),
        message: message.to_owned(),
        metadata,
    }
}

fn success_metadata(artifact: &Artifact, commit_status: bool) -> BTreeMap<String, String> {
    let mut metadata = metadata_of(Some(artifact));
    if commit_status {
        metadata.insert(labels::KUSTOMIZE_COMMIT_STATUS.to_owned(), labels::COMMIT_STATUS_UPDATE.to_owned());
    }
    metadata
}

fn metadata_of(artifact: Option<&Artifact>) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    if let Some(artifact) = artifact {
        metadata.insert(labels::KUSTOMIZE_REVISION.to_owned(), artifact.revision.clone());
        if let Some(origin) = artifact.metadata.get(labels::ORIGIN_REVISION) {
            metadata.insert(labels::KUSTOMIZE_ORIGIN_REVISION.to_owned(), origin.clone());
        }
    }
    metadata
}

#[cfg(test)]
mod tests;
