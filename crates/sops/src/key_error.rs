//! Why a master key did not open a data key.

use crate::blame::Blame;

/// Why a master key did not open a data key. Texts begin as those of sops do where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The service does not know keys of this kind.
    #[error("no key service handles keys of this kind")]
    NotHandled,
    /// No identity of age was given.
    #[error("failed to load age identities: there are none")]
    NoAgeIdentity,
    /// age refused.
    #[error("failed to create reader for decrypting sops data key with age: {0}")]
    Age(&'static str),
    /// OpenPGP refused.
    #[error("could not decrypt data key with PGP key: {0}")]
    Pgp(&'static str),
    /// The file's fault: what it says about the key, or what the key encrypted, is not in its form.
    #[error("{0}")]
    Malformed(&'static str),
    /// There are no credentials for the service.
    #[error("no credentials for {0}")]
    NoCredentials(&'static str),
    /// The credentials are of a kind that is not supported, or broken.
    #[error("{0}")]
    Credentials(&'static str),
    /// There are no credentials of an identity. The words name provider and account.
    #[error("{text}")]
    Identity {
        /// The words.
        text: String,
        /// Whether it may be otherwise later without anybody changing anything.
        passing: bool,
    },
    /// The file names a server that must not get our credentials.
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
        /// What was tried, in sops' words.
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
}

impl KeyError {
    /// Who has to act.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Malformed(_) | Self::Address { .. } => Blame::File,
            Self::Unreachable { .. } | Self::Answer(_) | Self::Identity { passing: true, .. } => {
                Blame::Service
            }
            Self::Refused { status, .. } if *status == 429 || *status >= 500 => Blame::Service,
            _ => Blame::Keys,
        }
    }
}

impl From<cloud::Error> for KeyError {
    fn from(error: cloud::Error) -> Self {
        match error {
            cloud::Error::Credentials(text) => Self::Credentials(text),
            cloud::Error::Address { service, why } => Self::Address { service, why },
            cloud::Error::Refused { context, service, status, code } => {
                Self::Refused { context, service, status, code }
            }
            cloud::Error::Answer(service) => Self::Answer(service),
            cloud::Error::Unreachable { service, why } => Self::Unreachable { service, why },
            other => Self::Identity { text: other.to_string(), passing: other.is_passing() },
        }
    }
}
