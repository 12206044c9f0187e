//! Who can open a file: the master keys that its data key was encrypted for, as its metadata names them.

use std::fmt;

/// A master key without what it encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MasterKey {
    /// A recipient of age.
    Age(AgeKey),
    /// An OpenPGP key.
    Pgp(PgpKey),
    /// A key of AWS KMS.
    AwsKms(AwsKmsKey),
    /// A key of Google Cloud KMS.
    GcpKms(GcpKmsKey),
    /// A key of Azure Key Vault.
    AzureKeyVault(AzureKey),
    /// A key of the transit engine of Vault or OpenBao.
    Vault(VaultKey),
    /// A key of Huawei Cloud KMS, which no service here can use.
    HuaweiKms(HuaweiKmsKey),
}

/// A recipient of age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeKey {
    /// `age1…` or an SSH public key.
    pub recipient: String,
}

/// An OpenPGP key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgpKey {
    /// Fingerprint in hexadecimal digits.
    pub fingerprint: String,
    /// When it was added, as written.
    pub created_at: String,
}

/// A key of AWS KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKmsKey {
    /// ARN of a key or an alias.
    pub arn: String,
    /// ARN of a role to take on before.
    pub role: Option<String>,
    /// The encryption context, sorted by name. What has no value is left out of requests.
    pub context: Vec<(String, Option<String>)>,
    /// Profile of a credentials file, which a controller does not have.
    pub profile: Option<String>,
    /// When it was added, as written.
    pub created_at: String,
}

/// A key of Google Cloud KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcpKmsKey {
    /// `projects/…/locations/…/keyRings/…/cryptoKeys/…`.
    pub resource_id: String,
    /// When it was added, as written.
    pub created_at: String,
}

/// A key of Azure Key Vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureKey {
    /// URL of the vault.
    pub vault_url: String,
    /// Name of the key.
    pub name: String,
    /// Version of the key; empty is the newest.
    pub version: String,
    /// When it was added, as written.
    pub created_at: String,
}

/// A key of the transit engine of Vault or OpenBao.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultKey {
    /// URL of the server.
    pub address: String,
    /// Where the engine is mounted.
    pub engine_path: String,
    /// Name of the key.
    pub name: String,
    /// When it was added, as written.
    pub created_at: String,
}

/// A key of Huawei Cloud KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HuaweiKmsKey {
    /// `region:uuid`.
    pub key_id: String,
    /// When it was added, as written.
    pub created_at: String,
}

/// A master key with the data key, or the share of it, that was encrypted for it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The master key.
    pub key: MasterKey,
    /// What it encrypted, in the encoding of its kind.
    pub encrypted: Vec<u8>,
}

impl MasterKey {
    /// The order in which keys of a group are tried: those that cost no request first, as sops does it.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Age(_) => 0,
            Self::Pgp(_) => 1,
            _ => 2,
        }
    }

    /// What kind it is, in the words of the metadata.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Age(_) => "age",
            Self::Pgp(_) => "pgp",
            Self::AwsKms(_) => "kms",
            Self::GcpKms(_) => "gcp_kms",
            Self::AzureKeyVault(_) => "azure_kv",
            Self::Vault(_) => "hc_vault",
            Self::HuaweiKms(_) => "hckms",
        }
    }
}

impl fmt::Display for MasterKey {
    /// As sops names it in its messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age(key) => f.write_str(&key.recipient),
            Self::Pgp(key) => f.write_str(&key.fingerprint),
            Self::AwsKms(key) => aws(key, f),
            Self::GcpKms(key) => f.write_str(&key.resource_id),
            Self::AzureKeyVault(key) => write!(f, "{}/keys/{}/{}", key.vault_url, key.name, key.version),
            Self::Vault(key) => write!(f, "{}/v1/{}/keys/{}", key.address, key.engine_path, key.name),
            Self::HuaweiKms(key) => f.write_str(&key.key_id),
        }
    }
}

fn aws(key: &AwsKmsKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&key.arn)?;
    if let Some(role) = &key.role {
        write!(f, "+{role}")?;
    }
    let pairs: Vec<String> = key
        .context
        .iter()
        .map(|(name, value)| format!("{name}:{}", value.as_deref().unwrap_or_default()))
        .collect();
    let context = pairs.join(",");
    match &key.profile {
        Some(profile) => write!(f, "|{context}|{profile}"),
        None if context.is_empty() => Ok(()),
        None => write!(f, "|{context}"),
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedKey").field("key", &self.key).finish_non_exhaustive()
    }
}
