//! Manifests by their digest, against which what comes is held.

use sha2::Digest as _;

use super::answer::Failure;
use super::manifest;
use super::wire::Wire;

/// `sha256:<hex>` of bytes.
pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", ::manifest::digest::hex(&sha2::Sha256::digest(bytes)))
}

/// A manifest by its digest, against which it is held; and what the registry calls it.
pub(super) async fn by_digest(wire: &Wire<'_>, digest: &str) -> Result<(Vec<u8>, String), Failure> {
    let response = wire.get(&format!("manifests/{digest}"), manifest::ACCEPTED).await?;
    let media_type = response.headers().get(reqwest::header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = wire.body(response, manifest::MAX_BYTES).await?;
    let found = sha256(&body);
    if found != digest {
        let text = format!("manifest digest: \"{found}\" does not match requested digest: \"{digest}\"");
        return Err(Failure::Unexpected(text));
    }
    Ok((body, media_type))
}
