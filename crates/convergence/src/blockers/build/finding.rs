//! What a failed build comes down to.

/// What is wrong, and what to do.
pub(super) struct Finding {
    pub(super) sentence: String,
    pub(super) hint: String,
}

impl Finding {
    pub(super) fn new(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), hint: hint.into() }
    }
}
