//! The library of rules that is built in: one file per family of kinds in `crates/health/library`. A file that cannot be
//! read is left out, and so is a rule that cannot be used; a test reads all.

mod by_group;
mod entry;
mod files;
mod reading;
mod shorthand;

pub(super) use by_group::Library;
pub use entry::Entry;
pub use reading::{LibraryError, LibraryProblem, read};

/// The entries of all files, as they are written, with every shorthand written out.
///
/// # Errors
/// The first file that is not in the form of a library's file.
pub fn entries() -> Result<Vec<Entry>, LibraryError> {
    let mut all = Vec::new();
    for file in files::FILES {
        all.extend(read(file.name, file.text)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
