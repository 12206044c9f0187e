//! Which entry of a Secret is what.

use zeroize::Zeroizing;

use super::{AwsCredentials, AzureCredentials, GcpCredentials, Keys, age, pgp};

/// Why an entry was not imported. The owner of the Secret has to act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No identity of age.
    #[error("failed to parse and add to age identities: {0}")]
    Age(&'static str),
    /// No OpenPGP key. The words in front are those of Flux, which asks GnuPG.
    #[error("failed to import armored key data into GnuPG keyring (exit status 2): {0}")]
    Pgp(&'static str),
    /// Not text.
    #[error("the token is not UTF-8")]
    Token,
    /// No credentials of AWS.
    #[error("failed to unmarshal AWS credentials file")]
    Aws,
    /// No credentials of Azure.
    #[error("{0}")]
    Azure(&'static str),
    /// No credentials of Google Cloud.
    #[error("{0}")]
    Gcp(&'static str),
}

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

pub(super) fn secret<'a>(
    keys: &mut Keys,
    secret: &str,
    entries: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    scope: Scope,
) -> Result<(), SecretImportError> {
    let words = match scope {
        Scope::All => "decryption",
        Scope::AgeOnly => "SOPS age decryption",
    };
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in entries {
        if scope == Scope::AgeOnly && !name.ends_with(".agekey") {
            continue;
        }
        entry(keys, name, value).map_err(|error| SecretImportError {
            secret: secret.to_owned(),
            entry: name.to_owned(),
            error,
            words,
        })?;
    }
    Ok(())
}

pub(super) fn entry(keys: &mut Keys, name: &str, value: &[u8]) -> Result<(), ImportError> {
    match name {
        "sops.vault-token" => {
            let text = std::str::from_utf8(value).map_err(|_| ImportError::Token)?;
            keys.vault_token = Some(Zeroizing::new(text.trim().to_owned())).filter(|token| !token.is_empty());
        }
        "sops.aws-kms" => keys.aws = Some(AwsCredentials::parse(value)?),
        "sops.azure-kv" => keys.azure = Some(AzureCredentials::parse(value)?),
        "sops.gcp-kms" => keys.gcp = Some(GcpCredentials::parse(value)?),
        name if name.ends_with(".agekey") => {
            let text = std::str::from_utf8(value).map_err(|_| ImportError::Age("unknown identity type"))?;
            keys.age.append(&mut age::parse(text)?);
        }
        name if name.ends_with(".asc") => keys.pgp.append(&mut pgp::parse(value)?),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
