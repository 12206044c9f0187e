//! Whether an artifact is signed by who has to have signed it (contracts/source-controller.md 7.5): cosign with public
//! keys. Finds signatures in the registry; what is a signature is `cosign`'s, which is pure.
//!
//! A bundle is a referrer of the manifest (by the registry's list, or under the tag that stands in for it). Only where
//! there is no bundle the older layout counts, a manifest under the tag `sha256-<hex>.sig`. Neither needs a transparency
//! log.

use serde::Deserialize;

use super::answer::Failure;
use super::bounded;
use super::by_digest::{by_digest, sha256};
use super::manifest::{self, Descriptor, Manifest};
use super::names::{Repository, check_digest};
use super::wire::Wire;

mod cosign;

use cosign::Keys;

/// Most bytes of a bundle or a signed payload.
const MAX_PAYLOAD: u64 = 1 << 20;
/// Most signatures that are looked at.
const MOST: usize = 100;
/// Most referrers of a list, which are others, too.
const MAX_REFERRERS: usize = manifest::MOST;

/// Who has to have signed.
#[derive(Clone, Debug)]
pub(crate) enum Signers {
    /// Any of these keys.
    Keys(Keys),
    /// Nobody knows: what the spec names cannot be read.
    Unreadable(String),
}

impl Signers {
    /// The keys of a Secret: all entries whose names end in `.pub`.
    pub(crate) fn of_secret(data: &crate::access::SecretData) -> Self {
        let keys = data.iter().filter(|(name, _)| name.ends_with(".pub")).map(|(_, pem)| pem.as_slice());
        match Keys::read(keys) {
            Ok(keys) => Self::Keys(keys),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    /// What shows whether they are others than those who had signed this revision.
    pub(crate) fn fingerprint(&self, revision: &str) -> Option<String> {
        match self {
            Self::Keys(keys) => Some(keys.fingerprint(revision)),
            Self::Unreadable(_) => None,
        }
    }
}

/// Why something does not count as signed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    /// What the spec names cannot be read.
    #[error("{0}")]
    Signers(String),
    /// Nobody who has to has signed it.
    #[error("no matching signatures were found for '{0}'")]
    NoMatch(String),
    /// The run was cancelled, or time is up.
    #[error("{0}")]
    Wire(Failure),
}

/// Proof that the manifest with this digest is signed. Only [`verify`] gives it, and a status that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    digest: String,
}

impl Signed {
    /// The status says that it was verified, with the signers that the spec names now.
    pub(super) fn before(digest: &str) -> Self {
        Self { digest: digest.to_owned() }
    }

    /// Of what it is proof.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

/// Looks for a signature of the manifest with this digest.
pub(super) async fn verify(
    wire: &Wire<'_>,
    repository: &Repository,
    digest: &str,
    signers: &Signers,
) -> Result<Signed, SignatureError> {
    let keys = match signers {
        Signers::Keys(keys) => keys,
        Signers::Unreadable(cause) => return Err(SignatureError::Signers(cause.clone())),
    };
    match search(wire, digest, keys).await {
        Ok(true) => Ok(Signed { digest: digest.to_owned() }),
        Err(failure @ Failure::Cancelled) => Err(SignatureError::Wire(failure)),
        // Flux tells nothing else either, whatever came between.
        Ok(false) | Err(_) => Err(SignatureError::NoMatch(repository.reference(digest))),
    }
}

async fn search(wire: &Wire<'_>, digest: &str, keys: &Keys) -> Result<bool, Failure> {
    match bundles(wire, digest).await {
        Err(failure @ (Failure::Cancelled | Failure::Timeout(_))) => Err(failure),
        Ok(bundles) if !bundles.is_empty() => {
            Ok(bundles.iter().any(|bundle| keys.signed_bundle(bundle, digest)))
        }
        // Neither a registry that does not know referrers nor a broken list hides signatures of the older layout.
        Ok(_) | Err(_) => tagged(wire, digest, keys).await,
    }
}

/// All bundles that refer to the manifest.
async fn bundles(wire: &Wire<'_>, digest: &str) -> Result<Vec<cosign::Bundle>, Failure> {
    let mut found = Vec::new();
    for descriptor in referrers(wire, digest).await?.into_iter().take(MOST) {
        // There may be others among them.
        match bundle(wire, &descriptor).await {
            Ok(Some(bundle)) => found.push(bundle),
            Err(failure @ (Failure::Cancelled | Failure::Timeout(_))) => return Err(failure),
            Ok(None) | Err(_) => {}
        }
    }
    Ok(found)
}

async fn bundle(wire: &Wire<'_>, descriptor: &Descriptor) -> Result<Option<cosign::Bundle>, Failure> {
    if check_digest(&descriptor.digest).is_err() {
        return Ok(None);
    }
    let (bytes, media_type) = by_digest(wire, &descriptor.digest).await?;
    let Ok(manifest) = Manifest::parse(&bytes, &media_type) else { return Ok(None) };
    let Ok(layer) = manifest.layer(None) else { return Ok(None) };
    if !layer.media_type.starts_with(cosign::BUNDLE) {
        return Ok(None);
    }
    Ok(cosign::Bundle::parse(&blob(wire, layer).await?))
}

#[derive(Deserialize)]
struct Referrers {
    #[serde(default, deserialize_with = "bounded::list::<MAX_REFERRERS, _, _>")]
    manifests: Option<Vec<Descriptor>>,
}

/// What refers to the manifest, as the registry knows it or else as its clients wrote it down.
async fn referrers(wire: &Wire<'_>, digest: &str) -> Result<Vec<Descriptor>, Failure> {
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

/// Whether a signature of the older layout is one of these keys'.
async fn tagged(wire: &Wire<'_>, digest: &str, keys: &Keys) -> Result<bool, Failure> {
    let tag = format!("manifests/{}.sig", digest.replace(':', "-"));
    let response = wire.get(&tag, manifest::ACCEPTED).await?;
    let media_type = response.headers().get(reqwest::header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = wire.body(response, manifest::MAX_BYTES).await?;
    let Ok(manifest) = Manifest::parse(&body, &media_type) else { return Ok(false) };
    for layer in manifest.layers.iter().flatten().take(MOST) {
        let annotations = layer.annotations.as_ref();
        let Some(signature) = annotations.and_then(|all| all.get(cosign::SIGNATURE)) else { continue };
        if check_digest(&layer.digest).is_err() {
            continue;
        }
        // One that cannot be had does not hide what comes after it.
        let payload = match blob(wire, layer).await {
            Ok(payload) => payload,
            Err(failure @ (Failure::Cancelled | Failure::Timeout(_))) => return Err(failure),
            Err(_) => continue,
        };
        if keys.signed_payload(&payload, signature, digest) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A small blob, held against its digest.
async fn blob(wire: &Wire<'_>, descriptor: &Descriptor) -> Result<Vec<u8>, Failure> {
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
