//! Signatures of commits and tags: what is signed, by whose keys it may be, and Flux's words for what is wrong
//! (contracts/source-controller.md 6.5). Pure. The two formats are `openpgp` and `sshsig`.

use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::refused::Refused;
use super::{openpgp, sshsig};
use crate::access::SecretData;

#[cfg(test)]
mod tests;

/// Key names of a Secret that end so hold SSH keys; all others OpenPGP key rings.
const SSH: &str = ".sshpub";
/// Longest signature that is looked at.
const MOST: usize = 1 << 20;

/// `spec.verify.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The commit.
    Head,
    /// The tag.
    Tag,
    /// Both.
    TagAndHead,
}

impl Mode {
    /// Reads the spec. `head` is an older word for `HEAD`, and an absent mode means it.
    pub(crate) fn of(text: Option<&str>) -> Self {
        match text {
            Some("Tag") => Self::Tag,
            Some("TagAndHEAD") => Self::TagAndHead,
            _ => Self::Head,
        }
    }

    /// As the status says it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Tag => "Tag",
            Self::TagAndHead => "TagAndHEAD",
        }
    }

    /// Whether something that was not looked at under `observed` is to be looked at now.
    pub(crate) fn asks_more_than(self, observed: Option<&str>) -> bool {
        match observed {
            Some("TagAndHEAD") => false,
            Some(observed) => observed != self.name(),
            None => true,
        }
    }
}

/// Public keys of trusted authors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    rings: Vec<String>,
    authorized: Vec<String>,
}

impl Keys {
    /// Reads a Secret.
    pub(crate) fn of(secret: &SecretData) -> Self {
        let mut keys = Self::default();
        for (name, value) in secret {
            let value = String::from_utf8_lossy(value).into_owned();
            if name.ends_with(SSH) { &mut keys.authorized } else { &mut keys.rings }.push(value);
        }
        keys.rings.sort();
        keys.authorized.sort();
        keys
    }

    /// Stands for the keys, whatever Secret they are in and under which names (contracts/flux-2.10.md).
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (kind, all) in [("pgp:", &self.rings), ("ssh:", &self.authorized)] {
            for one in all {
                hash.update(kind);
                hash.update(one);
                hash.update([0]);
            }
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }
}

/// What an object demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trust {
    /// What must be signed.
    pub(crate) mode: Mode,
    /// By whom.
    pub(crate) keys: Keys,
}

/// The tag by which a commit was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Its name.
    pub(crate) name: String,
    /// Its object: id and content; a lightweight tag has none.
    pub(crate) object: Option<(String, Vec<u8>)>,
}

/// What may be signed of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The commit's id.
    pub(crate) id: String,
    /// The commit object.
    pub(crate) commit: Vec<u8>,
    /// The tag by which it was found.
    pub(crate) tag: Option<Tag>,
}

/// Verifies what the mode asks for; says of what with whose key it was verified.
pub(super) fn verify(signed: &Signed, trust: &Trust, now: SystemTime) -> Result<String, Refused> {
    let mut lines = vec!["verified signature of".to_owned()];
    if trust.mode != Mode::Head {
        let (text, key) = tag(signed, trust, now)?;
        lines.push(format!("\t- tag '{text}' with key '{key}'"));
    }
    if trust.mode != Mode::Tag {
        let Signed { id, commit, .. } = signed;
        let (payload, signature) = split_commit(commit);
        let key =
            check("commit", &payload, &signature, &trust.keys, now).map_err(|cause| Refused::Signature {
                reason: "InvalidCommitSignature",
                message: format!("signature verification of commit '{id}' failed: {cause}"),
                stalling: false,
            })?;
        lines.push(format!("\t- commit '{id}' with key '{key}'"));
    }
    Ok(lines.join("\n"))
}

