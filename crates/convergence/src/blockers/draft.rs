//! What the parts of an explanation say of a blocker, before it is known since when.

use api::blocker::BlockerCode;
use health::wording;

/// Longest next step.
const LONGEST_HINT: usize = 600;

/// A blocker before it is known since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) code: BlockerCode,
    pub(crate) object: Option<String>,
    pub(crate) message: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) hint: Option<String>,
    /// The run's result says so of an object that may say more itself.
    pub(crate) by_run: bool,
}

impl Draft {
    pub(crate) fn new(code: BlockerCode, object: impl Into<String>, message: impl Into<String>) -> Self {
        let object = Some(object.into()).filter(|object| !object.is_empty());
        Self { code, object, message: message.into(), evidence: Vec::new(), hint: None, by_run: false }
    }

    /// What a Ready condition says, in its own words.
    pub(crate) fn quoting(code: BlockerCode, object: impl Into<String>, reason: &str, message: &str) -> Self {
        Self::new(code, object, wording::quoted(message))
            .evidence(format!("Ready: {}", wording::word(reason)))
    }

    /// What a Ready condition says, in one's own words; its own are the evidence.
    pub(crate) fn reading(
        code: BlockerCode,
        object: impl Into<String>,
        sentence: &str,
        reason: &str,
        message: &str,
    ) -> Self {
        let seen = format!("Ready: {}: {}", wording::word(reason), wording::quoted(message));
        Self::new(code, object, wording::quoted(sentence)).evidence(seen)
    }

    pub(crate) fn evidence(mut self, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        if !seen.is_empty() {
            self.evidence.push(seen);
        }
        self
    }

    /// The next step. What it names may be anybody's words.
    pub(crate) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(wording::cut(&wording::masked(hint.as_ref()).replace('\n', " "), LONGEST_HINT));
        self
    }
}
