//! A source's status in hand: conditions set and summarised with Flux's rules, and the merge patch to what is stored.
//! Pure; sending it is the reconciler's.

use api::condition::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, BUILD_FAILED, FALSE, FETCH_FAILED, INCLUDE_UNAVAILABLE, READY,
    RECONCILING, SOURCE_VERIFIED, STALLED, STORAGE_OPERATION_FAILED, TRUE, UNKNOWN, reason,
};
use api::meta::NEVER_OBSERVED;
use api::{Artifact, Condition, ObservedChart, SourceStatus};
use reconcile_core::condition::{self, New};
use serde_json::{Map, Value, json};

use crate::verify::Proof;

#[cfg(test)]
mod tests;

/// What of a commit was verified.
pub(crate) const VERIFIED_MODE: &str = "sourceVerificationMode";
/// Stands for the keys that it was verified with.
pub(crate) const VERIFIED_BY: &str = "sourceVerificationFingerprint";

/// The conditions that make up Ready, in order (contracts/source-controller.md 13).
const SUMMARY: [&str; 9] = [
    STORAGE_OPERATION_FAILED,
    FETCH_FAILED,
    INCLUDE_UNAVAILABLE,
    BUILD_FAILED,
    ARTIFACT_OUTDATED,
    ARTIFACT_IN_STORAGE,
    SOURCE_VERIFIED,
    STALLED,
    RECONCILING,
];

/// The fields of a status that this controller writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    pub(crate) observed_generation: i64,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) artifact: Option<Artifact>,
    pub(crate) last_handled: Option<String>,
    pub(crate) observed_ignore: Option<String>,
    /// The fields of the kind that say with what the artifact was made, as JSON.
    pub(crate) observed: Map<String, Value>,
    /// Link to the latest artifact, for the kinds that have one.
    pub(crate) url: Option<String>,
    /// What is said of a chart beside its artifact.
    pub(crate) chart: ObservedChart,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            observed_generation: NEVER_OBSERVED,
            conditions: Vec::new(),
            artifact: None,
            last_handled: None,
            observed_ignore: None,
            observed: Map::new(),
            url: None,
            chart: ObservedChart::default(),
        }
    }
}

impl Status {
    /// The status as it is stored.
    pub(crate) fn read(status: &impl SourceStatus) -> Self {
        Self {
            observed_generation: status.observed_generation(),
            conditions: status.conditions().to_vec(),
            artifact: status.artifact().cloned(),
            last_handled: status.last_handled_reconcile_at().map(str::to_owned),
            observed_ignore: status.observed_ignore().map(str::to_owned),
            observed: status.observed(),
            url: status.url().map(str::to_owned),
            chart: status.observed_chart(),
        }
    }

    /// Whether a condition is `True`.
    pub(crate) fn is_true(&self, type_: &str) -> bool {
        condition::is_true(&self.conditions, type_)
    }

    /// Sets a condition to `True`.
    pub(crate) fn mark(&mut self, type_: &str, reason: &str, message: &str, generation: i64) {
        condition::set(&mut self.conditions, New { type_, status: TRUE, reason, message, generation });
    }

    /// Sets a condition to `False`.
    pub(crate) fn deny(&mut self, type_: &str, reason: &str, message: &str, generation: i64) {
        condition::set(&mut self.conditions, New { type_, status: FALSE, reason, message, generation });
    }

    /// Says what was verified, or that nothing was asked for. That what is stored was verified is said once it is
    /// stored.
    pub(crate) fn verified(&mut self, proof: Option<&Proof>, generation: i64) {
        match proof {
            Some(proof) => self.mark(SOURCE_VERIFIED, reason::SUCCEEDED, &proof.message, generation),
            None => self.remove(SOURCE_VERIFIED),
        }
    }

    /// Removes a condition.
    pub(crate) fn remove(&mut self, type_: &str) {
        condition::remove(&mut self.conditions, type_);
    }

    /// A run begins; `observed` is the generation that the one before dealt with.
    pub(crate) fn begin(&mut self, observed: i64, generation: i64) {
        if generation == observed {
            self.progress(false, "reconciliation in progress", generation);
        } else {
            let message = format!("processing object: new generation {observed} -> {generation}");
            self.progress(false, &message, generation);
        }
        self.remove(STORAGE_OPERATION_FAILED);
    }

    /// Upstream has another revision than the one that is stored, if one is; `news` says so.
    pub(crate) fn outdated(&mut self, news: &str, generation: i64) {
        self.news(reason::NEW_REVISION, news, generation);
    }

    /// There is something else than what is stored, if something is.
    pub(crate) fn news(&mut self, reason: &str, news: &str, generation: i64) {
        if self.artifact.is_some() {
            self.mark(ARTIFACT_OUTDATED, reason, news, generation);
        }
        self.progress(true, &format!("building artifact: {news}"), generation);
    }

    /// Says that what is stored is what upstream has, in the kind's words.
    pub(crate) fn in_storage(&mut self, stored: &str, generation: i64) {
        if let Some(artifact) = &self.artifact {
            let message = format!("{stored} '{}'", artifact.revision);
            self.mark(ARTIFACT_IN_STORAGE, reason::SUCCEEDED, &message, generation);
        }
    }

