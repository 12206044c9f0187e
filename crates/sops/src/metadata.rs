//! What an encrypted file says about its encryption: where it stands in each format. What of it is used is in `content`.

mod content;
mod decode;
mod flat;

pub use content::Metadata;

use crate::error::LoadError;
use crate::tree::{Branch, Item, Key, Value};
use crate::{Format, Limits};

/// The field that holds it.
const FIELD: &str = "sops";
/// What its names begin with in dotenv files.
const PREFIX: &str = "sops_";

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
