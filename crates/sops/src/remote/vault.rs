//! The transit engine of Vault and OpenBao, and the login with a token of a service account.

use cloud::http::{self, Request, Response, Token};
use manifest::yaml::{Dialect, read_all};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::names::VAULT as SERVICE;
use crate::wipe::Wiped;
use crate::{KeyError, VaultKey, base64};

const DECRYPT: &str = "failed to decrypt sops data key from Vault transit backend";
const LOGIN: &str = "failed to authenticate with Vault";

/// A server that may be logged in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its address, as files name it.
    pub address: String,
    /// Where to log in, below `/v1/`.
    pub login_path: String,
}

/// The request that decrypts a data key. `allowed` are the servers that may be asked; none means all.
///
/// # Errors
/// The address or the path is not in its form, or not allowed.
pub fn decrypt(
    key: &VaultKey,
    encrypted: &[u8],
    allowed: Option<&[String]>,
    namespace: Option<&str>,
    token: &str,
) -> Result<Request, KeyError> {
    let plain = |address: &str| address.trim_end_matches('/').to_owned();
    if let Some(allowed) = allowed
        && !allowed.iter().any(|other| plain(other) == plain(&key.address))
    {
        return Err(KeyError::Address { service: SERVICE, why: "it is not on the list of allowed servers" });
    }
    let malformed = KeyError::Malformed("engine path and key name of the Vault key are not in their form");
    let path = path(&key.engine_path).filter(|path| !path.is_empty()).ok_or(malformed.clone())?;
    let name = path_segment(&key.name).ok_or(malformed.clone())?;
    let ciphertext = std::str::from_utf8(encrypted).map_err(|_| malformed)?;
    let url = url(&key.address, &format!("{path}/decrypt/{name}"))?;
    let mut request = Request::json("PUT", url, &Wiped(json!({"ciphertext": ciphertext})));
    request.headers.push(("x-vault-request", Zeroizing::new("true".to_owned())));
    request.headers.push(("x-vault-token", Zeroizing::new(token.to_owned())));
    if let Some(namespace) = namespace {
        request.headers.push(("x-vault-namespace", Zeroizing::new(namespace.to_owned())));
    }
    Ok(request)
}

/// The data key in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_decrypt(response: &Response) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Errors of Vault are sentences, which may hold what was sent.
    let answer = http::json(response, SERVICE, DECRYPT, |_| None)?;
    let text = answer.0.get("data").and_then(|data| data.get("plaintext")).and_then(Value::as_str);
    text.and_then(base64::standard).ok_or(KeyError::Answer(SERVICE))
}

/// The request that logs in with a token of a service account.
///
/// # Errors
/// The address or the path is not in its form.
pub fn login(
    instance: &Instance,
    namespace: Option<&str>,
    role: &str,
    token: &str,
) -> Result<Request, KeyError> {
    let path = path(&instance.login_path).ok_or(KeyError::Credentials("the loginPath is not in its form"))?;
    let url = url(&instance.address, &path)?;
    let mut request = Request::json("PUT", url, &Wiped(json!({"role": role, "jwt": token})));
    request.headers.push(("x-vault-request", Zeroizing::new("true".to_owned())));
    if let Some(namespace) = namespace {
        request.headers.push(("x-vault-namespace", Zeroizing::new(namespace.to_owned())));
    }
    Ok(request)
}

/// The token in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_login(response: &Response) -> Result<Token, cloud::Error> {
    let answer = http::json(response, SERVICE, LOGIN, |_| None)?;
    let auth = answer.0.get("auth").ok_or(cloud::Error::Answer(SERVICE))?;
    let token = auth.get("client_token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let token = token.ok_or(cloud::Error::Answer(SERVICE))?;
    let seconds = auth.get("lease_duration").and_then(Value::as_i64).unwrap_or_default();
    Ok(Token { token: Zeroizing::new(token.to_owned()), valid_seconds: seconds })
}

/// The servers in `config.yaml` of the ConfigMap that `--sops-vault-configmap` names.
///
/// # Errors
/// It is not in its form.
pub fn instances(config: &str) -> Result<Vec<Instance>, KeyError> {
    let malformed = KeyError::Credentials("failed to parse 'config.yaml' in the Vault ConfigMap");
    let values = read_all(config, Dialect::V2).map_err(|_| malformed.clone())?;
    let Some(list) = values.first().and_then(|value| value.get("instances")) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or(malformed)?;
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(list
        .iter()
        .map(|value| Instance { address: text(value, "address"), login_path: text(value, "loginPath") })
        .collect())
}

fn url(address: &str, path: &str) -> Result<String, KeyError> {
    if http::host(address, true).is_none() || address.contains(['?', '#', '@', '%']) {
        return Err(KeyError::Address { service: SERVICE, why: "it is no http or https URL" });
    }
    Ok(format!("{}/v1/{path}", address.trim_end_matches('/')))
}

/// A path without what could lead out of it, encoded.
fn path(text: &str) -> Option<String> {
    let segments: Option<Vec<String>> =
        text.split('/').filter(|part| !part.is_empty()).map(path_segment).collect();
    Some(segments?.join("/"))
}

fn path_segment(text: &str) -> Option<String> {
    let valid = !matches!(text, "" | "." | "..") && !text.contains('/');
    valid.then(|| http::encoded(text))
}
