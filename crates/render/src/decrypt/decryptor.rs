//! Decrypts one document, as far as the keys at hand and the answers of key services go. Which documents, is `files`' and
//! `objects`'.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use futures::FutureExt as _;
use manifest::budget::{Budget, Exceeded};
use serde_json::{Map, Value};
use sops::{DataKey, Document, Error, Formats, KeyService, Limits, SealedKey, Verify};
use zeroize::Zeroizing;

use super::key_ring::{Answered, KeyRing, fingerprint};
use super::revealed::reveal;
use crate::error::{RenderError, SourceError};
use crate::work::WEIGHT_PER_STEP;

/// What a document weighs while it is decrypted, in times its text: as nodes, as plain text, and as both once more.
const FACTOR: u64 = 8;
/// Steps for the try of one master key: milliseconds, for RSA.
const STEPS_PER_KEY: u64 = 5_000;

/// Decrypts for one render.
pub(crate) struct Decryptor<'a> {
    ring: &'a KeyRing,
    pub(super) budget: &'a Budget,
    /// Data keys that were opened: the parts of one commit are often encrypted with few of them, and files are looked at
    /// twice where they are verified.
    opened: RefCell<HashMap<[u8; 32], DataKey>>,
    /// MACs that fit the files that they stand in.
    verified: RefCell<HashSet<String>>,
    /// What key services have to be asked.
    wanted: RefCell<Vec<SealedKey>>,
    /// Values of patches.
    revealed: RefCell<Map<String, Value>>,
}

/// What became of a document.
pub(crate) enum Opened {
    /// It is plain now.
    Plain(Zeroizing<Vec<u8>>),
    /// A key service has to be asked.
    Waits,
}

/// Why it became nothing.
pub(crate) enum Problem {
    Sops(Box<Error>),
    Exceeded(Exceeded),
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Sops(Box::new(error))
    }
}

impl<'a> Decryptor<'a> {
    pub(crate) fn new(ring: &'a KeyRing, budget: &'a Budget) -> Self {
        Self {
            ring,
            budget,
            opened: RefCell::default(),
            verified: RefCell::default(),
            wanted: RefCell::default(),
            revealed: RefCell::default(),
        }
    }

    /// Whether a changed document is an error.
    pub(super) fn verify(&self) -> Verify {
        self.ring.verify()
    }

    /// An encrypted object stands in a file whose MAC fits.
    pub(super) fn vouch_for(&self, object: &Value) {
        self.verified.borrow_mut().extend(mac_of(object).map(str::to_owned));
    }

    /// Whether an encrypted object may be taken for genuine: it has the MAC of a file that was looked at.
    pub(super) fn is_vouched_for(&self, object: &Value) -> bool {
        self.verify() == Verify::Ignored
            || mac_of(object).is_some_and(|mac| self.verified.borrow().contains(mac))
    }

    /// A patch was decrypted: whatever it is merged into has its values.
    pub(super) fn reveal(&self, encrypted: &Value, plain: &Value) {
        reveal(encrypted, plain, &mut self.revealed.borrow_mut());
    }

    /// The values of patches.
    pub(super) fn take_revealed(&self) -> Map<String, Value> {
        self.revealed.take()
    }

    /// Decrypts a document; `adapt` is its way to be taken for another.
    pub(super) fn open(
        &self,
        data: &[u8],
        formats: Formats,
        verify: Verify,
        adapt: fn(Document) -> Document,
    ) -> Result<Opened, Problem> {
        let weight = FACTOR * data.len() as u64;
        self.budget.step(1 + weight / WEIGHT_PER_STEP)?;
        self.budget.hold(weight)?;
        let opened = self.opened(data, formats, verify, adapt);
        self.budget.release(weight);
        opened
    }

    fn opened(
        &self,
        data: &[u8],
        formats: Formats,
        verify: Verify,
        adapt: fn(Document) -> Document,
    ) -> Result<Opened, Problem> {
        let document = adapt(Document::read(data, formats.input, &Limits::default())?);
        let Some(key) = self.data_key(&document)? else { return Ok(Opened::Waits) };
        Ok(Opened::Plain(document.decrypt(&key, verify)?.write(formats.output)?))
    }

    /// The data key of a document; `None` when a key service has to be asked first.
    fn data_key(&self, document: &Document) -> Result<Option<DataKey>, Problem> {
        let groups = &document.metadata().groups;
        let name = fingerprint(groups.iter().flatten());
        if let Some(key) = self.opened.borrow().get(&name) {
            return Ok(Some(key.clone()));
        }
        let count: usize = groups.iter().map(Vec::len).sum();
        self.budget.step(STEPS_PER_KEY.saturating_mul(count as u64))?;
        let answered = Answered::new(self.ring.answers());
        let services: [&dyn KeyService; 2] = [self.ring.keys(), &answered];
        // Neither service ever waits.
        let key = document.data_key(&services).now_or_never();
        match key {
            Some(Ok(key)) => {
                self.opened.borrow_mut().insert(name, key.clone());
                Ok(Some(key))
            }
            Some(Err(error)) => {
                let unanswered = answered.unanswered();
                if unanswered.is_empty() {
                    return Err(error.into());
                }
                self.wanted.borrow_mut().extend(unanswered);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Ends a phase: whether it has all the keys that it needs.
    pub(super) fn done(&self) -> Result<(), RenderError> {
        let wanted = self.wanted.take();
        if wanted.is_empty() { Ok(()) } else { Err(RenderError::KeysWanted(wanted)) }
    }
}

fn mac_of(object: &Value) -> Option<&str> {
    object.pointer("/sops/mac").and_then(Value::as_str)
}

/// Flux's words name no file; where it has none, ours do.
pub(super) fn source_error(path: String, error: Box<Error>) -> RenderError {
    RenderError::Sources(match *error {
        Error::Mac(_) => SourceError::Altered { path, error },
        _ => SourceError::Sops { path, error },
    })
}
