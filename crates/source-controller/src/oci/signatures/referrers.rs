//! What refers to a manifest, and what of it is brought: small manifests and blobs, held against their digests.

use serde::Deserialize;

use super::super::answer::Failure;
use super::super::bounded;
use super::super::by_digest::sha256;
use super::super::manifest::{self, Descriptor};
use super::super::wire::Wire;

/// Most bytes of a bundle, an envelope or a signed payload.
const MAX_PAYLOAD: u64 = attest::MAX_SIGNATURE as u64;
/// Most referrers of a list, which are others, too.
const MAX_REFERRERS: usize = manifest::MOST;

#[derive(Deserialize)]
struct Referrers {
    #[serde(default, deserialize_with = "bounded::list::<MAX_REFERRERS, _, _>")]
    manifests: Option<Vec<Descriptor>>,
}

/// What refers to the manifest, as the registry knows it or else as its clients wrote it down.
pub(super) async fn referrers(wire: &Wire<'_>, digest: &str) -> Result<Vec<Descriptor>, Failure> {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let is_unknown = |status: u16| matches!(status, 400 | 404 | 406);
    let asked = wire.get(&format!("referrers/{digest}"), INDEX).await;
    let response = match asked {
        Ok(response) => {
            let is_index =
                response.headers().get(reqwest::header::CONTENT_TYPE).is_some_and(|type_| type_ == INDEX);
            is_index.then_some(response)
        }
        Err(Failure::Answer { status, .. }) if is_unknown(status) => None,
        Err(failure) => return Err(failure),
    };
    let response = match response {
        Some(response) => response,
        None => match wire.get(&format!("manifests/{}", digest.replace(':', "-")), INDEX).await {
            Ok(response) => response,
            Err(Failure::Answer { status: 404, .. }) => return Ok(Vec::new()),
            Err(failure) => return Err(failure),
        },
    };
    let body = wire.body(response, manifest::MAX_BYTES).await?;
    let read: Referrers = serde_json::from_slice(&body)
        .map_err(|_| Failure::Unexpected("the registry's list of referrers is none".to_owned()))?;
    Ok(read.manifests.unwrap_or_default())
}

/// A small blob, held against its digest.
pub(super) async fn blob(wire: &Wire<'_>, descriptor: &Descriptor) -> Result<Vec<u8>, Failure> {
    let response = wire.get(&format!("blobs/{}", descriptor.digest), "").await?;
    let body = wire.body(response, MAX_PAYLOAD).await?;
    let found = sha256(&body);
    if found != descriptor.digest {
        let text =
            format!("blob digest: \"{found}\" does not match requested digest: \"{}\"", descriptor.digest);
        return Err(Failure::Unexpected(text));
    }
    Ok(body)
}
