//! An object that drifted and stays as it is, by the mode of its Kustomization: what was found of it, and what the rest of a
//! run takes it for. Which ones are withheld is `policy`'s.

use crate::drift_report::Finding;
use ::apply::execute::Planned as Answered;
use ::apply::{Action, Ask, Change, LeftAlone, baseline};
use manifest::Manifest;
use serde_json::Value;

/// An object that drifted and stays as it is.
#[derive(Debug)]
pub(crate) struct Withheld {
    pub(crate) manifest: Manifest,
    /// Digest of the manifest as the build gave it.
    pub(crate) given: [u8; 16],
    pub(crate) finding: Finding,
    /// The version that was seen; 0 for none.
    pub(crate) seen: u64,
    /// What of it is left alone whatever the mode is.
    pub(crate) left_alone: Vec<LeftAlone>,
}

impl Withheld {
    /// Of one that was asked about.
    pub(crate) fn of_answered(answered: Answered) -> Self {
        let finding = Finding::of_planned(&answered).unwrap_or_default();
        let version =
            answered.answer.as_ref().and_then(|answer| answer.object.pointer("/metadata/resourceVersion"));
        let seen = baseline::version_number(version.and_then(Value::as_str));
        let Answered { manifest, given, left_alone, .. } = answered;
        Self { manifest, given, finding, seen, left_alone }
    }

    /// Of one that cannot be there, because its kind or its namespace is not.
    pub(crate) fn of_homeless(ask: Ask) -> Self {
        let given = manifest::digest::of(ask.manifest.value());
        let finding = Finding::of_deleted();
        Self { manifest: ask.manifest, given, finding, seen: 0, left_alone: Vec::new() }
    }

    /// What became of it, as far as the rest of the run cares.
    pub(crate) fn change(&self) -> Change {
        let (id, version) = (self.manifest.id(), self.manifest.gvk().version);
        Change { id, version, action: Action::Unchanged, baseline: None, object: None }
    }
}
