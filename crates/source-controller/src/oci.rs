//! OCI registries as an upstream: what a repository has now, whether that is signed, and the content of its artifacts
//! (contracts/source-controller.md 7).
//!
//! A poll without news is one HEAD of a manifest. Once a revision is resolved everything is asked for by digest, and what
//! comes is held against it. Nothing is kept of content: a layer is in a file without a name until it is packed.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::manifest::budget::Cancel;
use reqwest::Url;
use sha2::Digest as _;
use tokio_util::sync::CancellationToken;

mod answer;
pub(crate) mod bounded;
mod by_digest;
mod challenge;
pub(crate) mod charts;
mod clients;
pub(crate) mod layer;
pub(crate) mod manifest;
pub(crate) mod names;
mod pages;
pub(crate) mod signatures;
pub(crate) mod tags;
#[cfg(test)]
mod tests;
mod trust;
mod wire;

pub(crate) use answer::Failure;
use by_digest::{by_digest, sha256};
pub(crate) use clients::ClientError;
use layer::{Layer, Operation};
use manifest::{Descriptor, Manifest, ManifestError};
use names::{HashError, Repository, check_digest};
use pages::next_page;
use signatures::{SignatureError, Signed};
use tags::{TagError, Wanted};
use wire::{Wire, Wires};

use crate::access::Access;
use crate::git::turns::Turns;
use crate::upstream::{FetchError, Fetched, Resolved, Upstream};
use crate::verify::Evidence;

/// Most bytes of a layer.
const MAX_LAYER: u64 = 1 << 30;
/// Most bytes of all pages of a list of tags, and most pages.
const MAX_TAGS: u64 = 64 << 20;
const MAX_PAGES: usize = 10_000;
/// Tags of a page that is asked for.
const PAGE: usize = 1000;
/// Layers that are brought or at hand at a time, each in a file.
const DOWNLOADS: usize = 16;
/// Indexes within indexes.
const MAX_NESTING: usize = 4;

/// What of a repository is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `spec.ref.digest`, as it is written.
    Digest(String),
    /// `spec.ref.semver`.
    Semver(Wanted),
    /// `spec.ref.tag`, or `latest`.
    Tag(String),
}

/// What to look for, and where.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The repository.
    pub(crate) repository: Repository,
    /// The repository as a URL, for who wants one.
    pub(crate) url: Url,
    /// `spec.url`, for messages.
    pub(crate) written: String,
    /// What `spec.ref` asks for.
    pub(crate) target: Target,
    /// `spec.layerSelector.mediaType`.
    pub(crate) media_type: Option<String>,
    /// `spec.layerSelector.operation`.
    pub(crate) operation: Operation,
    /// Limit of asking, and of fetching.
    pub(crate) timeout: Duration,
    /// Who has to have signed it.
    pub(crate) signers: Option<signatures::Signers>,
    /// The revision that is known to be signed by them.
    pub(crate) proved: Option<String>,
    /// Where the stored artifact comes from, as people are told.
    pub(crate) origin: String,
}

/// Where the content of a revision is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    spec: Spec,
    access: Access,
    digest: String,
    signed: Option<Signed>,
}

/// Why there is no artifact.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OciError {
    /// No way there.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// The tags cannot be had, or none fits.
    #[error("{0}")]
    Tag(TagCause),
    /// The digest cannot be had.
    #[error("{0}")]
    Digest(DigestCause),
    /// It is not signed as it has to be.
    #[error("{cause}")]
    Unsigned {
        /// Of what.
        revision: String,
        /// Why.
        cause: SignatureError,
    },
    /// The manifest cannot be had.
    #[error("{0}")]
    Pull(Failure),
    /// The manifest is none, or leads nowhere.
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    /// The layer cannot be had.
    #[error("{0}")]
    Layer(Failure),
    /// The layer cannot be kept.
    #[error("{0}")]
    Scratch(String),
    /// The run was asked to end.
    #[error("context canceled")]
    Cancelled,
}

