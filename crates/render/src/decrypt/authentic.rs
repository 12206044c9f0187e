//! Whether encrypted manifests are as `sops` left them. The MAC covers a file's values in order, also plain ones, so that
//! an object that kustomize has changed and sorted does not pass: the files are looked at before the build, and what comes
//! out is thrown away. Flux does not look at all.
//!
//! Only a MAC that does not fit is told here; whatever else is wrong, the decryption of the object will say.

use manifest::labels::{DECRYPT, DISABLED};
use manifest::yaml::{Dialect, Limits, read_nodes_in, to_value_v3};
use serde_json::Value;
use sops::{Document, Error, Format, Formats, Verify};

use super::decryptor::{Decryptor, Problem, source_error};
use crate::error::RenderError;

/// Looks at one manifest.
pub(super) fn check(path: &str, content: &[u8], decryptor: &Decryptor<'_>) -> Result<(), RenderError> {
    let format = if path.ends_with(".json") { Format::Json } else { Format::Yaml };
    if decryptor.verify() == Verify::Ignored || !format.is_marked(content) {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(content) else { return Ok(()) };
    let parts: Vec<&str> = documents(text).collect();
    let mut encrypted = Vec::new();
    for part in &parts {
        if let Some(object) = decrypted(part, decryptor)? {
            encrypted.push((*part, object));
        }
    }
    if encrypted.is_empty() {
        return Ok(());
    }
    let whole = mismatch(content, format, decryptor)?;
    let Some(error) = whole else {
        encrypted.iter().for_each(|(_, object)| decryptor.vouch_for(object));
        return Ok(());
    };
    if parts.len() > 1 {
        // Files that were put together from several, each encrypted by itself.
        for (part, object) in encrypted {
            match mismatch(part.as_bytes(), format, decryptor)? {
                None => decryptor.vouch_for(&object),
                Some(error @ Error::Mac(_)) => return Err(source_error(path.to_owned(), Box::new(error))),
                Some(_) => {}
            }
        }
        return Ok(());
    }
    match error {
        error @ Error::Mac(_) => Err(source_error(path.to_owned(), Box::new(error))),
        _ => Ok(()),
    }
}

/// What is wrong with a document as a whole.
fn mismatch(data: &[u8], format: Format, decryptor: &Decryptor<'_>) -> Result<Option<Error>, RenderError> {
    let formats = Formats { input: format, output: format };
    let as_it_is: fn(Document) -> Document = |document| document;
    match decryptor.open(data, formats, Verify::Required, as_it_is) {
        Ok(_) => Ok(None),
        Err(Problem::Exceeded(exceeded)) => Err(exceeded.into()),
        Err(Problem::Sops(error)) => Ok(Some(*error)),
    }
}

/// The documents of a YAML stream. What sops writes has the mark on a line of its own, and nowhere else.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let mark = current.match_indices("\n---").find(|(at, mark)| {
            matches!(current.as_bytes().get(at + mark.len()), None | Some(b'\n' | b'\r' | b' '))
        });
        let (part, after) = match mark {
            Some((at, mark)) => (current.get(..=at)?, current.get(at + mark.len()..)),
            None => (current, None),
        };
        rest = after;
        Some(part)
    })
}

/// The object that a document is, if it will be decrypted. What stands in a list, or behind another document, is none: the
/// decryption of objects refuses what was not looked at here.
fn decrypted(text: &str, decryptor: &Decryptor<'_>) -> Result<Option<Value>, RenderError> {
    let nodes = match read_nodes_in(text, Dialect::V3, &Limits::default(), decryptor.budget) {
        Ok(nodes) => nodes,
        Err(manifest::Error::Exceeded(exceeded)) => return Err(exceeded.into()),
        Err(_) => return Ok(None),
    };
    let value = nodes.first().and_then(|node| to_value_v3(node).ok());
    Ok(value.filter(|value| sops::is_encrypted_object(value) && !is_disabled(value)))
}

/// Whether an object asks not to be decrypted.
pub(super) fn is_disabled(object: &Value) -> bool {
    let annotation = object.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(DECRYPT));
    annotation.and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(DISABLED))
}
