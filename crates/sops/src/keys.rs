//! The keys of one Kustomization, as they are imported from the entries of a Secret. age and OpenPGP keys open data keys
//! here; the others are credentials for [`crate::remote`].

mod age;
mod cloud;
mod import;
mod import_error;
mod pgp;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use async_trait::async_trait;
use zeroize::Zeroizing;

pub use import::{Scope, SecretImportError};
pub use import_error::ImportError;

use crate::{AwsCredentials, AzureCredentials, GcpCredentials, KeyError, KeyService, MasterKey};
use import::Entry;

/// Keys and credentials. What they hold is overwritten when they are dropped; `Debug` shows how many there are.
#[derive(Default)]
pub struct Keys {
    age: Vec<age::Identity>,
    pgp: Vec<pgp::SecretKey>,
    vault_token: Option<Zeroizing<String>>,
    aws: Option<AwsCredentials>,
    azure: Option<AzureCredentials>,
    gcp: Option<GcpCredentials>,
}

impl Keys {
    /// Imports one entry of a Secret, by its name. Names that mean nothing are skipped.
    ///
    /// # Errors
    /// The value is not in the form that the name promises.
    pub fn import(&mut self, name: &str, value: &[u8]) -> Result<(), ImportError> {
        match import::entry(name, value)? {
            Entry::VaultToken(token) => self.vault_token = token,
            Entry::Aws(credentials) => self.aws = Some(credentials),
            Entry::Azure(credentials) => self.azure = Some(credentials),
            Entry::Gcp(credentials) => self.gcp = Some(credentials),
            Entry::Age(mut identities) => self.age.append(&mut identities),
            Entry::Pgp(mut keys) => self.pgp.append(&mut keys),
            Entry::Unknown => {}
        }
        Ok(())
    }

    /// Imports the entries of a Secret, in the order of their names. Those that [`Scope`] leaves out are skipped.
    ///
    /// # Errors
    /// An entry is not in the form that its name promises.
    pub fn import_secret<'a>(
        &mut self,
        secret: &str,
        entries: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        scope: Scope,
    ) -> Result<(), SecretImportError> {
        for (name, value) in import::chosen(entries, scope) {
            self.import(name, value).map_err(|error| SecretImportError::new(secret, name, scope, error))?;
        }
        Ok(())
    }

    /// Whether there is none of any kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.age.is_empty()
            && self.pgp.is_empty()
            && self.vault_token.is_none()
            && self.aws.is_none()
            && self.azure.is_none()
            && self.gcp.is_none()
    }

    /// The token of `sops.vault-token`.
    #[must_use]
    pub fn vault_token(&self) -> Option<&Zeroizing<String>> {
        self.vault_token.as_ref()
    }

    /// The credentials of `sops.aws-kms`.
    #[must_use]
    pub fn aws(&self) -> Option<&AwsCredentials> {
        self.aws.as_ref()
    }

    /// The credentials of `sops.azure-kv`.
    #[must_use]
    pub fn azure(&self) -> Option<&AzureCredentials> {
        self.azure.as_ref()
    }

    /// The credentials of `sops.gcp-kms`.
    #[must_use]
    pub fn gcp(&self) -> Option<&GcpCredentials> {
        self.gcp.as_ref()
    }
}

#[async_trait]
impl KeyService for Keys {
    /// Opens data keys of age and OpenPGP; others are not handled.
    async fn decrypt(&self, key: &MasterKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let open = || match key {
            MasterKey::Age(_) => age::decrypt(&self.age, encrypted),
            MasterKey::Pgp(key) => pgp::decrypt(&self.pgp, key, encrypted),
            _ => Err(KeyError::NotHandled),
        };
        // Both libraries read what strangers wrote, and have had panics. Nothing here is left half changed by one.
        catch_unwind(AssertUnwindSafe(open))
            .unwrap_or(Err(KeyError::Malformed("the encrypted data key cannot be read")))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("age", &self.age.len())
            .field("pgp", &self.pgp.len())
            .field("vault_token", &self.vault_token.is_some())
            .field("aws", &self.aws.is_some())
            .field("azure", &self.azure.is_some())
            .field("gcp", &self.gcp.is_some())
            .finish()
    }
}