/// See [`OciError::Tag`].
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TagCause {
    #[error("{0}")]
    List(Failure),
    #[error("{0}")]
    None(#[from] TagError),
}

/// See [`OciError::Digest`].
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum DigestCause {
    #[error("{0}")]
    Answer(Failure),
    #[error("{0}")]
    Malformed(#[from] HashError),
}

/// All registries.
pub(crate) struct Oci {
    wires: Wires,
    turns: Turns,
    /// Where files without a name are made.
    scratch: PathBuf,
    /// Bytes of content of all fetches.
    received: Arc<AtomicU64>,
}

impl Oci {
    /// Layers are kept in `scratch`, which nobody serves, while they are worked on. Counts their bytes in `received`.
    pub(crate) fn new(scratch: PathBuf, user_agent: String, received: Arc<AtomicU64>) -> Self {
        Self { wires: Wires::new(user_agent), turns: Turns::new(DOWNLOADS), scratch, received }
    }

    /// Whether token servers and redirects may be at addresses that are not public (`--allow-private-redirects`).
    pub(crate) const fn with_private_redirects(mut self, are_allowed: bool) -> Self {
        self.wires.allow_private_redirects(are_allowed);
        self
    }

    async fn find(&self, wire: &Wire<'_>, spec: &Spec) -> Result<(String, String), OciError> {
        let tag = match &spec.target {
            Target::Digest(digest) => {
                check_digest(digest).map_err(|error| OciError::Digest(error.into()))?;
                return Ok((digest.clone(), digest.clone()));
            }
            Target::Tag(tag) => {
                tags::check(tag).map_err(|error| OciError::Tag(error.into()))?;
                tag.clone()
            }
            Target::Semver(wanted) => {
                let tags = list(wire).await.map_err(|failure| match failure {
                    Failure::Cancelled => OciError::Cancelled,
                    failure => OciError::Tag(TagCause::List(failure)),
                })?;
                let highest = highest(wire, wanted.clone(), tags).await?;
                let checked = highest.and_then(|tag| tags::check(&tag).map(|()| tag));
                checked.map_err(|error| OciError::Tag(error.into()))?
            }
        };
        let digest = digest(wire, &tag).await?;
        Ok((format!("{tag}@{digest}"), digest))
    }

    async fn bring(&self, place: &Place, cancelled: &CancellationToken) -> Result<Fetched<Layer>, OciError> {
        let Place { spec, access, digest, signed } = place;
        let wire = Wire::new(&self.wires, &spec.repository, access, spec.timeout, cancelled)?;
        let manifest = image(&wire, &spec.repository, digest).await?;
        let descriptor = manifest.layer(spec.media_type.as_deref())?.clone();
        let metadata = manifest.into_annotations()?;
        // Who waits for a busy host or a slow one holds turns of its own namespace only.
        let turn = wire.wait(self.turns.turn(access.namespace(), &spec.url)).await;
        let turn = turn.map_err(|failure| match failure {
            Failure::Cancelled => OciError::Cancelled,
            failure => OciError::Layer(failure),
        })?;
        let file = self.download(&wire, &descriptor).await?;
        let subject = manifest::origin(&metadata);
        let size = descriptor.size;
        Ok(Fetched {
            content: Layer {
                file,
                size,
                operation: spec.operation,
                scratch: self.scratch.clone(),
                _turn: Some(turn),
            },
            evidence: Evidence { digest: digest.clone(), signed: None, attested: signed.clone() },
            file: digest.clone(),
            subject,
            metadata,
        })
    }

    /// Brings a layer into a file without a name, held against its size and digest.
    async fn download(&self, wire: &Wire<'_>, layer: &Descriptor) -> Result<std::fs::File, OciError> {
        let failed = |failure| match failure {
            Failure::Cancelled => OciError::Cancelled,
            failure => OciError::Layer(failure),
        };
        if layer.size > MAX_LAYER {
            let text = format!("the layer has {} bytes, more than {MAX_LAYER}", layer.size);
            return Err(OciError::Layer(Failure::Excess(text)));
        }
        let mut response = wire.get(&format!("blobs/{}", layer.digest), "").await.map_err(failed)?;
        let url = answer::shown(response.url());
        if let Some(length) = response.content_length().filter(|length| *length != layer.size) {
            let text = format!(
                "GET {url}: Content-Length header {length} does not match expected size {}",
                layer.size
            );
            return Err(OciError::Layer(Failure::Unexpected(wire.clean(&text))));
        }
        let mut file = open(&self.scratch).await?;
        let mut hasher = sha2::Sha256::new();
        let mut size = 0u64;
        while let Some(chunk) = wire.chunk(&mut response).await.map_err(failed)? {
            self.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            size += chunk.len() as u64;
            if size > layer.size {
                let text = format!("error verifying size; got {size}, want {}", layer.size);
                return Err(OciError::Layer(Failure::Unexpected(text)));
            }
            let write = move || {
                hasher.update(&chunk);
                file.write_all(&chunk).map(|()| (file, hasher))
            };
            let written = tokio::task::spawn_blocking(write).await;
            (file, hasher) = written
                .map_err(|error| OciError::Scratch(error.to_string()))?
                .map_err(|error| OciError::Scratch(error.to_string()))?;
        }
        let found = format!("sha256:{}", ::manifest::digest::hex(&hasher.finalize()));
        if size != layer.size {
            let text = format!("error verifying size; got {size}, want {}", layer.size);
            return Err(OciError::Layer(Failure::Unexpected(text)));
        }
        if found != layer.digest {
            let text = format!(
                "error verifying sha256 checksum after reading {size} bytes; got \"{found}\", want \"{}\"",
                layer.digest
            );
            return Err(OciError::Layer(Failure::Unexpected(text)));
        }
        Ok(file)
    }
}

/// The manifest with this digest; where that is an index, of the image in it that is meant.
async fn image(wire: &Wire<'_>, repository: &Repository, digest: &str) -> Result<Manifest, OciError> {
    let pull = |failure| match failure {
        Failure::Cancelled => OciError::Cancelled,
        failure => OciError::Pull(failure),
    };
    let mut reference = repository.reference(digest);
    let (bytes, media_type) = by_digest(wire, digest).await.map_err(pull)?;
    let mut manifest = Manifest::parse(&bytes, &media_type)?;
    for _ in 0..MAX_NESTING {
        if !manifest.is_index() {
            break;
        }
        let image = manifest.image(&reference)?.digest.clone();
        reference = repository.reference(&image);
        let (bytes, media_type) = by_digest(wire, &image).await.map_err(pull)?;
        manifest = Manifest::parse(&bytes, &media_type)?;
    }
    Ok(manifest)
}

async fn open(scratch: &Path) -> Result<std::fs::File, OciError> {
    let scratch = scratch.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&scratch)?;
        tempfile::tempfile_in(&scratch)
    });
    let opened = opened.await.map_err(|error| OciError::Scratch(error.to_string()))?;
    opened.map_err(|error| OciError::Scratch(error.to_string()))
}

