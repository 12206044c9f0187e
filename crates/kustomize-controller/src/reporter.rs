//! Events about Kustomizations (contracts/kustomize-controller.md 21): what metadata they carry. Which event is sent, and
//! when, is the caller's; how it is delivered is `reconcile_core::events`'.

use api::kustomization::Kustomization;
use api::{Artifact, labels};
use reconcile_core::events::{self, Event, Recorder, Severity};
use std::collections::BTreeMap;

/// Sends events.
pub(crate) struct Reporter {
    recorder: Recorder,
    /// Whether the event that ends a successful run, which drives commit statuses, is sent.
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

    /// Sends an event about a Kustomization that has applied what it has: the revision is that of its status.
    pub(crate) fn event_at_applied(
        &self,
        object: &Kustomization,
        severity: Severity,
        reason: &str,
        message: &str,
    ) {
        let status = object.status.as_ref();
        let revisions = [
            (labels::KUSTOMIZE_REVISION, status.and_then(|status| status.last_applied_revision.clone())),
            (
                labels::KUSTOMIZE_ORIGIN_REVISION,
                status.and_then(|status| status.last_applied_origin_revision.clone()),
            ),
        ];
        let metadata = revisions
            .into_iter()
            .filter_map(|(name, revision)| Some((name.to_owned(), revision.filter(|text| !text.is_empty())?)))
            .collect();
        self.recorder.publish(event(object, metadata, severity, reason, message));
    }

    /// Sends the event that ends a successful run; it drives commit statuses (contract 21).
    pub(crate) fn success(&self, object: &Kustomization, artifact: &Artifact, message: &str) {
        if !self.commit_status {
            return;
        }
        let metadata = success_metadata(artifact);
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

fn success_metadata(artifact: &Artifact) -> BTreeMap<String, String> {
    let mut metadata = metadata_of(Some(artifact));
    metadata.insert(labels::KUSTOMIZE_COMMIT_STATUS.to_owned(), labels::COMMIT_STATUS_UPDATE.to_owned());
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
