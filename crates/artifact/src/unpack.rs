//! Reads a tar.gz from anybody into memory within budgets (architecture D10).
//! Links and devices are skipped, owners and modes are not looked at, nothing touches a disk.

pub mod limits;

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use crate::error::UnpackError;
use crate::tree::MemTree;

pub use limits::Limits;
use limits::{Budget, Counted};

/// The files and folders of the archive.
pub fn unpack(archive: &[u8], limits: &Limits) -> Result<MemTree, UnpackError> {
    let budget = Budget::new(*limits);
    let compressed = Counted::compressed(archive, budget.clone());
    let gzip = flate2::bufread::MultiGzDecoder::new(BufReader::new(compressed));
    let mut tar = tar::Archive::new(Counted::expanded(gzip, budget.clone()));
    let mut tree = MemTree::default();
    let mut seen = 0u64;
    let entries = tar.entries().map_err(|error| budget.explain(error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| budget.explain(error))?;
        seen += 1;
        if seen > limits.entries || tree.entries() > limits.entries {
            return Err(UnpackError::TooManyEntries(limits.entries));
        }
        let kind = entry.header().entry_type();
        if !kind.is_file() && !kind.is_dir() && !kind.is_contiguous() {
            continue;
        }
        let Some(path) = clean_name(&entry.path_bytes())? else { continue };
        if kind.is_dir() {
            tree.insert_dir(&path)?;
            continue;
        }
        let content = read(&mut entry, limits, &budget)?;
        tree.insert_file(path, content)?;
        if tree.cost() > limits.expanded {
            return Err(UnpackError::TooLarge(limits.expanded));
        }
    }
    Ok(tree)
}

/// The name without a leading `./` and a trailing slash; `None` for the root.
fn clean_name(name: &[u8]) -> Result<Option<String>, UnpackError> {
    let name = std::str::from_utf8(name)
        .map_err(|_| UnpackError::NotUtf8(String::from_utf8_lossy(name).chars().take(200).collect()))?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let name = name.strip_prefix("./").unwrap_or(name);
    Ok(if matches!(name, "" | ".") { None } else { Some(name.to_owned()) })
}

fn read(
    entry: &mut tar::Entry<'_, impl Read>,
    limits: &Limits,
    budget: &Budget,
) -> Result<Arc<[u8]>, UnpackError> {
    let size = entry.size();
    if size > limits.expanded {
        return Err(UnpackError::TooLarge(limits.expanded));
    }
    // The size is only a claim: room is taken as bytes arrive.
    let mut content = Vec::with_capacity(usize::try_from(size.min(1 << 20)).unwrap_or(0));
    entry.read_to_end(&mut content).map_err(|error| budget.explain(error))?;
    if content.len() as u64 != size {
        return Err(budget.explain(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(content.into())
}

#[cfg(test)]
mod tests;
