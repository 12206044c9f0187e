//! From a tree to the text of a file, as sops prints what it decrypted.

mod dotenv;
mod ini;
mod json;
mod text;
mod yaml;

use zeroize::Zeroizing;

use crate::Format;
use crate::error::EmitError;
use crate::tree::{Branch, Value};

/// Writes a file. Formats that hold one document take the first.
pub(crate) fn write(branches: &[Branch], format: Format) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let first = branches.first().map(Vec::as_slice).unwrap_or_default();
    match format {
        Format::Yaml => yaml::write(branches),
        Format::Json => json::write(first),
        Format::Dotenv => dotenv::write(first),
        Format::Ini => ini::write(branches),
        Format::Binary => binary(branches),
    }
}

fn binary(branches: &[Branch]) -> Result<Zeroizing<Vec<u8>>, EmitError> {
    let [branch] = branches else { return Err(EmitError::Binary("there must be exactly one tree branch")) };
    match branch.iter().find_map(|item| item.with_key("data")) {
        Some(Value::Str(text)) => Ok(text.clone()),
        Some(_) => Err(EmitError::Binary("'data' key in tree does not have a string value")),
        None => Err(EmitError::Binary("no binary data found in tree")),
    }
}
