//! Where signatures of the Notary Project are: referrers of the manifest with a type of their own, each with one layer.
//! As in Flux no more than three are looked at, and one that cannot be had ends the search.

use std::sync::Arc;

use attest::{Artifact, Format, Notation, Refusal};
use jiff::Timestamp;

use super::super::by_digest::by_digest;
use super::super::manifest::{Descriptor, Manifest};
use super::super::names::check_digest;
use super::super::wire::Wire;
use super::miss::Miss;
use super::purse::Purse;
use super::referrers::{blob, may_be, referrers};
use crate::foreign;

/// What such a referrer is.
const TYPE: &str = "application/vnd.cncf.notary.signature";
/// Most signatures that are looked at, and most referrers that are opened to see what they are.
const MOST: usize = 3;
const MOST_OPENED: usize = 100;

/// Looks for a signature that counts.
pub(super) async fn search(wire: &Wire<'_>, digest: &str, notation: &Arc<Notation>) -> Result<(), Miss> {
    let (manifest, media_type) = by_digest(wire, digest).await.map_err(Miss::Wire)?;
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
    let purse = Purse::new();
    let mut last = Miss::Nothing;
    let mut left = MOST;
    let referring = referrers(wire, digest, Some(TYPE)).await.map_err(Miss::Wire)?;
    let likely = referring.into_iter().filter(|one| may_be(one, |type_| type_ == TYPE));
    for descriptor in likely.take(MOST_OPENED) {
        let Some((format, bytes)) = envelope(wire, &descriptor).await? else { continue };
        if left == 0 {
            break;
        }
        left -= 1;
        let (notation, named) = (Arc::clone(notation), digest.to_owned());
        let (media_type, size) = (media_type.clone(), manifest.len() as u64);
        let work = move |budget: &_| {
            let artifact = Artifact { media_type: &media_type, digest: &named, size };
            let format = format.ok_or_else(|| Refusal::Unsupported("its kind of envelope".to_owned()))?;
            notation.verify(&bytes, format, &artifact, Timestamp::now(), budget)
        };
        match purse.spend(wire, work).await.map_err(Miss::Wire)? {
            Ok(verdict) => {
                let signer = foreign::clean(&verdict.signer.to_string());
                for refusal in verdict.told {
                    let refusal = foreign::clean(&refusal.to_string());
                    tracing::warn!(
                        digest,
                        signer,
                        refusal,
                        "the trust policy lets a signature pass that does not hold"
                    );
                }
                return Ok(());
            }
            Err(refusal) => last = Miss::Refused(refusal),
        }
    }
    Err(last)
}

/// The envelope of a signature, if it is one.
async fn envelope(
    wire: &Wire<'_>,
    descriptor: &Descriptor,
) -> Result<Option<(Option<Format>, Vec<u8>)>, Miss> {
    if check_digest(&descriptor.digest).is_err() {
        return Ok(None);
    }
    let (bytes, media_type) = by_digest(wire, &descriptor.digest).await.map_err(Miss::Wire)?;
    let Ok(manifest) = Manifest::parse(&bytes, &media_type) else { return Ok(None) };
    if manifest.kind() != Some(TYPE) {
        return Ok(None);
    }
    let [layer] = manifest.layers.as_deref().unwrap_or_default() else {
        return Err(Miss::Refused(Refusal::Malformed("it has not one layer".to_owned())));
    };
    if check_digest(&layer.digest).is_err() {
        return Ok(None);
    }
    let bytes = blob(wire, layer).await.map_err(Miss::Wire)?;
    Ok(Some((Format::of(&layer.media_type), bytes)))
}
