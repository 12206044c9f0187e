//! Remote bases, fetched with the machine's `git` into folders that go away with the build. Which entries are remote is
//! the engine's to say; that they may be fetched at all, the user's (`--fetch-remote`). How a process is run is
//! `process`'s.

mod process;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use kustomize_engine::{Remotes, Repository};
use tempfile::TempDir;

use crate::error::system_text;
use crate::tree_path::in_tree;

/// What this build has fetched so far.
#[derive(Debug, Default)]
pub(crate) struct Checkouts {
    fetched: RefCell<Vec<(Checkout, TempDir)>>,
}

/// One state of one repository. Entries that want the same share a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Checkout {
    url: String,
    /// Branch, tag or commit; the default branch when there is none.
    reference: Option<String>,
    submodules: bool,
}

impl Remotes for Checkouts {
    fn repository(&self, repository: &Repository) -> Result<String, String> {
        let wanted = Checkout {
            url: repository.url.clone(),
            reference: repository.reference.clone(),
            submodules: repository.submodules,
        };
        if let Some((_, folder)) = self.fetched.borrow().iter().find(|(fetched, _)| *fetched == wanted) {
            return path_of(folder);
        }
        let commands = wanted.commands()?;
        let folder = tempfile::Builder::new()
            .prefix("flyball-")
            .tempdir()
            .map_err(|error| format!("a folder for {}: {}", wanted.url, system_text(&error)))?;
        // One deadline for all of them: the URL's `timeout` is for the whole fetch.
        let deadline = Instant::now() + repository.timeout;
        for arguments in &commands {
            process::run("git", arguments, folder.path(), deadline, repository.timeout)?;
        }
        let path = path_of(&folder)?;
        self.fetched.borrow_mut().push((wanted, folder));
        Ok(path)
    }

    /// Single files are not fetched: that would need an HTTP client of our own.
    fn file(&self, _: &str) -> Option<Result<Arc<[u8]>, String>> {
        None
    }
}

impl Checkout {
    /// The arguments of `git`, command by command, that bring it into an empty folder.
    fn commands(&self) -> Result<Vec<Vec<&str>>, String> {
        let reference = self.reference.as_deref().unwrap_or("HEAD");
        if reference.starts_with('-') {
            return Err(format!("'{reference}' is not a ref of a repository: it would be a flag of git"));
        }
        let mut commands = vec![
            vec!["init", "--quiet"],
            // Relative URLs of submodules need it.
            vec!["remote", "add", "origin", &self.url],
            vec!["fetch", "--quiet", "--depth=1", &self.url, reference],
            vec!["checkout", "--quiet", "FETCH_HEAD"],
        ];
        if self.submodules {
            commands.push(vec!["submodule", "--quiet", "update", "--init", "--recursive"]);
        }
        Ok(commands)
    }
}

fn path_of(folder: &TempDir) -> Result<String, String> {
    let path = folder.path().canonicalize().map_err(|error| system_text(&error))?;
    in_tree(&path).ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))
}
