//! What matters of a source: its revision and whether it is well. Pure.

use serde_json::Value;

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Revision of its artifact.
    pub revision: Option<String>,
    /// Its Ready condition: status, reason, message.
    pub ready: Option<(String, String, String)>,
    /// It does not look for new revisions.
    pub suspended: bool,
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
    let status = body.get("status");
    let artifact = status.and_then(|status| status.pointer("/artifact/revision")).cloned();
    let conditions = status.and_then(|status| status.get("conditions")).cloned();
    let suspend = body.pointer("/spec/suspend").cloned();
    *body = serde_json::json!({
        "spec": {"suspend": suspend},
        "status": {"artifact": {"revision": artifact}, "conditions": conditions},
    });
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
        Self {
            revision: body.pointer("/status/artifact/revision").and_then(Value::as_str).map(str::to_owned),
            ready,
            suspended: body.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true),
        }
    }
}

#[cfg(test)]
mod tests;
