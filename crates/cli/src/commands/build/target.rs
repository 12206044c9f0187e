//! Which directory `flyball build` builds, from what was typed. It only looks; nothing is read or fetched here.

use std::fs;
use std::path::Path;

use crate::error::{CliError, system_text};
use crate::tree_path::in_tree;

#[cfg(test)]
mod tests;

/// The directory to build, as the tree has it, with links resolved; or the URL of a repository, for the engine to take
/// apart. Errors are in kustomize's words.
pub(super) fn resolve(directory: &Path, fetch_remote: bool) -> Result<String, CliError> {
    let shown = directory.display();
    if directory.as_os_str().is_empty() {
        return Err(CliError::target("directory path cannot be empty"));
    }
    let resolved = match fs::canonicalize(directory) {
        Ok(resolved) => resolved,
        // Only where there is no such directory, so that one called `github.com` can be built.
        Err(_) if is_remote(directory) && fetch_remote => return Ok(shown.to_string()),
        Err(_) if is_remote(directory) => return Err(CliError::remote_target(&shown.to_string())),
        Err(error) => {
            let missing = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
            return Err(CliError::target(&format!(
                "not a valid directory: evalsymlink failure on '{shown}' : lstat {}: {}",
                first_missing(&missing).display(),
                system_text(&error)
            )));
        }
    };
    if !resolved.is_dir() {
        return Err(CliError::target(&format!("'{shown}': file is not directory")));
    }
    in_tree(&resolved).ok_or_else(|| CliError::target(&format!("'{shown}': the path is not UTF-8")))
}

/// The shortest part of the path that is not there.
fn first_missing(path: &Path) -> &Path {
    let ancestors: Vec<&Path> = path.ancestors().collect();
    ancestors.into_iter().rev().find(|part| part.symlink_metadata().is_err()).unwrap_or(path)
}

/// Whether it names a repository rather than a directory.
fn is_remote(directory: &Path) -> bool {
    let Some(text) = directory.to_str() else { return false };
    let text = text.to_ascii_lowercase();
    text.contains("://")
        || ["git@", "git::", "gh:", "github.com/", "github.com:"].iter().any(|start| text.starts_with(start))
}
