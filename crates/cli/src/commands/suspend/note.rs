//! What is written on an object that is suspended or resumed. Pure.

use api::labels::{SUSPEND_REASON, SUSPENDED_AT, SUSPENDED_BY};
use jiff::Timestamp;
use serde_json::{Value, json};

#[cfg(test)]
mod tests;

/// Who suspends, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// As the API server knows them, if it says.
    pub(super) by: Option<String>,
    /// When.
    pub(super) at: Timestamp,
    /// In their own words, if they gave any.
    pub(super) reason: Option<String>,
}

/// The patch that suspends an object; none where there is nothing to change. One that is suspended already keeps who did
/// it and when: only a reason is new.
pub(super) fn suspended(object: &Value, note: &Note) -> Option<Value> {
    if object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        let reason = note.reason.as_ref()?;
        return Some(json!({"metadata": {"annotations": {SUSPEND_REASON: reason}}}));
    }
    // What an earlier suspension may have left goes.
    let annotations = json!({
        SUSPENDED_BY: note.by,
        SUSPENDED_AT: format!("{:.0}", note.at),
        SUSPEND_REASON: note.reason,
    });
    Some(json!({"metadata": {"annotations": annotations}, "spec": {"suspend": true}}))
}

/// The patch that resumes an object, and takes off it what was noted.
pub(super) fn resumed(object: &Value) -> Value {
    let annotations = object.pointer("/metadata/annotations");
    let noted = [SUSPENDED_BY, SUSPENDED_AT, SUSPEND_REASON];
    let held = noted.into_iter().filter(|key| annotations.is_some_and(|all| all.get(*key).is_some()));
    let gone: serde_json::Map<String, Value> = held.map(|key| (key.to_owned(), Value::Null)).collect();
    let mut patch = json!({"spec": {"suspend": false}});
    if !gone.is_empty() {
        patch["metadata"] = json!({ "annotations": gone });
    }
    patch
}
