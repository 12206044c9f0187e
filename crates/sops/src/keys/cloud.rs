//! Credentials of the cloud services, as Flux has them in a Secret.

use std::fmt;

use manifest::yaml::{Dialect, read_all};
use zeroize::Zeroizing;

use super::import_error::ImportError;
use crate::wipe::{Secret, Wiped};

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
    /// The identity of the machine.
    ManagedIdentity {
        /// Client.
        client: String,
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

const GCP_TOKENS: &str = "https://oauth2.googleapis.com/token";

fn secret(text: &str) -> Secret {
    Zeroizing::new(text.to_owned())
}

/// YAML or JSON with one mapping.
fn mapping(text: &str) -> Option<Wiped> {
    let values = read_all(text, Dialect::V2).ok()?;
    let value = values.into_iter().next().map(Wiped)?;
    value.0.is_object().then_some(value)
}

impl AwsCredentials {
    pub(super) fn parse(data: &[u8]) -> Result<Self, ImportError> {
        let text = std::str::from_utf8(data).map_err(|_| ImportError::Aws)?;
        let fields = mapping(text).ok_or(ImportError::Aws)?;
        let text = |name: &str| fields.text(name).unwrap_or_default().to_owned();
        Ok(Self {
            access_key_id: text("aws_access_key_id"),
            secret_access_key: text("aws_secret_access_key").into(),
            session_token: fields.text("aws_session_token").map(secret),
        })
    }
}

impl AzureCredentials {
    pub(super) fn parse(data: &[u8]) -> Result<Self, ImportError> {
        const UNREADABLE: ImportError = ImportError::Azure("failed to unmarshal Azure authentication file");
        let text =
            decoded(data).ok_or(ImportError::Azure("failed to decode Azure authentication file bytes"))?;
        let fields = mapping(&text).ok_or(UNREADABLE)?;
        let own = |name: &str| fields.text(name).map(str::to_owned);
        let authority = own("authorityHost");
        if let (Some(tenant), Some(client)) = (own("tenantId"), own("clientId")) {
            if let Some(text) = fields.text("clientSecret") {
                return Ok(Self::Secret { tenant, client, secret: secret(text), authority });
            }
            if let Some(pem) = fields.text("clientCertificate") {
                if !pem.contains("-----BEGIN ") || fields.text("clientCertificatePassword").is_some() {
                    return Err(ImportError::Azure(
                        "client certificates are supported as PEM without password only",
                    ));
                }
                let send_chain = fields
                    .0
                    .get("clientCertificateSendChain")
                    .and_then(serde_json::Value::as_bool)
                    .unwrap_or(false);
                return Ok(Self::Certificate { tenant, client, pem: secret(pem), send_chain, authority });
            }
        }
        if let (Some(tenant), Some(client), Some(password)) =
            (own("tenant"), own("appId"), fields.text("password"))
        {
            return Ok(Self::Secret { tenant, client, secret: secret(password), authority });
        }
        let client = own("clientId").ok_or(ImportError::Azure(
            "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', \
             or 'tenantId', 'clientId' and 'clientCertificate'",
        ))?;
        Ok(Self::ManagedIdentity { client })
    }
}

impl GcpCredentials {
    pub(super) fn parse(data: &[u8]) -> Result<Self, ImportError> {
        let unreadable = ImportError::Gcp("the credentials are not in the form of JSON");
        let text = std::str::from_utf8(data).map_err(|_| unreadable.clone())?;
        let fields = Wiped(serde_json::from_str(text.trim_matches('\n')).map_err(|_| unreadable)?);
        let need =
            |name: &str| fields.text(name).ok_or(ImportError::Gcp("a field of the credentials is missing"));
        match fields.text("type") {
            Some("service_account") => Ok(Self::ServiceAccount {
                email: need("client_email")?.to_owned(),
                private_key: secret(need("private_key")?),
                private_key_id: fields.text("private_key_id").map(str::to_owned),
                token_uri: fields.text("token_uri").unwrap_or(GCP_TOKENS).to_owned(),
            }),
            Some("authorized_user") => Ok(Self::AuthorizedUser {
                client_id: need("client_id")?.to_owned(),
                client_secret: secret(need("client_secret")?),
                refresh_token: secret(need("refresh_token")?),
            }),
            _ => Err(ImportError::Gcp("credentials of this type are not supported")),
        }
    }
}

/// Windows writes UTF-16, which Flux reads as well.
fn decoded(data: &[u8]) -> Option<Secret> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([byte(pair, 0), byte(pair, 1)])).collect();
        Some(Zeroizing::new(String::from_utf16_lossy(&units)))
    };
    match data {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(secret),
        _ => std::str::from_utf8(data).ok().map(secret),
    }
}

fn byte(pair: &[u8], at: usize) -> u8 {
    pair.get(at).copied().unwrap_or_default()
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
