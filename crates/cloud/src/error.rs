//! Why there are no credentials.

/// Why there are no credentials, or no answer to a request with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing says who one is to that cloud, or what says so is not in its form: whoever set it up has to act.
    #[error("{0}")]
    Settings(String),
    /// The credentials are broken, or of a kind that is not supported.
    #[error("{0}")]
    Credentials(&'static str),
    /// The address must not get credentials.
    #[error("{service} is not asked at this address: {why}")]
    Address {
        /// The service.
        service: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// The service answered with an error.
    #[error("{context}: {service} answered {status}{}", code.as_deref().map(|code| format!(" {code}")).unwrap_or_default())]
    Refused {
        /// What was tried.
        context: &'static str,
        /// The service.
        service: &'static str,
        /// HTTP status.
        status: u16,
        /// The service's own name for the error, if it gave one.
        code: Option<String>,
    },
    /// The answer is not in the service's form.
    #[error("the answer of {0} is not in its form")]
    Answer(&'static str),
    /// No answer: nobody's fault, to be tried again.
    #[error("{service} cannot be reached: {why}")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// The sender's words, which name no credentials.
        why: String,
    },
    /// No token was issued for the ServiceAccount. In the API server's words, or what stands for it.
    #[error("{0}")]
    Token(String),
}

impl Error {
    /// Whether the same may work later without anybody changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Answer(_) | Self::Token(_) => true,
            Self::Refused { status, code, .. } => {
                *status == 429 || *status >= 500 || code.as_deref().is_some_and(is_throttling)
            }
            _ => false,
        }
    }
}

/// AWS says so with status 400.
fn is_throttling(code: &str) -> bool {
    code.starts_with("Throttl")
        || matches!(code, "RequestLimitExceeded" | "IDPCommunicationError" | "SlowDown")
}
