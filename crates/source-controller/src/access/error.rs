//! Why there is no access, and the form in which a Secret's content comes. What is read from it is `access`'s.

use std::collections::BTreeMap;

/// The data of one Secret.
pub(crate) type SecretData = BTreeMap<String, Vec<u8>>;

/// Why there is no access, by who is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessError {
    /// The spec asks for what is not built yet.
    #[error("{0} is not supported by this source-controller")]
    Unsupported(&'static str),
    /// A Secret is missing or may not be read.
    // The words come twice in Flux as well.
    #[error("failed to get secret '{name}': failed to get secret '{name}': {cause}")]
    Unreadable {
        /// Namespace and name.
        name: String,
        /// What the API server said.
        cause: String,
    },
    /// The Secret is meant for another provider than the spec says.
    #[error("secretRef '{name}' has github app data but provider is not set to github")]
    OtherProvider {
        /// Namespace and name.
        name: String,
    },
    /// What the provider needs is not there.
    #[error("secretRef with github app data must be specified when provider is set to github")]
    NoApp {
        /// Only another spec can help.
        stalling: bool,
    },
    /// The key of the Secret needs a passphrase that is not there.
    #[error("SSH identity key is encrypted but no 'password' field was provided in the secret '{0}'")]
    Locked(String),
    /// The Secret with the proxy is missing or cannot be used.
    #[error("failed to configure proxy options: {0}")]
    Proxy(String),
    /// The Secret's content, or its TLS material, cannot be used.
    #[error("failed to configure authentication options: {0}")]
    Unusable(#[from] Unusable),
}

/// What is wrong with the content of a Secret. Says which key, never what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("invalid '{scheme}' auth option: 'password' requires 'username' to be set")]
    PasswordWithoutUsername { scheme: String },
    #[error("basic auth and bearer token cannot be set at the same time")]
    BasicAndBearer,
    #[error("invalid '{scheme}' auth option: '{field}' {problem}")]
    Invalid { scheme: String, field: &'static str, problem: &'static str },
    #[error("secret '{secret}': {problem}")]
    App { secret: String, problem: String },
}
