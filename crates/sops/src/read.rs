//! From the text of a file to its tree, by format.

mod dotenv;
mod ini;
mod json;
mod yaml;

use crate::error::LoadError;
use crate::limits::Spent;
use crate::tree::Branch;
use crate::{Format, Limits};

/// Reads an encrypted file. A binary is JSON as long as it is encrypted.
pub(crate) fn read(data: &[u8], format: Format, limits: &Limits) -> Result<Vec<Branch>, LoadError> {
    let text = std::str::from_utf8(data).map_err(|_| LoadError::Utf8)?;
    let mut spent = Spent::new(limits);
    match format {
        Format::Yaml => yaml::read(text, &mut spent),
        Format::Json | Format::Binary => Ok(vec![json::read(text, &mut spent)?]),
        Format::Dotenv => Ok(vec![dotenv::read(text, &mut spent)?]),
        Format::Ini => Ok(vec![ini::read(text, &mut spent)?]),
    }
}
