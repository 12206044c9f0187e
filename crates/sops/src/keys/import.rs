//! Which entry of a Secret is what. Where it is kept is not decided here.

use super::import_error::ImportError;
use super::{age, cloud, pgp};
use crate::wipe::Secret;
use crate::{AwsCredentials, AzureCredentials, GcpCredentials};

/// Which entries of a Secret count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All: the Secret belongs to the Kustomization.
    All,
    /// Only `*.agekey`: the Secret is the controller's, and credentials in it would stand in the way of identities.
    AgeOnly,
}

/// Which entry of which Secret was not imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to import '{entry}' data from sops {words} Secret '{secret}': {error}")]
pub struct SecretImportError {
    /// `namespace/name`.
    pub secret: String,
    /// The entry's name.
    pub entry: String,
    /// What is wrong.
    pub error: ImportError,
    words: &'static str,
}

impl SecretImportError {
    pub(super) fn new(secret: &str, entry: &str, scope: Scope, error: ImportError) -> Self {
        let words = match scope {
            Scope::All => "decryption",
            Scope::AgeOnly => "SOPS age decryption",
        };
        Self { secret: secret.to_owned(), entry: entry.to_owned(), error, words }
    }
}

/// What an entry holds.
pub(super) enum Entry {
    /// None when it is blank.
    VaultToken(Option<Secret>),
    Aws(AwsCredentials),
    Azure(AzureCredentials),
    Gcp(GcpCredentials),
    Age(Vec<age::Identity>),
    Pgp(Vec<pgp::SecretKey>),
    /// Nothing that its name would tell.
    Unknown,
}

/// The entries that count, in the order of their names.
pub(super) fn chosen<'a>(
    entries: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    scope: Scope,
) -> Vec<(&'a str, &'a [u8])> {
    let counts = |name: &str| scope == Scope::All || name.ends_with(".agekey");
    let mut entries: Vec<_> = entries.into_iter().filter(|(name, _)| counts(name)).collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    entries
}

pub(super) fn entry(name: &str, value: &[u8]) -> Result<Entry, ImportError> {
    Ok(match name {
        "sops.vault-token" => {
            let text = std::str::from_utf8(value).map_err(|_| ImportError::Token)?;
            let token = Secret::new(text.trim().to_owned());
            Entry::VaultToken(Some(token).filter(|token| !token.is_empty()))
        }
        "sops.aws-kms" => Entry::Aws(cloud::aws(value)?),
        "sops.azure-kv" => Entry::Azure(cloud::azure(value)?),
        "sops.gcp-kms" => Entry::Gcp(cloud::gcp(value)?),
        name if name.ends_with(".agekey") => {
            let text = std::str::from_utf8(value).map_err(|_| ImportError::Age("unknown identity type"))?;
            Entry::Age(age::parse(text)?)
        }
        name if name.ends_with(".asc") => Entry::Pgp(pgp::parse(value)?),
        _ => Entry::Unknown,
    })
}

#[cfg(test)]
mod tests;
