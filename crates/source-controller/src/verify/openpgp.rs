//! OpenPGP signatures, by rPGP, and whose they are: a primary key or a subkey that may sign, neither expired nor
//! revoked, bound by signatures of its own. Which of an object is signed is `signature`'s.

use std::time::{Duration, SystemTime};

use attest::{BLOCK, TRY};
use manifest::budget::{Budget, Cancel, Exceeded, Limits};
use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType, SubpacketData};
use pgp::types::{KeyDetails as _, Tag, Timestamp};

#[cfg(test)]
mod tests;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
/// Most keys of all rings, subkeys included, and most signatures of one armor: each may be tried with each.
const MOST_KEYS: usize = 1024;
const MOST_SIGNATURES: usize = 16;
const NO_MATCH: &str = "unable to verify payload with any of the given key rings: no matching key";

/// What a verification may cost. A step is about as long as one of `manifest::budget`'s.
const STEPS: Limits = Limits { steps: 50_000_000, ..Limits::NONE };

/// The id of the primary key that a signature belongs to, if it is in one of the rings. CPU-bound.
pub(super) fn verify(
    rings: &[String],
    payload: &[u8],
    signature: &[u8],
    now: SystemTime,
) -> Result<String, String> {
    within(rings, payload, signature, now, &Budget::new(STEPS, Cancel::default()))
}

/// As [`verify`], within a budget.
fn within(
    rings: &[String],
    payload: &[u8],
    signature: &[u8],
    now: SystemTime,
    budget: &Budget,
) -> Result<String, String> {
    let signatures = signatures(signature, now);
    let (mut unreadable, mut is_tried) = (None, false);
    let mut left = MOST_KEYS;
    for ring in rings {
        let keys = match parse(ring, &mut left) {
            Ok(keys) => keys,
            Err(error) => {
                unreadable.get_or_insert(error);
                continue;
            }
        };
        is_tried = true;
        for key in &keys {
            let is_signer = is_by(key, &signatures, payload, now, budget).map_err(|exceeded| {
                format!("the verification {exceeded}: have fewer keys in the secret, or fewer signatures")
            })?;
            if is_signer {
                return Ok(key.primary_key.legacy_key_id().to_string().to_uppercase());
            }
        }
    }
    match unreadable {
        Some(error) if !is_tried => Err(format!("unable to read armored key ring: {error}")),
        _ => Err(NO_MATCH.to_owned()),
    }
}

/// The signatures that may be believed now, if a key fits.
fn signatures(armored: &[u8], now: SystemTime) -> Vec<Signature> {
    let Ok((found, _)) = DetachedSignature::from_armor_many(armored) else { return Vec::new() };
    let found = found.take(MOST_SIGNATURES).map_while(Result::ok).map(|one| one.signature);
    let is_data = |one: &Signature| matches!(one.typ(), Some(SignatureType::Binary | SignatureType::Text));
    found.filter(|one| is_data(one) && !is_weak(one) && !is_over(one, now)).collect()
}

