//! Credentials of the clouds as values. How they are written in Secrets is for their readers.

use std::fmt;

use crate::Secret;

/// Credentials of AWS.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsCredentials {
    /// Names the key.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: Secret,
    /// Goes along with keys that are valid for a time only.
    pub session_token: Option<Secret>,
}

/// Credentials of Azure.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AzureCredentials {
    /// A service principal with a password.
    Secret {
        /// Tenant.
        tenant: String,
        /// Client.
        client: String,
        /// Password.
        secret: Secret,
        /// Where to log in, when it is not the public cloud.
        authority: Option<String>,
    },
    /// A service principal with a certificate.
    Certificate {
        /// Tenant.
        tenant: String,
        /// Client.
        client: String,
        /// Certificate and key as PEM.
        pem: Secret,
        /// Whether the whole chain is sent along.
        send_chain: bool,
        /// Where to log in, when it is not the public cloud.
        authority: Option<String>,
    },
    /// A client that trusts a token of somebody else (workload identity).
    Assertion {
        /// Tenant.
        tenant: String,
        /// Client.
        client: String,
        /// The token.
        token: Secret,
        /// Where to log in, when it is not the public cloud.
        authority: Option<String>,
    },
    /// The identity of the machine.
    ManagedIdentity {
        /// Client; the machine's only one if none is named.
        client: Option<String>,
    },
}

/// Credentials of Google Cloud.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GcpCredentials {
    /// A service account, which signs for its tokens.
    ServiceAccount {
        /// Its address.
        email: String,
        /// Its key as PEM.
        private_key: Secret,
        /// Names the key.
        private_key_id: Option<String>,
        /// Where tokens are issued.
        token_uri: String,
    },
    /// A user who has logged in.
    AuthorizedUser {
        /// Client.
        client_id: String,
        /// Its password.
        client_secret: Secret,
        /// What tokens are issued for.
        refresh_token: Secret,
    },
}

/// A user and a password for a registry or a Git repository. The user may be a secret, too.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: Secret,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(<redacted>)")
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsCredentials(<redacted>)")
    }
}

impl fmt::Debug for AzureCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AzureCredentials(<redacted>)")
    }
}

impl fmt::Debug for GcpCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GcpCredentials(<redacted>)")
    }
}
