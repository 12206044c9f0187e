//! Credentials of the cloud services, as Flux has them in a Secret. What they are is `cloud`'s.

use manifest::yaml::{Dialect, read_all};
use zeroize::Zeroizing;

use super::import_error::ImportError;
use crate::wipe::{Secret, Wiped};
use crate::{AwsCredentials, AzureCredentials, GcpCredentials};

fn secret(text: &str) -> Secret {
    Zeroizing::new(text.to_owned())
}

/// YAML or JSON with one mapping.
fn mapping(text: &str) -> Option<Wiped> {
    let values = read_all(text, Dialect::V2).ok()?;
    let value = values.into_iter().next().map(Wiped)?;
    value.0.is_object().then_some(value)
}

/// `sops.aws-kms`.
pub(super) fn aws(data: &[u8]) -> Result<AwsCredentials, ImportError> {
    let text = std::str::from_utf8(data).map_err(|_| ImportError::Aws)?;
    let fields = mapping(text).ok_or(ImportError::Aws)?;
    let text = |name: &str| fields.text(name).unwrap_or_default().to_owned();
    Ok(AwsCredentials {
        access_key_id: text("aws_access_key_id"),
        secret_access_key: text("aws_secret_access_key").into(),
        session_token: fields.text("aws_session_token").map(secret),
    })
}

/// `sops.azure-kv`.
pub(super) fn azure(data: &[u8]) -> Result<AzureCredentials, ImportError> {
    const UNREADABLE: ImportError = ImportError::Azure("failed to unmarshal Azure authentication file");
    let text = decoded(data).ok_or(ImportError::Azure("failed to decode Azure authentication file bytes"))?;
    let fields = mapping(&text).ok_or(UNREADABLE)?;
    let own = |name: &str| fields.text(name).map(str::to_owned);
    let authority = own("authorityHost");
    if let (Some(tenant), Some(client)) = (own("tenantId"), own("clientId")) {
        if let Some(text) = fields.text("clientSecret") {
            return Ok(AzureCredentials::Secret { tenant, client, secret: secret(text), authority });
        }
        if let Some(pem) = fields.text("clientCertificate") {
            if !pem.contains("-----BEGIN ") || fields.text("clientCertificatePassword").is_some() {
                return Err(ImportError::Azure(
                    "client certificates are supported as PEM without password only",
                ));
            }
            let send_chain = fields.0.get("clientCertificateSendChain");
            let send_chain = send_chain.and_then(serde_json::Value::as_bool).unwrap_or(false);
            return Ok(AzureCredentials::Certificate {
                tenant,
                client,
                pem: secret(pem),
                send_chain,
                authority,
            });
        }
    }
    if let (Some(tenant), Some(client), Some(password)) =
        (own("tenant"), own("appId"), fields.text("password"))
    {
        return Ok(AzureCredentials::Secret { tenant, client, secret: secret(password), authority });
    }
    let client = own("clientId").ok_or(ImportError::Azure(
        "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', \
         or 'tenantId', 'clientId' and 'clientCertificate'",
    ))?;
    Ok(AzureCredentials::ManagedIdentity { client: Some(client) })
}

/// `sops.gcp-kms`.
pub(super) fn gcp(data: &[u8]) -> Result<GcpCredentials, ImportError> {
    let unreadable = ImportError::Gcp("the credentials are not in the form of JSON");
    let text = std::str::from_utf8(data).map_err(|_| unreadable)?;
    ::cloud::gcp::login::parse(text.trim_matches('\n')).map_err(ImportError::Gcp)
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
