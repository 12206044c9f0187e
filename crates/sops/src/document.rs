//! The way of a file through this crate: read, opened, written.

use std::fmt;

use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use crate::error::{EmitError, Error, LoadError, MacError};
use crate::metadata::{self, Metadata};
use crate::rules::{Matcher, Rule};
use crate::service::KeyService;
use crate::tree::{Branch, Value};
use crate::walk::{self, Verify};
use crate::{DataKey, Format, Limits, data_key, read, write};

/// What a file is, and what it shall become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// The format of the encrypted file.
    pub input: Format,
    /// The format of what is returned.
    pub output: Format,
}

/// How strict decryption is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether changes behind sops' back are an error.
    pub verify: Verify,
    /// Budgets.
    pub limits: Limits,
}

/// An encrypted file.
pub struct Document {
    format: Format,
    branches: Vec<Branch>,
    metadata: Metadata,
}

/// A file without its encryption and its metadata.
pub struct Plain {
    format: Format,
    branches: Vec<Branch>,
}

/// Reads, opens and writes a file in one go.
///
/// # Errors
/// As [`Document::read`], [`Document::data_key`], [`Document::decrypt`] and [`Plain::write`].
pub async fn decrypt(
    data: &[u8],
    formats: Formats,
    services: &[&dyn KeyService],
    options: &Options,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = Document::read(data, formats.input, &options.limits)?;
    let key = document.data_key(services).await?;
    document.decrypt(&key, options.verify)?.write(formats.output)
}

/// Whether an object was encrypted as a whole: it has a field `sops` with a `mac` in it. One without `mac` is taken for
/// plain, as Flux does it.
#[must_use]
pub fn is_encrypted_object(object: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match object.get("sops").and_then(|sops| sops.get("mac")) {
        None | Some(Json::Null) => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(fields)) => !fields.is_empty(),
        Some(_) => true,
    }
}

impl Document {
    /// Reads an encrypted file and its metadata.
    ///
    /// # Errors
    /// It is not of the format, has no metadata, or exceeds a budget.
    pub fn read(data: &[u8], format: Format, limits: &Limits) -> Result<Self, Error> {
        let load = |error| Error::Load { format, error };
        if data.len() > limits.bytes {
            return Err(load(LoadError::Budget { what: "bytes", limit: limits.bytes }));
        }
        let mut branches = read::read(data, format, limits).map_err(load)?;
        let metadata = metadata::extract(&mut branches, format, limits).map_err(load)?;
        Ok(Self { format, branches, metadata })
    }

    /// What the file says about its encryption.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// For an object that was read and written by something that keeps no comments: where the file's rule looks at
    /// comments, every value that looks encrypted is taken for it.
    #[must_use]
    pub fn without_comments(mut self) -> Self {
        if matches!(self.metadata.rule, Rule::EncryptedCommentRegex(_) | Rule::UnencryptedCommentRegex(_)) {
            self.metadata.matcher = Matcher::Marked;
        }
        self
    }

    /// Asks the services for the data key, group by group: age and OpenPGP first, then the others in the file's order.
    ///
    /// # Errors
    /// Not enough groups have a key that succeeds.
    pub async fn data_key(&self, services: &[&dyn KeyService]) -> Result<DataKey, Error> {
        data_key::open(&self.metadata.groups, self.metadata.shamir_threshold, services).await
    }

    /// Decrypts every value that the file's rule says is encrypted.
    ///
    /// # Errors
    /// A value cannot be decrypted, or the MAC is not that of the values and was asked for.
    pub fn decrypt(mut self, key: &DataKey, verify: Verify) -> Result<Plain, Error> {
        let computed = walk::decrypt(&mut self.branches, key, &self.metadata).map_err(Error::Tree)?;
        if verify == Verify::Required {
            self.verify(key, &computed).map_err(Error::Mac)?;
        }
        Ok(Plain { format: self.format, branches: self.branches })
    }

    /// The recorded MAC is bound to the time it was made at. Hashes are compared, so that timing tells nothing of it.
    fn verify(&self, key: &DataKey, computed: &str) -> Result<(), MacError> {
        let cipher = crate::cipher::Cipher::new(key);
        let opened = cipher.open(self.metadata.mac.as_bytes(), &self.metadata.last_modified);
        let Value::Str(recorded) = opened.map_err(MacError::Unreadable)? else {
            return Err(MacError::Unreadable(crate::ValueError::Type));
        };
        if recorded.is_empty() {
            return Err(MacError::Missing);
        }
        if Sha512::digest(&*recorded) == Sha512::digest(computed.as_bytes()) {
            Ok(())
        } else {
            Err(MacError::Mismatch)
        }
    }
}

impl Plain {
    /// Writes it as sops would.
    ///
    /// # Errors
    /// The format cannot hold what the file holds.
    pub fn write(&self, output: Format) -> Result<Zeroizing<Vec<u8>>, Error> {
        let emit = |error: EmitError| Error::Emit { input: self.format, output, error };
        write::write(&self.branches, output).map_err(emit)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("format", &self.format)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("format", &self.format).finish_non_exhaustive()
    }
}
