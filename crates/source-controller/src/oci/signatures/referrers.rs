//! What refers to a manifest, all pages of it, and which of it may be a signature; small blobs, held against their digests.

use serde::Deserialize;

use super::super::answer::Failure;
use super::super::bounded;
use super::super::by_digest::sha256;
use super::super::manifest::{self, Descriptor};
use super::super::pages::next_page;
use super::super::wire::Wire;

#[cfg(test)]
mod tests;

/// Most bytes of a bundle, an envelope or a signed payload.
const MAX_PAYLOAD: u64 = attest::MAX_SIGNATURE as u64;
/// Most referrers of a list, which are others, too; most bytes of all its pages, and most pages.
const MAX_REFERRERS: usize = manifest::MOST;
const MAX_LIST: u64 = 4 * manifest::MAX_BYTES;
const MAX_PAGES: usize = 1_000;
/// The type of a config that is empty.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

#[derive(Deserialize)]
struct Referrers {
    #[serde(default, deserialize_with = "bounded::list::<MAX_REFERRERS, _, _>")]
    manifests: Option<Vec<Descriptor>>,
}

/// Whether a referrer may be of a type that `is` one: lists that clients wrote may not say what a referrer is, and some
/// registries say what its config is instead.
pub(super) fn may_be(descriptor: &Descriptor, is: impl FnOnce(&str) -> bool) -> bool {
    match descriptor.artifact_type.as_deref() {
        None | Some("" | EMPTY) => true,
        Some(type_) => is(type_),
    }
}

/// What refers to the manifest, as the registry knows it or else as its clients wrote it down. A registry may leave out
/// what is not of the `wanted` type, and need not.
pub(super) async fn referrers(
    wire: &Wire<'_>,
    digest: &str,
    wanted: Option<&str>,
) -> Result<Vec<Descriptor>, Failure> {
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    let is_unknown = |status: u16| matches!(status, 400 | 404 | 406);
    let path = format!("referrers/{digest}");
    let filter = wanted.map(|type_| format!("?artifactType={type_}")).unwrap_or_default();
    let asked = wire.get(&format!("{path}{filter}"), INDEX).await;
    let response = match asked {
        Ok(response) => {
            let is_index =
                response.headers().get(reqwest::header::CONTENT_TYPE).is_some_and(|type_| type_ == INDEX);
            is_index.then_some(response)
        }
        Err(Failure::Answer { status, .. }) if is_unknown(status) => None,
        Err(failure) => return Err(failure),
    };
    let Some(mut response) = response else {
        return match wire.get(&format!("manifests/{}", digest.replace(':', "-")), INDEX).await {
            Ok(response) => read(&wire.body(response, manifest::MAX_BYTES).await?),
            Err(Failure::Answer { status: 404, .. }) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        };
    };
    let (mut all, mut bytes) = (Vec::new(), 0u64);
    for _ in 0..MAX_PAGES {
        let next = next_page(&response, &path);
        let body = wire.body(response, manifest::MAX_BYTES.min(MAX_LIST - bytes)).await?;
        bytes += body.len() as u64;
        all.extend(read(&body)?);
        if all.len() > MAX_REFERRERS {
            return Err(excess());
        }
        match next {
            Some(next) => response = wire.get(&next, INDEX).await?,
            None => return Ok(all),
        }
    }
    Err(Failure::Excess(format!("the registry's list of referrers has more than {MAX_PAGES} pages")))
}

fn read(body: &[u8]) -> Result<Vec<Descriptor>, Failure> {
    let read: Referrers = serde_json::from_slice(body).map_err(|error| match bounded::excess(&error) {
        Some(_) => excess(),
        None => Failure::Unexpected("the registry's list of referrers is none".to_owned()),
    })?;
    Ok(read.manifests.unwrap_or_default())
}

fn excess() -> Failure {
    Failure::Excess(format!("the registry's list of referrers has more than {MAX_REFERRERS} items"))
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
