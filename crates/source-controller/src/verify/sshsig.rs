//! SSH signatures (OpenSSH's PROTOCOL.sshsig) in the namespace `git`. Which of an object is signed is `signature`'s.

use russh::keys::ssh_key::authorized_keys::Entry;
use russh::keys::ssh_key::{Error, HashAlg, PublicKey, SshSig};

/// What Git signs for.
const NAMESPACE: &str = "git";

/// The fingerprint of the key that a signature was made with, if it is in one of the texts of authorized keys.
pub(super) fn verify(authorized: &[String], payload: &[u8], signature: &[u8]) -> Result<String, String> {
    let signature =
        SshSig::from_pem(signature).map_err(|error| format!("unable to unarmor SSH signature: {error}"))?;
    let (mut unreadable, mut is_tried) = (None, false);
    let mut causes: Vec<String> = Vec::new();
    for text in authorized {
        let keys = match parse(text) {
            Ok(keys) => keys,
            Err(error) => {
                unreadable.get_or_insert(error);
                continue;
            }
        };
        is_tried = true;
        for key in keys {
            let cause = match key.verify(NAMESPACE, payload, &signature) {
                Ok(()) => return Ok(key.fingerprint(HashAlg::Sha256).to_string()),
                Err(Error::PublicKey) => "public key does not match".to_owned(),
                Err(Error::Namespace) => "namespace does not match".to_owned(),
                Err(error) => error.to_string(),
            };
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    if let Some(error) = unreadable.filter(|_| !is_tried) {
        return Err(format!("unable to parse authorized keys: unable to parse authorized key: {error}"));
    }
    causes.insert(0, "no matching key".to_owned());
    Err(format!("unable to verify payload with any of the given authorized keys: {}", causes.join("\n")))
}

/// All keys of a text, one a line.
fn parse(text: &str) -> Result<Vec<PublicKey>, Error> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.parse::<Entry>().map(|entry| entry.public_key().clone())).collect()
}
