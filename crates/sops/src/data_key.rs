//! From the groups of master keys to the data key: which keys are asked, in which order, and when shares are enough.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::failures::{DataKeyFailure, GroupFailure, KeyFailure};
use crate::service::KeyService;
use crate::{KeyError, SealedKey, shamir};

const SIZE: usize = 32;

/// The key that values of one file are encrypted with.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; SIZE]>);

impl DataKey {
    /// A key of 32 bytes.
    ///
    /// # Errors
    /// There are more or fewer.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0u8; SIZE]);
        if bytes.len() != SIZE {
            return Err(Error::DataKeySize(bytes.len()));
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    pub(crate) fn bytes(&self) -> &[u8; SIZE] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(<redacted>)")
    }
}

/// Asks the services for the data key. Of each group the first key that succeeds counts.
pub(crate) async fn open(
    groups: &[Vec<SealedKey>],
    threshold: usize,
    services: &[&dyn KeyService],
) -> Result<DataKey, Error> {
    let mut parts = Vec::new();
    let mut failures = Vec::new();
    for group in groups {
        match open_group(group, services).await {
            Ok(part) => {
                parts.push(part);
                failures.push(None);
            }
            Err(failure) => failures.push(Some(failure)),
        }
    }
    let enough = if groups.len() > 1 { parts.len() >= threshold.max(1) } else { parts.len() == 1 };
    if !enough {
        return Err(Error::DataKey(Box::new(DataKeyFailure { threshold, groups: failures })));
    }
    match parts.as_slice() {
        [only] if groups.len() == 1 => DataKey::new(only),
        parts => DataKey::new(&shamir::combine(parts).map_err(Error::Shares)?),
    }
}

async fn open_group(
    group: &[SealedKey],
    services: &[&dyn KeyService],
) -> Result<Zeroizing<Vec<u8>>, GroupFailure> {
    let mut sorted: Vec<&SealedKey> = group.iter().collect();
    sorted.sort_by_key(|sealed| sealed.key.rank());
    let mut keys = Vec::new();
    for sealed in sorted {
        match open_key(sealed, services).await {
            Ok(part) => return Ok(part),
            Err(errors) => keys.push(KeyFailure { key: sealed.key.to_string(), errors }),
        }
    }
    Err(GroupFailure { keys })
}

async fn open_key(
    sealed: &SealedKey,
    services: &[&dyn KeyService],
) -> Result<Zeroizing<Vec<u8>>, Vec<KeyError>> {
    let mut errors = Vec::new();
    for service in services {
        match service.decrypt(&sealed.key, &sealed.encrypted).await {
            Ok(part) => return Ok(part),
            Err(KeyError::NotHandled) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        errors.push(KeyError::NotHandled);
    }
    Err(errors)
}
