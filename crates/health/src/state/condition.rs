//! Conditions as the richer states read them: with the generation that each is about, and how severe it is. What is of the
//! wrong type is not there.

use jiff::Timestamp;
use serde_json::Value;

use crate::kstatus::{int, text};
use crate::wording;

/// One condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a> {
    pub(super) type_: &'a str,
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
    /// It says that it is only for information.
    pub(super) is_note: bool,
    /// Since when it has its status.
    pub(super) since: Option<Timestamp>,
    /// It is about an older generation of the object.
    pub(super) is_stale: bool,
    /// It says itself that it is about the present one.
    pub(super) is_current: bool,
}

impl Condition<'_> {
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }

    pub(super) fn is_false(&self) -> bool {
        self.status == "False"
    }

    /// Its reason as one word, or its type where it gives none.
    pub(super) fn word(&self) -> String {
        wording::word(if self.reason.is_empty() { self.type_ } else { self.reason })
    }

    /// Its message, or what it says if it gives none.
    pub(super) fn sentence(&self) -> String {
        let message = wording::quoted(self.message);
        if message.is_empty() {
            format!("condition {} is {}", wording::word(self.type_), wording::word(self.status))
        } else {
            message
        }
    }

    /// What it is seen by.
    pub(super) fn evidence(&self) -> String {
        let (type_, status) = (wording::word(self.type_), wording::word(self.status));
        match wording::word(self.reason) {
            reason if reason.is_empty() => format!("condition {type_}: {status}"),
            reason => format!("condition {type_}: {status} ({reason})"),
        }
    }
}

/// All conditions, in list order.
pub(super) fn conditions(object: &Value) -> Vec<Condition<'_>> {
    let generation = int(object, &["metadata", "generation"]);
    let list = object.pointer("/status/conditions").and_then(Value::as_array);
    list.into_iter().flatten().map(|item| condition(item, generation)).collect()
}

/// One condition by its type, unless it is about an older generation.
pub(super) fn find<'a>(object: &'a Value, type_: &str) -> Option<Condition<'a>> {
    conditions(object).into_iter().find(|condition| condition.type_ == type_ && !condition.is_stale)
}

fn condition(item: &Value, generation: Option<i64>) -> Condition<'_> {
    let field = |name: &str| text(item, &[name]).unwrap_or_default();
    let observed = int(item, &["observedGeneration"]);
    Condition {
        type_: field("type"),
        status: field("status"),
        reason: field("reason"),
        message: field("message"),
        is_note: field("severity") == "Info",
        since: field("lastTransitionTime").parse().ok(),
        is_current: observed.is_some() && observed == generation,
        is_stale: observed.zip(generation).is_some_and(|(observed, generation)| observed < generation),
    }
}
