//! Why an object is what it is, as it is told, and what is told of a verdict alone.

use std::time::Duration;

use serde_json::Value;

use crate::kstatus::{Status, Verdict, conditions};
use crate::wording;

/// Why an object is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// One word; empty when all is well and there is nothing to say.
    pub reason: String,
    /// One sentence without a final dot.
    pub message: String,
    /// What it was seen by, most telling first; at most [`MAX_EVIDENCE`].
    pub evidence: Vec<String>,
    /// What a person can do.
    pub hint: Option<String>,
    /// Waiting will not help.
    pub stuck: bool,
    /// It is stuck, and neither time nor anybody at work elsewhere changes that: nobody has to wait whether it stays.
    pub certain: bool,
    /// After this time the same object is explained differently.
    pub changes_in: Option<Duration>,
}

impl Explanation {
    pub(super) fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), ..Self::default() }
    }

    pub(super) fn stuck(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { stuck: true, ..Self::new(reason, message) }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn evidence(mut self, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        if !seen.is_empty() {
            self.evidence.push(seen);
        }
        self
    }
}

/// How many pieces of evidence are given.
pub const MAX_EVIDENCE: usize = 3;

pub(super) fn plain(verdict: &Verdict) -> Explanation {
    let message = wording::quoted(&verdict.message);
    let mut told = Explanation::new(verdict.reason.clone(), message);
    told.stuck = verdict.status == Status::Failed;
    if told.reason.is_empty() {
        told.reason = verdict.status.as_str().to_owned();
    }
    if told.message.is_empty() {
        told.message = told.reason.clone();
    }
    told
}

/// A condition's reason and message, published form.
pub(super) fn condition_text(object: &Value, type_: &str, status: &str) -> Option<(String, String)> {
    let conditions = conditions(object).ok()?;
    let found = conditions.iter().find(|c| c.type_ == type_ && c.status == status)?;
    Some((found.reason.to_owned(), wording::quoted(found.message)))
}
