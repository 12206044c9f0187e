//! The engine's table of merge keys and scopes, from the OpenAPI documents that upstream's kustomize carries.
//! What a merge key means and which document wins is decided in `merge_keys`, how the documents are read in `source`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

mod merge_keys;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod wire;

use merge_keys::Schema;

/// The generated file.
const PATH: &str = "crates/kustomize-engine/src/schema/builtin.rs";

/// The file by path; nothing where Go is not installed, without which the documents cannot be had.
pub(super) fn files() -> Result<Option<BTreeMap<String, String>>> {
    let Some(documents) = source::documents()? else { return Ok(None) };
    let text = source::format(&table::text(&Schema::new(&documents)?)).context(PATH)?;
    Ok(Some(BTreeMap::from([(PATH.to_owned(), text)])))
}
