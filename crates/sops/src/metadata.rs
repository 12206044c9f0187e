//! What an encrypted file says about its encryption: where it stands in each format, and what of it is used.

mod decode;
mod flat;

use std::fmt;

use crate::error::LoadError;
use crate::rules::Matcher;
use crate::tree::{Branch, Item, Key, Value};
use crate::{Format, Limits, SealedKey};

/// The field that holds it.
const FIELD: &str = "sops";
/// What its names begin with in dotenv files.
const PREFIX: &str = "sops_";

/// The metadata of an encrypted file.
pub struct Metadata {
    /// The groups of master keys. With one group each key opens the file; with more, shares of several are needed.
    pub groups: Vec<Vec<SealedKey>>,
    /// How many groups have to succeed; 0 when it is not given.
    pub shamir_threshold: usize,
    /// Which values are encrypted.
    pub rule: Rule,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// When the file was encrypted, in the form that its MAC is bound to.
    pub last_modified: String,
    /// The version of sops that wrote it.
    pub version: String,
    /// The encrypted MAC; empty when there is none.
    pub(crate) mac: String,
    pub(crate) matcher: Matcher,
}

/// Which values are encrypted. A file has one rule; where none is written it is the suffix `_unencrypted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// All but those below a key with this end.
    UnencryptedSuffix(String),
    /// Those below a key with this end.
    EncryptedSuffix(String),
    /// All but those below a key that matches.
    UnencryptedRegex(String),
    /// Those below a key that matches.
    EncryptedRegex(String),
    /// All but those after a comment that matches.
    UnencryptedCommentRegex(String),
    /// Those after a comment that matches.
    EncryptedCommentRegex(String),
}

impl Default for Rule {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("groups", &self.groups)
            .field("shamir_threshold", &self.shamir_threshold)
            .field("rule", &self.rule)
            .field("mac_only_encrypted", &self.mac_only_encrypted)
            .field("last_modified", &self.last_modified)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Takes the metadata out of the documents. That of the first counts; the others' is a copy of it.
pub(crate) fn extract(
    branches: &mut [Branch],
    format: Format,
    limits: &Limits,
) -> Result<Metadata, LoadError> {
    let tree = match format {
        Format::Dotenv => flat::unflatten(take_prefixed(branches)?, limits)?,
        Format::Ini => {
            let mut items = take_field(branches)?;
            items.iter_mut().for_each(unescape);
            flat::unflatten(items, limits)?
        }
        Format::Yaml | Format::Json | Format::Binary => take_field(branches)?,
    };
    decode::decode(&tree, limits)
}

fn take_field(branches: &mut [Branch]) -> Result<Vec<Item>, LoadError> {
    let mut found: Option<Vec<Item>> = None;
    for (document, branch) in branches.iter_mut().enumerate() {
        for item in branch.extract_if(.., |item| item.with_key(FIELD).is_some()) {
            if document > 0 {
                continue;
            }
            let problem = |problem| LoadError::Metadata { field: FIELD.to_owned(), problem };
            match item {
                Item::Entry(_, Value::Map(items)) if found.is_none() => found = Some(items),
                Item::Entry(_, Value::Map(_)) => return Err(problem("it stands twice")),
                _ => return Err(problem("it is not a mapping")),
            }
        }
    }
    found.ok_or(LoadError::NoMetadata)
}

fn take_prefixed(branches: &mut [Branch]) -> Result<Vec<Item>, LoadError> {
    let Some(branch) = branches.first_mut() else { return Err(LoadError::NoMetadata) };
    let is_ours = |item: &mut Item| matches!(item, Item::Entry(Key::Text(key), _) if key.starts_with(PREFIX));
    let items: Vec<Item> = branch
        .extract_if(.., is_ours)
        .map(|item| match item {
            Item::Entry(Key::Text(key), value) => {
                Item::Entry(Key::Text(key.strip_prefix(PREFIX).unwrap_or(&key).to_owned()), value)
            }
            other => other,
        })
        .collect();
    if items.is_empty() { Err(LoadError::NoMetadata) } else { Ok(items) }
}

/// INI files have their line breaks written out.
fn unescape(item: &mut Item) {
    if let Item::Entry(_, value) = item
        && let Value::Str(text) = value
        && let Ok(plain) = std::str::from_utf8(text)
    {
        *value = Value::str(&plain.replace("\\n", "\n"));
    }
}
