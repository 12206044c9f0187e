//! What the metadata of a file says, as far as it is used.

use std::fmt;

use crate::SealedKey;
use crate::rules::{Matcher, Rule};

/// The metadata of an encrypted file.
pub struct Metadata {
    /// The groups of master keys. With one group each key opens the file; with more, shares of several are needed.
    pub groups: Vec<Vec<SealedKey>>,
    /// How many groups have to succeed; 0 when it is not given.
    pub shamir_threshold: usize,
    /// Which values are encrypted.
    pub rule: Rule,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// When the file was encrypted, in the form that its MAC is bound to.
    pub last_modified: String,
    /// The version of sops that wrote it.
    pub version: String,
    /// The encrypted MAC; empty when there is none.
    pub(crate) mac: String,
    pub(crate) matcher: Matcher,
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("groups", &self.groups)
            .field("shamir_threshold", &self.shamir_threshold)
            .field("rule", &self.rule)
            .field("mac_only_encrypted", &self.mac_only_encrypted)
            .field("last_modified", &self.last_modified)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