/// The keys of every armored block of a ring.
fn parse(ring: &str, left: &mut usize) -> Result<Vec<SignedPublicKey>, String> {
    let starts: Vec<usize> = ring.match_indices(BEGIN).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return Err("EOF".to_owned());
    }
    let mut keys = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(ring.len());
        let block = ring.get(*start..end).unwrap_or_default();
        let (found, _) =
            SignedPublicKey::from_armor_many(block.as_bytes()).map_err(|error| error.to_string())?;
        for key in found {
            let key = key.map_err(|error| error.to_string())?;
            let count = 1 + key.public_subkeys.len();
            *left = left.checked_sub(count).ok_or("there are too many keys")?;
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Whether one of the signatures over `payload` was made by a key that may sign now.
fn is_by(
    key: &SignedPublicKey,
    signatures: &[Signature],
    payload: &[u8],
    now: SystemTime,
    budget: &Budget,
) -> Result<bool, Exceeded> {
    if signatures.is_empty() {
        return Ok(false);
    }
    for signer in signers(key, now, budget)? {
        for signature in signatures {
            try_over(payload.len(), budget)?;
            let is_good = match signer {
                Signer::Primary(key) => signature.verify(key, payload).is_ok(),
                Signer::Subkey(key) => signature.verify(key, payload).is_ok(),
            };
            if is_good {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Charges trying one signature over so many bytes.
fn try_over(bytes: usize, budget: &Budget) -> Result<(), Exceeded> {
    budget.step(TRY.saturating_add(bytes as u64 / BLOCK))
}

/// A key that may sign.
#[derive(Clone, Copy)]
enum Signer<'a> {
    Primary(&'a PublicKey),
    Subkey(&'a PublicSubkey),
}

/// The keys of one that may sign now. What this takes does not depend on what they signed.
fn signers<'a>(
    key: &'a SignedPublicKey,
    now: SystemTime,
    budget: &Budget,
) -> Result<Vec<Signer<'a>>, Exceeded> {
    let mut all = Vec::new();
    let Some(own) = own_signature(key, now, budget)? else { return Ok(all) };
    if is_revoked(key, budget)? || has_expired(key.primary_key.created_at(), own, now) {
        return Ok(all);
    }
    if may_sign(own) {
        all.push(Signer::Primary(&key.primary_key));
    }
    for subkey in &key.public_subkeys {
        let Some(binding) = binding(key, subkey, now, budget)? else { continue };
        if !may_sign(binding) || has_expired(subkey.key.created_at(), binding, now) {
            continue;
        }
        try_over(0, budget)?;
        if is_confirmed(key, subkey, binding) {
            all.push(Signer::Subkey(&subkey.key));
        }
    }
    Ok(all)
}

/// The newest signature by which a primary key says what it is for.
fn own_signature<'a>(
    key: &'a SignedPublicKey,
    now: SystemTime,
    budget: &Budget,
) -> Result<Option<&'a Signature>, Exceeded> {
    let primary = &key.primary_key;
    let mut good = Vec::new();
    for signature in &key.details.direct_signatures {
        try_over(0, budget)?;
        if signature.verify_key(primary).is_ok() {
            good.push(signature);
        }
    }
    for user in &key.details.users {
        for signature in &user.signatures {
            try_over(user.id.id().len(), budget)?;
            if signature.is_certification()
                && signature.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            {
                good.push(signature);
            }
        }
    }
    Ok(good.into_iter().filter(|signature| !is_over(signature, now)).max_by_key(|one| one.created()))
}

/// The newest signature that makes a subkey part of a key, unless one revokes it.
fn binding<'a>(
    key: &SignedPublicKey,
    subkey: &'a SignedPublicSubKey,
    now: SystemTime,
    budget: &Budget,
) -> Result<Option<&'a Signature>, Exceeded> {
    let mut good = Vec::new();
    for signature in &subkey.signatures {
        try_over(0, budget)?;
        if signature.verify_subkey_binding(&key.primary_key, &subkey.key).is_ok() {
            good.push(signature);
        }
    }
    if good.iter().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation)) {
        return Ok(None);
    }
    let bound = |signature: &&Signature| {
        signature.typ() == Some(SignatureType::SubkeyBinding) && !is_over(signature, now)
    };
    Ok(good.into_iter().filter(bound).max_by_key(|signature| signature.created()))
}

/// Whether a subkey that signs says itself to which key it belongs: else anybody could take it over.
fn is_confirmed(key: &SignedPublicKey, subkey: &SignedPublicSubKey, binding: &Signature) -> bool {
    let back = binding.embedded_signature();
    back.is_some_and(|back| back.verify_primary_key_binding(&subkey.key, &key.primary_key).is_ok())
}

fn is_revoked(key: &SignedPublicKey, budget: &Budget) -> Result<bool, Exceeded> {
    for signature in &key.details.revocation_signatures {
        try_over(0, budget)?;
        if signature.verify_key(&key.primary_key).is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A key that does not say what it is for may be used for everything.
fn may_sign(own: &Signature) -> bool {
    let says = own.config().is_some_and(|config| {
        config.hashed_subpackets().any(|part| matches!(part.data, SubpacketData::KeyFlags(_)))
    });
    !says || own.key_flags().sign()
}

/// Hashes for which a second content with the same signature can be made.
fn is_weak(signature: &Signature) -> bool {
    matches!(
        signature.hash_alg(),
        None | Some(HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)
    )
}

fn is_over(signature: &Signature, now: SystemTime) -> bool {
    let lifetime = signature.signature_expiration_time().map(|time| time.as_secs());
    signature.created().is_none_or(|created| is_past(created, lifetime, now))
}

fn has_expired(created: Timestamp, own: &Signature, now: SystemTime) -> bool {
    is_past(created, own.key_expiration_time().map(|time| time.as_secs()), now)
}

/// No lifetime, and one of zero, mean for ever.
fn is_past(created: Timestamp, lifetime: Option<u32>, now: SystemTime) -> bool {
    let Some(lifetime) = lifetime.filter(|seconds| *seconds > 0) else { return false };
    SystemTime::from(created) + Duration::from_secs(u64::from(lifetime)) < now
}
