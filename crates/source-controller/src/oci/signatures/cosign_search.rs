//! Where cosign's signatures are. A bundle is a referrer of the manifest (by the registry's list, or under the tag that
//! stands in for it). Only where there is no bundle the older layout counts, a manifest under the tag `sha256-<hex>.sig`.
//!
//! Each is looked at as soon as it is there. What cannot be had hides no other; if none counts in the end, it is what is
//! told.

use std::sync::Arc;

use ::manifest::budget::Budget;
use attest::{Keyless, Refusal, Tagged};

use super::super::answer::Failure;
use super::super::by_digest::by_digest;
use super::super::manifest::{self, Descriptor, Manifest};
use super::super::names::check_digest;
use super::super::wire::Wire;
use super::cosign::{self, Keys};
use super::miss::{Miss, ends};
use super::purse::Purse;
use super::referrers::{blob, may_be, referrers};

/// Most signatures that are looked at.
const MOST: usize = 100;

/// Who says whether a signature counts.
#[derive(Clone)]
pub(super) enum Judge {
    Keys(Arc<Keys>),
    Keyless(Arc<Keyless>),
}

/// What was looked at so far.
#[derive(Default)]
struct Seen {
    has_bundle: bool,
    failure: Option<Failure>,
    refusal: Option<Refusal>,
}

impl Seen {
    /// A failure that hides one thing.
    fn missed(&mut self, failure: Failure) -> Result<(), Miss> {
        if ends(&failure) {
            return Err(Miss::Wire(failure));
        }
        self.failure.get_or_insert(failure);
        Ok(())
    }

    fn into_miss(self) -> Miss {
        match (self.failure, self.refusal) {
            (Some(failure), _) => Miss::Wire(failure),
            (None, Some(refusal)) => Miss::Refused(refusal),
            (None, None) => Miss::Unsigned,
        }
    }
}

/// Looks for a signature that counts.
pub(super) async fn search(wire: &Wire<'_>, digest: &str, judge: &Judge) -> Result<(), Miss> {
    let (mut seen, purse) = (Seen::default(), Purse::new());
    let referring = match referrers(wire, digest, None).await {
        Ok(referring) => referring,
        // Neither a registry that does not know referrers nor a broken list hides signatures of the older layout.
        Err(failure) => {
            seen.missed(failure)?;
            Vec::new()
        }
    };
    // What says that it is something else hides no signature.
    let likely = referring.into_iter().filter(|one| may_be(one, |type_| type_.starts_with(cosign::BUNDLE)));
    for descriptor in likely.take(MOST) {
        match bundle(wire, &descriptor).await {
            Ok(Some(bytes)) => {
                let (judge, digest) = (judge.clone(), digest.to_owned());
                let work = move |budget: &_| judge.bundle(&bytes, &digest, budget);
                let judged = purse.spend(wire, work).await.map_err(Miss::Wire)?;
                if seen.judged(Found::of(judged), true) {
                    return Ok(());
                }
            }
            // There are others among them.
            Ok(None) => {}
            Err(failure) => seen.missed(failure)?,
        }
    }
    if !seen.has_bundle && tagged(wire, digest, judge, &purse, &mut seen).await? {
        return Ok(());
    }
    Err(seen.into_miss())
}

/// What a judge found.
enum Found {
    Good,
    /// It is none of those that the judge knows.
    Nothing,
    Bad(Option<Refusal>),
}

impl Found {
    /// Who signs with a key is not told why a signature of another one does not count.
    fn of(judged: Result<bool, Refusal>) -> Self {
        match judged {
            Ok(true) => Self::Good,
            Ok(false) => Self::Bad(None),
            Err(Refusal::NoBundle) => Self::Nothing,
            Err(refusal) => Self::Bad(Some(refusal)),
        }
    }
}

impl Seen {
    /// Whether it counts.
    fn judged(&mut self, found: Found, is_bundle: bool) -> bool {
        match found {
            Found::Good => return true,
            Found::Nothing => {}
            Found::Bad(refusal) => {
                self.has_bundle |= is_bundle;
                self.refusal = refusal.or(self.refusal.take());
            }
        }
        false
    }
}

impl Judge {
    /// Whether a bundle counts. CPU-bound.
    fn bundle(&self, bytes: &[u8], digest: &str, budget: &Budget) -> Result<bool, Refusal> {
        match self {
            Self::Keys(keys) => {
                let bundle = cosign::Bundle::parse(bytes).ok_or(Refusal::NoBundle)?;
                keys.signed_bundle(&bundle, digest, budget)
            }
            Self::Keyless(keyless) => keyless.bundle(bytes, digest, budget).map(|_| true),
        }
    }

    /// Whether a signature of the older layout counts. CPU-bound.
    fn payload(&self, tagged: Tagged<'_>, digest: &str, budget: &Budget) -> Result<bool, Refusal> {
        match self {
            Self::Keys(keys) => {
                let signature = tagged.annotations.get(cosign::SIGNATURE).map(String::as_str);
                keys.signed_payload(tagged.payload, signature.unwrap_or_default(), digest, budget)
            }
            Self::Keyless(keyless) => keyless.tagged(tagged, digest, budget).map(|_| true),
        }
    }
}

/// A bundle that refers to the manifest, if it is one.
async fn bundle(wire: &Wire<'_>, descriptor: &Descriptor) -> Result<Option<Vec<u8>>, Failure> {
    if check_digest(&descriptor.digest).is_err() {
        return Ok(None);
    }
    let (bytes, media_type) = by_digest(wire, &descriptor.digest).await?;
    let Ok(manifest) = Manifest::parse(&bytes, &media_type) else { return Ok(None) };
    let Ok(layer) = manifest.layer(None) else { return Ok(None) };
    if !layer.media_type.starts_with(cosign::BUNDLE) {
        return Ok(None);
    }
    blob(wire, layer).await.map(Some)
}

/// Whether a signature of the older layout counts.
async fn tagged(
    wire: &Wire<'_>,
    digest: &str,
    judge: &Judge,
    purse: &Purse,
    seen: &mut Seen,
) -> Result<bool, Miss> {
    let manifest = match under_tag(wire, digest).await {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Ok(false),
        Err(failure) => return seen.missed(failure).map(|()| false),
    };
    for layer in manifest.layers.iter().flatten().take(MOST) {
        let Some(annotations) = &layer.annotations else { continue };
        if !annotations.contains_key(cosign::SIGNATURE) || check_digest(&layer.digest).is_err() {
            continue;
        }
        match blob(wire, layer).await {
            Ok(payload) => {
                let (judge, digest, annotations) = (judge.clone(), digest.to_owned(), annotations.clone());
                let work = move |budget: &_| {
                    let tagged = Tagged { payload: &payload, annotations: &annotations };
                    judge.payload(tagged, &digest, budget)
                };
                let judged = purse.spend(wire, work).await.map_err(Miss::Wire)?;
                if seen.judged(Found::of(judged), false) {
                    return Ok(true);
                }
            }
            Err(failure) => seen.missed(failure)?,
        }
    }
    Ok(false)
}

async fn under_tag(wire: &Wire<'_>, digest: &str) -> Result<Option<Manifest>, Failure> {
    let tag = format!("manifests/{}.sig", digest.replace(':', "-"));
    let response = match wire.get(&tag, manifest::ACCEPTED).await {
        Ok(response) => response,
        Err(Failure::Answer { status: 404, .. }) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let media_type = response.headers().get(reqwest::header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = wire.body(response, manifest::MAX_BYTES).await?;
    Ok(Manifest::parse(&body, &media_type).ok())
}
