//! What matters of a source: its revision, whether it is well, and what of its spec a next step names. Pure.

use std::collections::BTreeMap;

use api::labels::{SUSPEND_REASON, SUSPENDED_AT, SUSPENDED_BY};
use health::Rules;
use health::explain::source;
use health::prune::pruned_as;
use manifest::foreign::without_credentials;
use serde_json::{Map, Value};

/// Annotations that say who suspended a source, when and why.
const NOTES: [&str; 3] = [SUSPENDED_BY, SUSPENDED_AT, SUSPEND_REASON];

/// A source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Revision of its artifact.
    pub revision: Option<String>,
    /// Its Ready condition: status, reason, message. While it has no artifact and the next attempt is under way, what the
    /// last one failed with.
    pub ready: Option<(String, String, String)>,
    /// It does not look for new revisions.
    pub suspended: bool,
    /// The fields of its spec that [`source::SPEC`] names, without credentials.
    pub spec: Value,
    /// Who suspended it, when and why.
    pub notes: BTreeMap<String, String>,
}

/// What is known of the source that a Kustomization names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceView {
    /// It exists.
    Known(Source),
    /// It does not.
    Absent,
    /// It cannot be looked at; nothing follows from that.
    Hidden,
    /// It is in another namespace: of it is known what the Kustomization's own status says, and nothing else.
    Elsewhere,
}

/// Keeps of a source's body only what [`Source::read`] reads.
pub fn prune(body: &mut Value) {
    let notes: Map<String, Value> = NOTES
        .iter()
        .filter_map(|key| {
            Some(((*key).to_owned(), body.get("metadata")?.get("annotations")?.get(*key)?.clone()))
        })
        .collect();
    // All kinds of sources have one row.
    let mut kept = pruned_as(std::mem::take(body), Rules::built_in(), api::SOURCE_GROUP, "GitRepository");
    if let Some(Value::String(url)) = kept.pointer_mut("/spec/url") {
        *url = without_credentials(url).into_owned();
    }
    if let (false, Some(Value::Object(metadata))) = (notes.is_empty(), kept.get_mut("metadata")) {
        metadata.insert("annotations".to_owned(), Value::Object(notes));
    }
    *body = kept;
}

impl Source {
    /// Reads a pruned body.
    #[must_use]
    pub fn read(body: &Value) -> Self {
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let conditions = body.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions
            .and_then(|list| {
                list.iter().find(|item| item.get("type").and_then(Value::as_str) == Some("Ready"))
            })
            .map(|ready| (text(ready, "status"), text(ready, "reason"), text(ready, "message")));
        let revision = body.pointer("/status/artifact/revision").and_then(Value::as_str).map(str::to_owned);
        let failed = source::failure(body).filter(|_| revision.is_none());
        let ready = match (ready, failed) {
            (Some((status, ..)), Some((reason, message))) if status != "True" => {
                Some(("False".to_owned(), reason, message))
            }
            (ready, _) => ready,
        };
        let mut spec = body.get("spec").cloned().unwrap_or_default();
        if let Value::Object(spec) = &mut spec {
            spec.remove("suspend");
        }
        let annotations = body.pointer("/metadata/annotations");
        let notes = NOTES
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), annotations?.get(*key)?.as_str()?.to_owned())));
        Self {
            revision,
            ready,
            suspended: body.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true),
            spec,
            notes: notes.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
