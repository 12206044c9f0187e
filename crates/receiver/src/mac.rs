//! Codes of authentication over a body, and comparisons that take as long whatever they find. Which code a type of
//! sender presents is `check`'s.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512, Key, verify};

#[cfg(test)]
pub(crate) mod tests;

/// What all paths begin with.
pub const PREFIX: &str = "/hook/";

/// The path of a Receiver, as Flux makes it: whoever knows it has seen it, or knows the token.
#[must_use]
pub fn webhook_path(token: &[u8], name: &str, namespace: &str) -> String {
    let mut text = zeroize::Zeroizing::new(Vec::with_capacity(token.len() + name.len() + namespace.len()));
    text.extend_from_slice(token);
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(namespace.as_bytes());
    format!("{PREFIX}{}", manifest::digest::sha256_hex(&text))
}

/// A hash that signatures are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// Whether that is the code of a body. How much of it is right does not show.
pub(crate) fn is_code(hash: Hash, token: &[u8], body: &[u8], presented: &[u8]) -> bool {
    #[cfg(test)]
    tests::count(body.len());
    let algorithm = match hash {
        Hash::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => HMAC_SHA256,
        Hash::Sha512 => HMAC_SHA512,
    };
    verify(&Key::new(algorithm, token), body, presented).is_ok()
}

/// Whether two texts are the same; how long they are, and where they differ, does not show.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(digest(&SHA256, a).as_ref(), digest(&SHA256, b).as_ref()).is_ok()
}
