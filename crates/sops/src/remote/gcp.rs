//! Google Cloud KMS, and the tokens it wants.

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::http::{self, Request, Response, Token};
use super::jwt::{self, Algorithm};
use super::names::GCP as SERVICE;
use crate::wipe::Wiped;
use crate::{GcpCredentials, GcpKmsKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with GCP KMS key";
const LOGIN: &str = "failed to get a token for GCP KMS";
const ENDPOINT: &str = "https://cloudkms.googleapis.com";
const TOKENS: &str = "https://oauth2.googleapis.com/token";
const SCOPES: &str =
    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/cloudkms";
const HOUR: i64 = 3600;

/// The request for a token.
///
/// # Errors
/// The key of the service account cannot be used.
pub fn token(credentials: &GcpCredentials, now: Timestamp) -> Result<Request, KeyError> {
    match credentials {
        GcpCredentials::ServiceAccount { email, private_key, private_key_id, token_uri } => {
            if http::host(token_uri, false).is_none() {
                return Err(KeyError::Credentials("the token_uri of the service account is no https URL"));
            }
            let mut header = json!({"alg": "RS256", "typ": "JWT"});
            if let (Some(id), Some(fields)) = (private_key_id, header.as_object_mut()) {
                fields.insert("kid".to_owned(), Value::String(id.clone()));
            }
            let issued = now.as_second();
            let claims =
                json!({"iss": email, "scope": SCOPES, "aud": token_uri, "iat": issued, "exp": issued + HOUR});
            let assertion = jwt::signed(&header, &claims, private_key, Algorithm::Rs256)?;
            let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
            Ok(Request::form(token_uri.clone(), &[("grant_type", grant), ("assertion", &assertion)]))
        }
        GcpCredentials::AuthorizedUser { client_id, client_secret, refresh_token } => Ok(Request::form(
            TOKENS.to_owned(),
            &[
                ("grant_type", "refresh_token"),
                ("client_id", client_id),
                ("client_secret", client_secret),
                ("refresh_token", refresh_token),
            ],
        )),
    }
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
/// The resource or the ciphertext is not in its form.
pub fn decrypt(
    key: &GcpKmsKey,
    encrypted: &[u8],
    own_endpoint: Option<&str>,
    token: &str,
) -> Result<Request, KeyError> {
    let path = resource(&key.resource_id).ok_or(KeyError::Malformed("no valid resource ID found"))?;
    let ciphertext = std::str::from_utf8(encrypted).ok().and_then(base64::standard);
    let ciphertext = ciphertext.ok_or(KeyError::Malformed("error base64-decoding encrypted data key"))?;
    let endpoint = own_endpoint.unwrap_or(ENDPOINT).trim_end_matches('/');
    let body = Wiped(json!({"ciphertext": base64::to_standard(&ciphertext)}));
    Ok(Request::json("POST", format!("{endpoint}/v1/{path}:decrypt"), &body).bearer(token))
}

/// The data key in the answer.
///
/// # Errors
/// It is an error, or not in its form.
pub fn read_decrypt(response: &Response) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let answer = http::json(response, SERVICE, DECRYPT, |value| value.get("error")?.get("status")?.as_str())?;
    answer.text("plaintext").and_then(base64::standard).ok_or(KeyError::Answer(SERVICE))
}

/// `projects/…/locations/…/keyRings/…/cryptoKeys/…`, encoded for a path.
fn resource(id: &str) -> Option<String> {
    let parts: Vec<&str> = id.split('/').collect();
    let ["projects", project, "locations", location, "keyRings", ring, "cryptoKeys", key] = parts.as_slice()
    else {
        return None;
    };
    if [project, location, ring, key].iter().any(|part| matches!(**part, "" | "." | "..")) {
        return None;
    }
    // A project of a domain has a colon, which a path may have.
    let encoded = |part: &str| http::encoded(part).replace("%3A", ":");
    Some(format!(
        "projects/{}/locations/{}/keyRings/{}/cryptoKeys/{}",
        encoded(project),
        encoded(location),
        encoded(ring),
        encoded(key)
    ))
}
