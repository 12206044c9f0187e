//! age: X25519 identities and SSH keys, by the crate of age's author, and post-quantum ones. No plugins, no passphrases: nobody is there to be
//! asked, and a plugin is a program.

mod hybrid;

use std::io::Read as _;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use zeroize::Zeroizing;

use super::import_error::ImportError;
use crate::KeyError;

/// What opens one stanza of an age header.
pub(super) type Identity = Box<dyn age::Identity + Send + Sync>;

/// A data key, or the share of one, is shorter.
const MOST: u64 = 1 << 10;

/// Reads a file of identities: one on a line, `#` begins a comment. SSH keys are PEM blocks between them.
pub(super) fn parse(text: &str) -> Result<Vec<Identity>, ImportError> {
    let mut identities = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("-----BEGIN ") {
            let mut block = Zeroizing::new(format!("{line}\n"));
            for line in lines.by_ref() {
                block.push_str(line.trim());
                block.push('\n');
                if line.trim().starts_with("-----END ") {
                    break;
                }
            }
            identities.push(ssh(&block)?);
        } else {
            identities.push(one(line)?);
        }
    }
    Ok(identities)
}

fn one(line: &str) -> Result<Identity, ImportError> {
    if line.starts_with("AGE-PLUGIN-") {
        return Err(ImportError::Age("plugins are not supported"));
    }
    if line.starts_with("AGE-SECRET-KEY-PQ-1") {
        let identity = hybrid::Identity::parse(line).ok_or(ImportError::Age("malformed secret key"))?;
        return Ok(Box::new(identity));
    }
    if !line.starts_with("AGE-SECRET-KEY-1") {
        return Err(ImportError::Age("unknown identity type"));
    }
    let identity: age::x25519::Identity =
        line.parse().map_err(|_| ImportError::Age("malformed secret key"))?;
    Ok(Box::new(identity))
}

fn ssh(block: &str) -> Result<Identity, ImportError> {
    let identity = age::ssh::Identity::from_buffer(block.as_bytes(), None)
        .map_err(|_| ImportError::Age("malformed SSH identity"))?;
    match identity {
        age::ssh::Identity::Unencrypted(_) => Ok(Box::new(identity)),
        age::ssh::Identity::Encrypted(_) => {
            Err(ImportError::Age("the SSH identity is protected by a passphrase"))
        }
        age::ssh::Identity::Unsupported(_) => {
            Err(ImportError::Age("SSH identities other than ed25519 and RSA are not supported"))
        }
    }
}

pub(super) fn decrypt(identities: &[Identity], encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if identities.is_empty() {
        return Err(KeyError::NoAgeIdentity);
    }
    let decryptor = Decryptor::new(ArmoredReader::new(encrypted)).map_err(|error| fault(&error))?;
    let all = identities.iter().map(|identity| &**identity as &dyn age::Identity);
    let reader = decryptor.decrypt(all).map_err(|error| match error {
        DecryptError::NoMatchingKeys if identities.len() == 1 => KeyError::Age(
            "identity did not match any of the recipients: incorrect identity for recipient block",
        ),
        error => fault(&error),
    })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(64));
    reader.take(MOST).read_to_end(&mut plain).map_err(|_| KeyError::Age("the payload was changed"))?;
    Ok(plain)
}

fn fault(error: &DecryptError) -> KeyError {
    match error {
        DecryptError::NoMatchingKeys => KeyError::Age("no identity matched any of the recipients"),
        DecryptError::InvalidHeader | DecryptError::InvalidMac => {
            KeyError::Malformed("the age header is malformed")
        }
        DecryptError::Io(_) | DecryptError::UnknownFormat => {
            KeyError::Malformed("the encrypted data key is not in age's format")
        }
        _ => KeyError::Age("the data key cannot be decrypted"),
    }
}