    /// Says that work is going on. Ready turns Unknown when it says nothing yet, or when `drift` says that what it
    /// says no longer holds.
    pub(crate) fn progress(&mut self, drift: bool, message: &str, generation: i64) {
        self.mark(RECONCILING, reason::PROGRESSING, message, generation);
        let open = condition::get(&self.conditions, READY).is_none_or(|ready| ready.status == UNKNOWN);
        if drift || open {
            let new = New { type_: READY, status: UNKNOWN, reason: reason::PROGRESSING, message, generation };
            condition::set(&mut self.conditions, new);
        }
    }

    /// A run ended with a failure that will be tried again.
    pub(crate) fn retrying(&mut self, generation: i64) {
        self.remove(STALLED);
        if let Some(message) =
            condition::get(&self.conditions, RECONCILING).map(|found| found.message.clone())
        {
            self.mark(RECONCILING, reason::PROGRESSING_WITH_RETRY, &message, generation);
        }
    }

    /// Derives Ready from the other conditions. Without any of them Ready stays as it is.
    pub(crate) fn summarise(&mut self, generation: i64) {
        let Some((rank, top)) = SUMMARY
            .iter()
            .filter_map(|type_| condition::get(&self.conditions, type_))
            .map(|found| (rank(found), found))
            .min_by_key(|(rank, _)| *rank)
        else {
            return;
        };
        let verified =
            condition::get(&self.conditions, SOURCE_VERIFIED).filter(|found| found.status == FALSE);
        let (status, from) = match (verified, rank) {
            (Some(verified), _) => (FALSE, verified),
            (None, 0 | 1) => (FALSE, top),
            (None, 2 | 3) => (TRUE, top),
            (None, _) => (UNKNOWN, top),
        };
        let (reason, message) = (from.reason.clone(), from.message.clone());
        let new = New { type_: READY, status, reason: &reason, message: &message, generation };
        condition::set(&mut self.conditions, new);
    }

    /// The merge patch from `stored` to this; `None` when they are equal.
    pub(crate) fn patch(&self, stored: &Self) -> Option<Value> {
        let mut patch = Map::new();
        if self.observed_generation != stored.observed_generation {
            patch.insert("observedGeneration".to_owned(), json!(self.observed_generation));
        }
        if self.conditions != stored.conditions {
            patch.insert("conditions".to_owned(), json!(self.conditions));
        }
        if self.last_handled != stored.last_handled {
            patch.insert("lastHandledReconcileAt".to_owned(), json!(self.last_handled));
        }
        if self.observed_ignore != stored.observed_ignore {
            patch.insert("observedIgnore".to_owned(), json!(self.observed_ignore));
        }
        if self.chart.source_revision != stored.chart.source_revision {
            patch.insert("observedSourceArtifactRevision".to_owned(), json!(self.chart.source_revision));
        }
        if self.chart.name != stored.chart.name {
            patch.insert("observedChartName".to_owned(), json!(self.chart.name));
        }
        if self.chart.values_files != stored.chart.values_files {
            let files = Some(&self.chart.values_files).filter(|files| !files.is_empty());
            patch.insert("observedValuesFiles".to_owned(), json!(files));
        }
        if self.artifact != stored.artifact {
            let mut artifact = json!(self.artifact);
            // Merging would keep what is stored of the metadata.
            if let Some(fields) = artifact.as_object_mut() {
                let old = stored.artifact.iter().flat_map(|artifact| artifact.metadata.keys());
                if let Value::Object(metadata) = fields.entry("metadata").or_insert(Value::Null) {
                    for key in old {
                        metadata.entry(key.clone()).or_insert(Value::Null);
                    }
                }
            }
            patch.insert("artifact".to_owned(), artifact);
        }
        if self.url != stored.url {
            patch.insert("url".to_owned(), json!(self.url));
        }
        for (field, value) in &self.observed {
            if stored.observed.get(field) != Some(value) {
                patch.insert(field.clone(), replacing(value, stored.observed.get(field)));
            }
        }
        for field in stored.observed.keys().filter(|field| !self.observed.contains_key(*field)) {
            patch.insert(field.clone(), Value::Null);
        }
        (!patch.is_empty()).then_some(Value::Object(patch))
    }

    /// Takes over from a newer stored status what is not ours: conditions of other types.
    pub(crate) fn adopt_foreign(&mut self, stored: &Self) {
        let ours = |type_: &str| type_ == READY || SUMMARY.contains(&type_);
        self.conditions.retain(|condition| ours(&condition.type_));
        self.conditions.extend(stored.conditions.iter().filter(|found| !ours(&found.type_)).cloned());
    }
}

/// A value that takes the place of another one in a merge patch: fields that are gone are removed.
fn replacing(value: &Value, stored: Option<&Value>) -> Value {
    let mut value = value.clone();
    if let (Some(fields), Some(Value::Object(stored))) = (value.as_object_mut(), stored) {
        for field in stored.keys() {
            fields.entry(field.clone()).or_insert(Value::Null);
        }
    }
    value
}

/// Priority of a condition in the summary: negative True, positive False, positive True, negative False, Unknown.
fn rank(condition: &Condition) -> u8 {
    let positive = matches!(condition.type_.as_str(), ARTIFACT_IN_STORAGE | SOURCE_VERIFIED);
    match (positive, condition.status.as_str()) {
        (false, TRUE) => 0,
        (true, FALSE) => 1,
        (true, TRUE) => 2,
        (false, FALSE) => 3,
        _ => 4,
    }
}
