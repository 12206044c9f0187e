//! Why an entry of a Secret was not imported. Which entry of which Secret that was is said around it.

/// Why an entry was not imported. The owner of the Secret has to act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No identity of age.
    #[error("failed to parse and add to age identities: {0}")]
    Age(&'static str),
    /// No OpenPGP key. The words in front are those of Flux, which asks GnuPG.
    #[error("failed to import armored key data into GnuPG keyring (exit status 2): {0}")]
    Pgp(&'static str),
    /// Not text.
    #[error("the token is not UTF-8")]
    Token,
    /// No credentials of AWS.
    #[error("failed to unmarshal AWS credentials file")]
    Aws,
    /// No credentials of Azure.
    #[error("{0}")]
    Azure(&'static str),
    /// No credentials of Google Cloud.
    #[error("{0}")]
    Gcp(&'static str),
}