fn tag(signed: &Signed, trust: &Trust, now: SystemTime) -> Result<(String, String), Refused> {
    let refused = |reason, message| Refused::Signature { reason, message, stalling: false };
    let Some(tag) = &signed.tag else {
        let message = "cannot verify tag object's signature if a tag reference is not specified".to_owned();
        return Err(Refused::Signature { reason: "InvalidVerificationMode", message, stalling: true });
    };
    let text = match &tag.object {
        Some((id, _)) => format!("{}@{id}", tag.name),
        None => tag.name.clone(),
    };
    let parts = tag.object.as_ref().map(|(_, object)| split_tag(object));
    let Some((payload, signature)) = parts.filter(|(_, signature)| !signature.is_empty()) else {
        let message = format!("cannot verify signature of tag '{text}' since it is not signed");
        return Err(refused("InvalidGitObject", message));
    };
    let key = check("tag", payload, signature, &trust.keys, now).map_err(|cause| {
        refused("InvalidTagSignature", format!("signature verification of tag '{text}' failed: {cause}"))
    })?;
    Ok((text, key))
}

/// The key that a signature was made with, if it is one of those.
fn check(
    what: &str,
    payload: &[u8],
    signature: &[u8],
    keys: &Keys,
    now: SystemTime,
) -> Result<String, String> {
    let signature = signature.trim_ascii();
    if signature.starts_with(b"-----BEGIN PGP SIGNATURE-----") && signature.len() <= MOST {
        if keys.rings.is_empty() {
            return Err(missing("PGP", ".asc"));
        }
        return openpgp::verify(&keys.rings, payload, signature, now)
            .map_err(|cause| format!("unable to verify Git {what}: {cause}"));
    }
    if signature.starts_with(b"-----BEGIN SSH SIGNATURE-----") && signature.len() <= MOST {
        if keys.authorized.is_empty() {
            return Err(missing("SSH", SSH));
        }
        return sshsig::verify(&keys.authorized, payload, signature)
            .map_err(|cause| format!("unable to verify Git {what} SSH signature: {cause}"));
    }
    let kind = match signature {
        b"" => "empty",
        _ if signature.starts_with(b"-----BEGIN SIGNED MESSAGE-----") => "x509",
        _ => "unknown",
    };
    Err(format!("unsupported signature type: {kind}"))
}

fn missing(kind: &str, suffix: &str) -> String {
    format!("{kind} signature detected but no {kind} public keys found in secret (keys with {suffix} suffix)")
}

/// A commit without its signature, and the signature. Headers end with an empty line; those that a blank begins go on
/// with the one before.
fn split_commit(commit: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut payload, mut signature) = (Vec::with_capacity(commit.len()), Vec::new());
    let mut rest = commit;
    // Whether the header that is being read is the signature, or the one of another hash.
    let (mut is_signature, mut is_left_out) = (false, false);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        if line == b"\n" || line.is_empty() {
            payload.extend_from_slice(rest);
            return (payload, signature);
        }
        rest = after;
        if let Some(more) = line.strip_prefix(b" ") {
            if is_signature {
                signature.extend_from_slice(more);
            }
        } else {
            let begin = line.strip_prefix(b"gpgsig ");
            is_signature = begin.is_some();
            is_left_out = is_signature || line.starts_with(b"gpgsig-sha256 ");
            signature.extend_from_slice(begin.unwrap_or_default());
        }
        if !is_left_out {
            payload.extend_from_slice(line);
        }
    }
}

/// A tag without its signature, and the signature: the last of its lines that begins one, and what follows.
fn split_tag(tag: &[u8]) -> (&[u8], &[u8]) {
    const BEGINS: [&[u8]; 4] = [
        b"-----BEGIN PGP SIGNATURE-----",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN SSH SIGNATURE-----",
        b"-----BEGIN SIGNED MESSAGE-----",
    ];
    let mut at = tag.len();
    let mut from = 0;
    for line in tag.split_inclusive(|byte| *byte == b'\n') {
        if BEGINS.iter().any(|begin| line.starts_with(begin)) {
            at = from;
        }
        from += line.len();
    }
    tag.split_at(at)
}
