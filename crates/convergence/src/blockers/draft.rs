//! What the parts of an explanation say of a blocker, before it is known since when.

use api::blocker::BlockerCode;

/// A blocker before it is known since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) code: BlockerCode,
    pub(crate) object: Option<String>,
    pub(crate) message: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) hint: Option<&'static str>,
}

impl Draft {
    pub(crate) fn new(code: BlockerCode, object: impl Into<String>, message: impl Into<String>) -> Self {
        let object = Some(object.into()).filter(|object| !object.is_empty());
        Self { code, object, message: message.into(), evidence: Vec::new(), hint: None }
    }

    pub(crate) fn evidence(mut self, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        if !seen.is_empty() {
            self.evidence.push(seen);
        }
        self
    }

    pub(crate) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}
