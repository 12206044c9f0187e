//! Decrypts what the `sops` command encrypted, as far as the kustomize-controller needs it: no files, no clock, no
//! network. Encrypting is not here (a test-only writer aside), nor is a key agent, a plugin or a passphrase.
//!
//! ```text
//! bytes ── Document::read ──► Document ── data_key(&[&dyn KeyService]) ──► DataKey
//!                                │                                           │
//!                                └────── decrypt(&DataKey, Verify) ◄─────────┘
//!                                                │
//!                                              Plain ── write(Format) ──► bytes
//! ```
//!
//! ```
//! # async fn example(encrypted: &[u8], key_file: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let mut keys = sops::Keys::default();
//! keys.import("team.agekey", key_file)?;
//! let formats = sops::Formats { input: sops::Format::Yaml, output: sops::Format::Yaml };
//! let plain = sops::decrypt(encrypted, formats, &[&keys], &sops::Options::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Keys`] opens data keys sealed for age and OpenPGP by itself. Those of AWS KMS, Google Cloud KMS, Azure Key Vault and
//! Vault go through [`remote::Remote`], which builds requests and reads answers; who sends them is behind
//! [`cloud::Exchange`].
//!
//! Invariants: input of any shape gives an error, never a panic, and nothing recurses deeper than [`Limits::depth`];
//! no error and no `Debug` output holds plaintext, ciphertext or key material; what was secret is overwritten when it is
//! dropped, as far as the libraries beneath allow it.
// Tests may index: what they look at is theirs.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod blame;
mod cipher;
mod data_key;
mod document;
mod error;
mod failures;
mod format;
mod key_error;
mod keys;
mod limits;
mod master_key;
mod metadata;
mod read;
pub mod remote;
mod rules;
mod service;
mod shamir;
mod tree;
mod walk;
mod write;

use cloud::{base64, wipe};

pub use blame::Blame;
pub use cloud::{AwsCredentials, AzureCredentials, GcpCredentials};
pub use data_key::DataKey;
pub use document::{Document, Formats, Options, Plain, decrypt, is_encrypted_object};
pub use error::{EmitError, Error, LoadError, MacError, TreeError, ValueError};
pub use failures::{DataKeyFailure, GroupFailure, KeyFailure};
pub use format::Format;
pub use key_error::KeyError;
pub use keys::{ImportError, Keys, Scope, SecretImportError};
pub use limits::Limits;
pub use master_key::{
    AgeKey, AwsKmsKey, AzureKey, GcpKmsKey, HuaweiKmsKey, MasterKey, PgpKey, SealedKey, VaultKey,
};
pub use metadata::Metadata;
pub use rules::Rule;
pub use service::KeyService;
pub use shamir::ShareError;
pub use walk::Verify;

#[cfg(test)]
mod tests;
