//! The keys of one Kustomization, and what key services have answered so far.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use sops::{KeyError, KeyService, Keys, MasterKey, SealedKey, Verify};
use zeroize::Zeroizing;

/// What a service answered: a data key, or the share of one, or why there is none.
pub(crate) type Answer = Result<Zeroizing<Vec<u8>>, KeyError>;
type Answers = BTreeMap<[u8; 32], Answer>;

/// See the module. Equal are those that are the same.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Arc<Keys>,
    answers: Arc<Answers>,
    verify: Verify,
}

impl KeyRing {
    /// With these keys; `verify` is whether a document that was changed after its encryption is an error.
    #[must_use]
    pub fn new(keys: Keys, verify: Verify) -> Self {
        Self { keys: Arc::new(keys), answers: Arc::default(), verify }
    }

    /// The keys themselves.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Adds what a key service said of a data key, or of a share of one.
    pub fn answer(&mut self, sealed: &SealedKey, answer: Result<Zeroizing<Vec<u8>>, KeyError>) {
        Arc::make_mut(&mut self.answers).insert(fingerprint([sealed]), answer);
    }

    /// Whether an answer to this is there.
    #[must_use]
    pub fn is_answered(&self, sealed: &SealedKey) -> bool {
        self.answers.contains_key(&fingerprint([sealed]))
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    pub(crate) fn verify(&self) -> Verify {
        self.verify
    }
}

impl PartialEq for KeyRing {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
            && self.verify == other.verify
            && self.answers.keys().eq(other.answers.keys())
    }
}

impl Eq for KeyRing {}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("keys", &self.keys)
            .field("answers", &self.answers.len())
            .field("verify", &self.verify)
            .finish()
    }
}

/// SHA-256 over who may open what, in order. Everything that a master key is stands in its `Debug` output.
pub(crate) fn fingerprint<'k>(sealed: impl IntoIterator<Item = &'k SealedKey>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for SealedKey { key, encrypted } in sealed {
        let key = format!("{key:?}");
        for part in [key.as_bytes(), encrypted] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

/// Key services as far as they have answered already.
pub(crate) struct Answered<'a> {
    answers: &'a Answers,
    unanswered: Mutex<Vec<SealedKey>>,
}

impl<'a> Answered<'a> {
    pub(crate) fn new(answers: &'a Answers) -> Self {
        Self { answers, unanswered: Mutex::default() }
    }

    /// What has to be asked.
    pub(crate) fn unanswered(self) -> Vec<SealedKey> {
        self.unanswered.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl KeyService for Answered<'_> {
    async fn decrypt(&self, key: &MasterKey, encrypted: &[u8]) -> Answer {
        if matches!(key, MasterKey::Age(_) | MasterKey::Pgp(_) | MasterKey::HuaweiKms(_)) {
            return Err(KeyError::NotHandled);
        }
        let sealed = SealedKey { key: key.clone(), encrypted: encrypted.to_vec() };
        if let Some(answer) = self.answers.get(&fingerprint([&sealed])) {
            return answer.clone();
        }
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).push(sealed);
        Err(KeyError::NotHandled)
    }
}
