//! OpenPGP signatures, by rPGP, and whose they are: a primary key or a subkey that may sign, neither expired nor
//! revoked, bound by signatures of its own. Which of an object is signed is `signature`'s.

use std::time::{Duration, SystemTime};

use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType, SubpacketData};
use pgp::types::{KeyDetails as _, Tag, Timestamp};

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
/// Most keys of all rings, and most signatures of one armor: each may be tried with each.
const MOST_KEYS: usize = 1024;
const MOST_SIGNATURES: usize = 16;
const NO_MATCH: &str = "unable to verify payload with any of the given key rings: no matching key";

/// The id of the primary key that a signature belongs to, if it is in one of the rings.
pub(super) fn verify(
    rings: &[String],
    payload: &[u8],
    signature: &[u8],
    now: SystemTime,
) -> Result<String, String> {
    let signatures = signatures(signature);
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
            if signatures.iter().any(|signature| is_by(key, signature, payload, now)) {
                return Ok(key.primary_key.legacy_key_id().to_string().to_uppercase());
            }
        }
    }
    match unreadable {
        Some(error) if !is_tried => Err(format!("unable to read armored key ring: {error}")),
        _ => Err(NO_MATCH.to_owned()),
    }
}

fn signatures(armored: &[u8]) -> Vec<Signature> {
    let Ok((found, _)) = DetachedSignature::from_armor_many(armored) else { return Vec::new() };
    found.take(MOST_SIGNATURES).map_while(Result::ok).map(|one| one.signature).collect()
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
            *left = left.checked_sub(1).ok_or("there are too many keys")?;
            keys.push(key.map_err(|error| error.to_string())?);
        }
    }
    Ok(keys)
}

/// Whether a signature over `payload` was made by a key, and may be believed now.
fn is_by(key: &SignedPublicKey, signature: &Signature, payload: &[u8], now: SystemTime) -> bool {
    let is_data = matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text));
    if !is_data || is_weak(signature) || is_over(signature, now) {
        return false;
    }
    let Some(own) = own_signature(key, now) else { return false };
    if is_revoked(key) || has_expired(key.primary_key.created_at(), own, now) {
        return false;
    }
    if may_sign(own) && signature.verify(&key.primary_key, payload).is_ok() {
        return true;
    }
    key.public_subkeys.iter().any(|subkey| {
        binding(key, subkey, now).is_some_and(|binding| {
            may_sign(binding)
                && is_confirmed(key, subkey, binding)
                && !has_expired(subkey.key.created_at(), binding, now)
                && signature.verify(&subkey.key, payload).is_ok()
        })
    })
}

/// The newest signature by which a primary key says what it is for.
fn own_signature(key: &SignedPublicKey, now: SystemTime) -> Option<&Signature> {
    let primary = &key.primary_key;
    let direct =
        key.details.direct_signatures.iter().filter(|signature| signature.verify_key(primary).is_ok());
    let users = key.details.users.iter().flat_map(|user| {
        let of_user = move |signature: &&Signature| {
            signature.is_certification()
                && signature.verify_certification(primary, Tag::UserId, &user.id).is_ok()
        };
        user.signatures.iter().filter(of_user)
    });
    direct
        .chain(users)
        .filter(|signature| !is_over(signature, now))
        .max_by_key(|signature| signature.created())
}

/// The newest signature that makes a subkey part of a key, unless one revokes it.
fn binding<'a>(
    key: &SignedPublicKey,
    subkey: &'a SignedPublicSubKey,
    now: SystemTime,
) -> Option<&'a Signature> {
    let mut good = subkey
        .signatures
        .iter()
        .filter(|signature| signature.verify_subkey_binding(&key.primary_key, &subkey.key).is_ok());
    if good.clone().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation)) {
        return None;
    }
    let bound = |signature: &&Signature| {
        signature.typ() == Some(SignatureType::SubkeyBinding) && !is_over(signature, now)
    };
    good.by_ref().filter(bound).max_by_key(|signature| signature.created())
}

/// Whether a subkey that signs says itself to which key it belongs: else anybody could take it over.
fn is_confirmed(key: &SignedPublicKey, subkey: &SignedPublicSubKey, binding: &Signature) -> bool {
    let back = binding.embedded_signature();
    back.is_some_and(|back| back.verify_primary_key_binding(&subkey.key, &key.primary_key).is_ok())
}

fn is_revoked(key: &SignedPublicKey) -> bool {
    key.details.revocation_signatures.iter().any(|signature| signature.verify_key(&key.primary_key).is_ok())
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
