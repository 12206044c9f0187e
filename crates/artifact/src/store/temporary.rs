//! Files on their way: hidden until they are published, and swept when whoever wrote them was killed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Prefix of files being written; hidden, so that they are never served.
pub const TEMPORARY_PREFIX: &str = ".tmp-";

pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Removes unpublished files down to `depth` folders; hidden folders are somebody else's.
pub(super) fn sweep(folder: &Path, depth: u32) -> Result<(), StoreError> {
    let read_error = |source| StoreError::Read { path: folder.to_owned(), source };
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(read_error)?;
        if kind.is_dir() && !name.starts_with('.') {
            inner.push(entry.path());
        } else if !kind.is_dir() && name.starts_with(TEMPORARY_PREFIX) {
            remove_file(&entry.path())?;
        }
    }
    if depth > 1 {
        for folder in inner {
            sweep(&folder, depth - 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
