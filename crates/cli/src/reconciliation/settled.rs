//! By what an object says that the run that it was asked for is over (contracts/flux-cli.md 2). Pure.
//!
//! `flux` waits for a run that failed until its own timeout, because Flux tries again and says so in Reconciling. Here
//! Ready False for the present generation is an answer.

use api::condition::{FALSE, READY, RECONCILING, STALLED, TRUE};
use health::wording::{quoted, word};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not over: what is waited for.
    Waits(String),
    /// Over.
    Over(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Ready is True.
    Ready {
        /// What was fetched or applied, if the object names a revision.
        revision: Option<String>,
        /// Of Ready.
        message: String,
    },
    /// Ready is False, or the object is stalled.
    Failed {
        /// Of the condition.
        reason: String,
        /// Of the condition.
        message: String,
    },
    /// It will never say: it is gone, is being deleted, or was suspended meanwhile.
    Nothing(&'static str),
}

/// Where the run is that was asked for with `token`.
pub(crate) fn after_request(object: Option<&Value>, token: &str) -> Progress {
    let Some(object) = object else { return Progress::Over(Ending::Nothing("it was deleted meanwhile")) };
    if let Some(why) = never(object) {
        return Progress::Over(Ending::Nothing(why));
    }
    let handled = object.pointer("/status/lastHandledReconcileAt").and_then(Value::as_str);
    if handled != Some(token) {
        return Progress::Waits(
            under_way(object).unwrap_or_else(|| "its controller to see the request".to_owned()),
        );
    }
    by_conditions(object)
}

/// Where the first run after a resumption is. Kinds without a status have none, and are done at once.
pub(crate) fn after_resume(object: Option<&Value>) -> Progress {
    let Some(object) = object else { return Progress::Over(Ending::Nothing("it was deleted meanwhile")) };
    match never(object) {
        Some(why) => Progress::Over(Ending::Nothing(why)),
        None => by_conditions(object),
    }
}

fn never(object: &Value) -> Option<&'static str> {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Some("it is being deleted");
    }
    let suspended = object.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true);
    suspended.then_some("it was suspended meanwhile")
}

fn by_conditions(object: &Value) -> Progress {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let Some(ready) = condition(object, READY) else {
        return Progress::Waits("its condition Ready".to_owned());
    };
    // Flux's older kinds leave the generation out of conditions.
    let status = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    let observed =
        ready.get("observedGeneration").and_then(Value::as_i64).filter(|seen| *seen > 0).or(status);
    if generation.is_some() && observed < generation {
        return Progress::Waits(
            under_way(object).unwrap_or_else(|| "its controller to see the change".to_owned()),
        );
    }
    if let Some(stalled) = condition(object, STALLED).filter(|stalled| is(stalled, TRUE)) {
        return Progress::Over(failed(stalled));
    }
    if is(ready, FALSE) {
        return Progress::Over(failed(ready));
    }
    if is(ready, TRUE) {
        return match condition(object, RECONCILING).filter(|reconciling| is(reconciling, TRUE)) {
            Some(reconciling) => Progress::Waits(message(reconciling)),
            None => Progress::Over(Ending::Ready { revision: revision(object), message: message(ready) }),
        };
    }
    Progress::Waits(message(ready))
}

/// What an object that is being worked on says.
fn under_way(object: &Value) -> Option<String> {
    let reconciling = condition(object, RECONCILING).filter(|reconciling| is(reconciling, TRUE))?;
    Some(message(reconciling)).filter(|message| !message.is_empty())
}

fn failed(condition: &Value) -> Ending {
    Ending::Failed { reason: word(text(condition, "reason")), message: message(condition) }
}

/// What was fetched or applied.
fn revision(object: &Value) -> Option<String> {
    let pointers = [
        "/status/lastAppliedRevision",
        "/status/artifact/revision",
        "/status/history/0/chartVersion",
        "/status/lastAttemptedRevision",
    ];
    pointers.iter().find_map(|pointer| object.pointer(pointer)?.as_str()).map(word)
}

fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v Value> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|condition| text(condition, "type") == kind)
}

fn is(condition: &Value, status: &str) -> bool {
    text(condition, "status") == status
}

fn message(condition: &Value) -> String {
    quoted(text(condition, "message"))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
