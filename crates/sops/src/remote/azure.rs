//! Azure Key Vault, and the tokens it wants.

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::http::{self, Request, Response, Token};
use super::jwt::{self, Algorithm};
use super::names::AZURE as SERVICE;
use crate::wipe::Wiped;
use crate::{AzureCredentials, AzureKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with Azure Key Vault key";
const LOGIN: &str = "failed to get Azure token credential to decrypt";
const PUBLIC: &str = "https://login.microsoftonline.com";
const VERSION: &str = "7.4";
/// Where a machine asks for its identity.
const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";
/// Seconds that a client's own statement is valid.
const STATEMENT: i64 = 600;

/// The domains that vaults stand in. Elsewhere nobody gets a token of ours.
const DOMAINS: [&str; 8] = [
    "vault.azure.net",
    "vault.azure.cn",
    "vault.usgovcloudapi.net",
    "vault.microsoftazure.de",
    "managedhsm.azure.net",
    "managedhsm.azure.cn",
    "managedhsm.usgovcloudapi.net",
    "managedhsm.microsoftazure.de",
];

/// The scope of tokens for a vault.
///
/// # Errors
/// It is no vault of Azure.
pub fn scope(vault_url: &str) -> Result<String, KeyError> {
    let host = http::host(vault_url, false).map(str::to_ascii_lowercase);
    let found = host.as_deref().and_then(|host| {
        DOMAINS.iter().find(|domain| host.strip_suffix(*domain).is_some_and(|name| name.ends_with('.')))
    });
    match found {
        Some(domain) => Ok(format!("https://{domain}/.default")),
        None => Err(KeyError::Address { service: SERVICE, why: "it is not in a domain of Azure's vaults" }),
    }
}

/// The request for a token of a scope.
///
/// # Errors
/// The certificate or its key cannot be used.
pub fn token(credentials: &AzureCredentials, scope: &str, now: Timestamp) -> Result<Request, KeyError> {
    let url = |tenant: &str, authority: &Option<String>| {
        let authority = authority.as_deref().unwrap_or(PUBLIC).trim_end_matches('/');
        match http::host(authority, false) {
            Some(_) => Ok(format!("{authority}/{}/oauth2/v2.0/token", http::encoded(tenant))),
            None => Err(KeyError::Credentials("the authorityHost is no https URL")),
        }
    };
    let fixed = [("grant_type", "client_credentials"), ("scope", scope)];
    match credentials {
        AzureCredentials::Secret { tenant, client, secret, authority } => {
            let fields = [&fixed[..], &[("client_id", client), ("client_secret", secret)]].concat();
            Ok(Request::form(url(tenant, authority)?, &fields))
        }
        AzureCredentials::Certificate { tenant, client, pem, send_chain, authority } => {
            let url = url(tenant, authority)?;
            let assertion = statement(&url, client, pem, *send_chain, now)?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let own = [
                ("client_id", client.as_str()),
                ("client_assertion_type", kind),
                ("client_assertion", &assertion),
            ];
            Ok(Request::form(url, &[&fixed[..], &own].concat()))
        }
        AzureCredentials::ManagedIdentity { client } => {
            let resource = http::encoded(scope.trim_end_matches("/.default"));
            let url = format!("{MACHINE}&resource={resource}&client_id={}", http::encoded(client));
            let headers = vec![("metadata", Zeroizing::new("true".to_owned()))];
            Ok(Request { method: "GET", url, headers, body: Zeroizing::default() })
        }
    }
}

/// What a client with a certificate says of itself, signed.
fn statement(
    audience: &str,
    client: &str,
    pem: &str,
    send_chain: bool,
    now: Timestamp,
) -> Result<Zeroizing<String>, KeyError> {
    let certificates = jwt::blocks(pem, "CERTIFICATE");
    let first =
        certificates.first().ok_or(KeyError::Credentials("clientCertificate holds no certificate"))?;
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, first);
    let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": base64::to_url(thumbprint.as_ref())});
    if let (true, Some(fields)) = (send_chain, header.as_object_mut()) {
        let chain = certificates.iter().map(|der| Value::String(base64::to_standard(der)));
        fields.insert("x5c".to_owned(), Value::Array(chain.collect()));
    }
    let issued = now.as_second();
    let mut id = [0u8; 16];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| KeyError::Credentials("there is no randomness"))?;
    let claims = json!({
        "aud": audience, "iss": client, "sub": client, "jti": base64::to_url(&id),
        "nbf": issued, "exp": issued + STATEMENT,
    });
    jwt::signed(&header, &claims, pem, Algorithm::Ps256)
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_token(response: &Response) -> Result<Token, KeyError> {
    http::token(&http::json(response, SERVICE, LOGIN, http::oauth_code)?, SERVICE)
}

/// The request that decrypts a data key.
///
/// # Errors
/// The vault, the key or the ciphertext is not in its form.
pub fn decrypt(key: &AzureKey, encrypted: &[u8], token: &str) -> Result<Request, KeyError> {
    scope(&key.vault_url)?;
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if key.name.is_empty() || !word(&key.name) || !word(&key.version) {
        return Err(KeyError::Malformed("name or version of the Azure Key Vault key are not in their form"));
    }
    let text = std::str::from_utf8(encrypted).ok().and_then(base64::url);
    let ciphertext =
        text.ok_or(KeyError::Malformed("failed to base64 decode Azure Key Vault encrypted key"))?;
    let vault = key.vault_url.trim_end_matches('/');
    let version = if key.version.is_empty() { String::new() } else { format!("/{}", key.version) };
    let url = format!("{vault}/keys/{}{version}/decrypt?api-version={VERSION}", key.name);
    let body = Wiped(json!({"alg": "RSA-OAEP-256", "value": base64::to_url(&ciphertext)}));
    Ok(Request::json("POST", url, &body).bearer(token))
}

/// The data key in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_decrypt(response: &Response) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let answer = http::json(response, SERVICE, DECRYPT, |value| value.get("error")?.get("code")?.as_str())?;
    answer.text("value").and_then(base64::url).ok_or(KeyError::Answer(SERVICE))
}
