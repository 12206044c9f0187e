//! Azure Key Vault. The tokens it wants are `cloud`'s.

use cloud::http::{self, Request, Response};
use serde_json::json;
use zeroize::Zeroizing;

use super::names::AZURE as SERVICE;
use crate::wipe::Wiped;
use crate::{AzureKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with Azure Key Vault key";
const VERSION: &str = "7.4";

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
