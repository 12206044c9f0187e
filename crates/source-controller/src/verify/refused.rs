//! Why content may not be published. Who says so is `verify` and `signature`.

/// Content that may not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// What was fetched is not what the revision names.
    #[error("the content of revision '{revision}' is '{digest}'")]
    OtherContent {
        /// What was asked for.
        revision: String,
        /// What came.
        digest: String,
    },
    /// What is trusted is not known.
    #[error("public keys secret error: {0}")]
    NoKeys(String),
    /// It is not signed, or not by those who are trusted.
    #[error("{message}")]
    Signature {
        /// Of the condition.
        reason: &'static str,
        /// Of the condition.
        message: String,
        /// Only another spec can help.
        stalling: bool,
    },
}
