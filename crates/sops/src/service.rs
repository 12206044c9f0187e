//! Where data keys are decrypted.

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::{KeyError, MasterKey};

/// Something that holds, or can reach, master keys.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// Decrypts a data key, or the share of one. [`KeyError::NotHandled`] when keys of this kind are not its business:
    /// the next service is asked then.
    ///
    /// # Errors
    /// It does not have the key, cannot reach it, or the ciphertext is not the key's.
    async fn decrypt(&self, key: &MasterKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError>;
}
