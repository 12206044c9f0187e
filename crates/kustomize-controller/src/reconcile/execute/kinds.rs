//! Kinds that a run has defined: the API server says that a definition is established a moment before discovery names its
//! kinds. Whoever asks in that moment hears that there is no such kind.

use super::super::worker::Worker;
use super::Site;
use crate::fault::Fault;
use ::apply::Change;
use serde_json::Value;
use std::time::Duration;

/// How long discovery may take to name a kind.
const NAMED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

const DEFINITION: &str = "CustomResourceDefinition";

/// Group, version and kind.
type Kind = (String, String, String);

impl Site<'_, '_> {
    /// Waits until discovery names the kinds of definitions that were written. Where it does not in time, the dry-run of an
    /// object of that kind tells.
    pub(super) async fn await_kinds(&self, worker: &mut Worker<'_>, changes: &[Change]) -> Result<(), Fault> {
        let written = changes.iter().filter(|change| change.is_write() && change.id.kind == DEFINITION);
        let definitions: Vec<&Value> = written.filter_map(|change| change.object.as_ref()).collect();
        if definitions.is_empty() {
            return Ok(());
        }
        let kinds: Vec<Kind> = definitions.into_iter().flat_map(defined).collect();
        if self.are_named(&kinds).await {
            return Ok(());
        }
        worker.rest();
        let named = async {
            loop {
                tokio::time::sleep(PAUSE).await;
                if self.are_named(&kinds).await {
                    break;
                }
            }
        };
        tokio::select! {
            _ = tokio::time::timeout(NAMED_WITHIN, named) => worker.work().await,
            () = self.scope.control.cancelled() => Err(Fault::cancelled()),
        }
    }

    /// Whether discovery, asked now, names all of them.
    async fn are_named(&self, kinds: &[Kind]) -> bool {
        let mapper = self.scope.target.mapper();
        mapper.invalidate();
        for (group, version, kind) in kinds {
            if mapper.resolve(group, version, kind).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// The kinds that a definition has served.
fn defined(object: &Value) -> Vec<Kind> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let (Some(group), Some(kind)) = (text("/spec/group"), text("/spec/names/kind")) else {
        return Vec::new();
    };
    let versions = object.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served").and_then(Value::as_bool) == Some(true));
    let names = served.filter_map(|version| version.get("name").and_then(Value::as_str));
    names.map(|version| (group.to_owned(), version.to_owned(), kind.to_owned())).collect()
}

#[cfg(test)]
mod tests;
