//! Google Cloud KMS. The tokens it wants are `cloud`'s.

use cloud::http::{self, Request, Response};
use serde_json::json;
use zeroize::Zeroizing;

use super::names::GCP as SERVICE;
use crate::wipe::Wiped;
use crate::{GcpKmsKey, KeyError, base64};

const DECRYPT: &str = "failed to decrypt sops data key with GCP KMS key";
const ENDPOINT: &str = "https://cloudkms.googleapis.com";
/// What tokens for it are for.
pub const SCOPES: &str =
    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/cloudkms";

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
