//! OpenPGP secret keys without passphrase, by rPGP.

mod packets;

use std::io::{Cursor, Read as _};

use pgp::composed::{DecryptionOptions, Deserializable as _, Esk, Message, PlainSessionKey, SignedSecretKey};
use pgp::types::{DecryptionKey, EskType, KeyDetails as _, Password, PkeskVersion};
use zeroize::Zeroizing;

use super::import_error::ImportError;
use crate::{KeyError, PgpKey};

/// A secret key with its subkeys.
pub(super) type SecretKey = Box<SignedSecretKey>;

const BEGIN: &str = "-----BEGIN PGP ";
/// A data key, or the share of one, is shorter with all that is around it.
const MOST: usize = 1 << 10;
/// Keys of one Secret. Each may be tried for each file.
const MOST_KEYS: usize = 64;

/// Reads every armored block of secret keys. Blocks of public keys are skipped, as GnuPG imports them without use.
pub(super) fn parse(data: &[u8]) -> Result<Vec<SecretKey>, ImportError> {
    let text = std::str::from_utf8(data).map_err(|_| ImportError::Pgp("no valid OpenPGP data found"))?;
    let mut keys = Vec::new();
    let starts: Vec<usize> = text.match_indices(BEGIN).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return Err(ImportError::Pgp("no valid OpenPGP data found"));
    }
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        let block = text.get(*start..end).unwrap_or_default();
        if !block.starts_with("-----BEGIN PGP PRIVATE KEY BLOCK") {
            continue;
        }
        let broken = ImportError::Pgp("a block of secret keys cannot be read");
        let (found, _) = SignedSecretKey::from_armor_many(block.as_bytes()).map_err(|_| broken.clone())?;
        for key in found {
            keys.push(Box::new(key.map_err(|_| broken.clone())?));
            if keys.len() > MOST_KEYS {
                return Err(ImportError::Pgp("there are too many keys"));
            }
        }
    }
    Ok(keys)
}

/// Keys with the fingerprint of the file are tried first, then all others: a file may name a subkey.
pub(super) fn decrypt(
    keys: &[SecretKey],
    wanted: &PgpKey,
    encrypted: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if keys.is_empty() {
        return Err(KeyError::Pgp("there is no secret key"));
    }
    let wanted = wanted.fingerprint.to_ascii_lowercase();
    let named = |key: &&SecretKey| !wanted.is_empty() && key.fingerprint().to_string().ends_with(&wanted);
    let (named, others): (Vec<_>, Vec<_>) = keys.iter().partition(named);
    let mut error = KeyError::Pgp("No secret key");
    for key in named.into_iter().chain(others) {
        match open(key, encrypted) {
            Ok(plain) => return Ok(plain),
            Err(malformed @ KeyError::Malformed(_)) => return Err(malformed),
            Err(other) => error = other,
        }
    }
    Err(error)
}

fn open(key: &SignedSecretKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("the encrypted data key is no armored OpenPGP message");
    let bytes = packets::dearmor(encrypted).and_then(|bytes| packets::whole(&bytes)).ok_or(MALFORMED)?;
    let message = Message::from_bytes(Cursor::new(bytes)).map_err(|_| MALFORMED)?;
    let Message::Encrypted { esk, mut edata, .. } = message else { return Err(MALFORMED) };
    let Some(session_key) = esk.iter().find_map(|esk| session_key(key, esk)) else {
        let locked = key.primary_key.secret_params().is_encrypted()
            || key.secret_subkeys.iter().any(|subkey| subkey.key.secret_params().is_encrypted());
        let problem =
            if locked { "No secret key, or it is protected by a passphrase" } else { "No secret key" };
        return Err(KeyError::Pgp(problem));
    };
    // What GnuPG writes since 2.3 where a key allows it. It is authenticated, only not in the standard.
    let options = DecryptionOptions::new().enable_gnupg_aead();
    edata
        .decrypt_with_options(&session_key, options)
        .map_err(|_| KeyError::Pgp("the message was changed"))?;
    let mut plain = Zeroizing::new(Vec::with_capacity(MOST));
    // The message was short, and nothing is decompressed here.
    edata.read_to_end(&mut plain).map_err(|_| KeyError::Pgp("the message was changed"))?;
    packets::literal(&plain).ok_or(KeyError::Pgp("the message holds no data key"))
}

/// The key of a message, if one of these keys opens it.
fn session_key(key: &SignedSecretKey, esk: &Esk) -> Option<PlainSessionKey> {
    let Esk::PublicKeyEncryptedSessionKey(esk) = esk else { return None };
    let kind = match esk.version() {
        PkeskVersion::V3 => EskType::V3_4,
        PkeskVersion::V6 => EskType::V6,
        PkeskVersion::Other(_) => return None,
    };
    let values = esk.values().ok()?;
    let open = |key: &dyn DecryptionKey| key.decrypt(&Password::empty(), values, kind).ok()?.ok();
    if esk.match_identity(key.primary_key.public_key())
        && let Some(session_key) = open(&key.primary_key)
    {
        return Some(session_key);
    }
    let mut subkeys = key.secret_subkeys.iter().filter(|subkey| esk.match_identity(subkey.key.public_key()));
    subkeys.find_map(|subkey| open(&subkey.key))
}