/// All tags of the repository.
async fn list(wire: &Wire<'_>) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    let mut bytes = 0u64;
    let mut rest = format!("tags/list?n={PAGE}");
    for _ in 0..MAX_PAGES {
        let response = wire.get(&rest, "").await?;
        let next = next_page(&response, "tags/list");
        let body = wire.body(response, MAX_TAGS - bytes).await?;
        bytes += body.len() as u64;
        tags::add(&mut all, &body)?;
        match next {
            Some(next) => rest = next,
            None => return Ok(all),
        }
    }
    Err(Failure::Excess(format!("the registry's list of tags has more than {MAX_PAGES} pages")))
}

/// The highest of the tags, found beside what others wait for, and no longer than anybody waits for it.
async fn highest(
    wire: &Wire<'_>,
    wanted: Wanted,
    tags: Vec<String>,
) -> Result<Result<String, TagError>, OciError> {
    let seeking = move |over: &Cancel| tags::highest(&wanted, &tags, || over.is_cancelled());
    match wire.beside(seeking).await {
        Ok(found) => found.map_err(|error| OciError::Scratch(error.to_string())),
        Err(Failure::Cancelled) => Err(OciError::Cancelled),
        Err(failure) => Err(OciError::Tag(TagCause::List(failure))),
    }
}

/// The digest of what a tag names now.
async fn digest(wire: &Wire<'_>, tag: &str) -> Result<String, OciError> {
    let rest = format!("manifests/{tag}");
    match wire.head(&rest, manifest::ACCEPTED).await {
        Err(Failure::Cancelled) => return Err(OciError::Cancelled),
        Ok(response) => {
            let digest =
                response.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
            if let Some(digest) = digest.filter(|digest| check_digest(digest).is_ok()) {
                return Ok(digest.to_owned());
            }
        }
        Err(_) => {}
    }
    // Whatever it was, an answer with a body says more.
    let answer = |failure| match failure {
        Failure::Cancelled => OciError::Cancelled,
        failure => OciError::Digest(DigestCause::Answer(failure)),
    };
    let response = wire.get(&rest, manifest::ACCEPTED).await.map_err(answer)?;
    let body = wire.body(response, manifest::MAX_BYTES).await.map_err(answer)?;
    Ok(sha256(&body))
}

impl Upstream for Oci {
    type Spec = Spec;
    type Place = Place;
    type Content = Layer;
    type Error = OciError;

    async fn resolve(
        &self,
        spec: &Spec,
        access: &Access,
        known: Option<&str>,
        cancelled: &CancellationToken,
    ) -> Result<Resolved<Place>, OciError> {
        if cancelled.is_cancelled() {
            return Err(OciError::Cancelled);
        }
        let wire = Wire::new(&self.wires, &spec.repository, access, spec.timeout, cancelled)?;
        let (revision, digest) = self.find(&wire, spec).await?;
        let signed = match &spec.signers {
            Some(_) if spec.proved.as_ref() == Some(&revision) => Some(Signed::before(&digest)),
            Some(signers) => {
                let proof = signatures::verify(&wire, &spec.repository, &digest, signers).await;
                Some(proof.map_err(|cause| match cause {
                    SignatureError::Wire(Failure::Cancelled) => OciError::Cancelled,
                    cause => OciError::Unsigned { revision: revision.clone(), cause },
                })?)
            }
            None => None,
        };
        if known == Some(revision.as_str()) {
            return Ok(Resolved::Unchanged);
        }
        let place = Place { spec: spec.clone(), access: access.clone(), digest, signed };
        Ok(Resolved::Revision { revision, place })
    }

    async fn fetch(
        &self,
        place: &Place,
        cancelled: &CancellationToken,
    ) -> Result<Fetched<Layer>, FetchError<OciError>> {
        if cancelled.is_cancelled() {
            return Err(FetchError::Upstream(OciError::Cancelled));
        }
        self.bring(place, cancelled).await.map_err(FetchError::Upstream)
    }

    // Nothing is kept.
    fn discard(&self, _: &Place) {}

    fn forget(&self, _: &str) {}

    fn keep_only(&self, _: impl FnOnce() -> HashSet<String>) {}
}
