//! What comes of looking at a signature. Texts may quote what others wrote; who shows them cleans them.

use std::fmt;

use manifest::budget::Exceeded;

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Who says so: an OIDC issuer, or the issuer of a certificate.
    pub issuer: Option<String>,
    /// Who it is: the subject of a certificate.
    pub subject: Option<String>,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &Option<String>| part.clone().unwrap_or_else(|| "(none)".to_owned());
        write!(f, "subject {} of issuer {}", shown(&self.subject), shown(&self.issuer))
    }
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no bundle at all.
    #[error("the signature cannot be read: it is no bundle")]
    NoBundle,
    /// It is no signature of the kind it says it is.
    #[error("the signature cannot be read: {0}")]
    Malformed(String),
    /// It may be one, in a way that is not supported.
    #[error("the signature is not supported: {0}")]
    Unsupported(String),
    /// It has more of something than is looked at.
    #[error("the signature has more than {most} {what}")]
    Excess {
        /// Of what.
        what: &'static str,
        /// How many may be.
        most: usize,
    },
    /// It is about something else.
    #[error("the signature is of another artifact")]
    OtherArtifact,
    /// What was signed, by whom or when is not what it says.
    #[error("the signature is broken: {0}")]
    Broken(String),
    /// Nobody who is trusted vouches for who signed, or for the time.
    #[error("the signature is not trusted: {0}")]
    Untrusted(String),
    /// Somebody else signed it than who has to.
    #[error("the signature is of {0}, which no identity of the policy matches")]
    OtherSigner(Signer),
    /// It no longer holds, or does not hold yet.
    #[error("the signature does not hold now: {0}")]
    Time(String),
    /// Whether a certificate was revoked has to be asked for, which is not done.
    #[error(
        "whether the certificate of {0} is revoked cannot be checked: that is not supported; the trust policy may \
         override `revocation`"
    )]
    Revocation(String),
    /// Looking costs more than it may.
    #[error("the verification {0}")]
    Cost(#[from] Exceeded),
}
