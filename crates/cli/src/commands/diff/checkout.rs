//! A checkout in the place of an artifact: the files of a folder, or of a revision of it, that source-controller would
//! put into the archive. Links are none of them, nor is what `.sourceignore` files, the source's `spec.ignore` or the
//! default excludes name.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use artifact::MemTree;
use artifact::ignore::{FILE_NAME, Rules};
use artifact::unpack::Limits;
use manifest::budget::Budget;

use super::git;
use super::root::root;
use crate::error::{CliError, system_text};

#[cfg(test)]
mod tests;

/// The files, and how people know them.
#[derive(Debug)]
pub(super) struct Checkout {
    /// The tree.
    pub(super) tree: MemTree,
    /// For example `the folder /home/me/repo`, or `the revision v1 (0123abcd) of /home/me/repo`.
    pub(super) shown: String,
}

/// Who has the rules about files that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excludes {
    /// `spec.ignore` of the source.
    pub(super) spec: Option<String>,
    /// Whether files say so themselves: not those of an ExternalArtifact.
    pub(super) files: bool,
}

/// The files of a folder that is a checkout, or of one that is in it, as they are.
pub(super) fn of_folder(folder: &Path, path: &str, excludes: &Excludes) -> Result<Checkout, CliError> {
    let folder = absolute(folder)?;
    let root = root(&folder, path, Path::is_dir).ok_or_else(|| no_such_path(&folder, path))?;
    let files = match git::files(&root) {
        Some(files) => files,
        None => walk(&root)?,
    };
    let read = |path: &str| {
        let path = root.join(path);
        // Opening a pipe would wait for its writer.
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => fs::read(&path).map(Some),
            // A link, a submodule, or what was deleted and not committed.
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
        .map_err(|error| CliError::file("read", &path.display().to_string(), &error))
    };
    let read_all = |paths: &[String]| paths.iter().map(|path| read(path)).collect();
    let tree = tree(files, excludes, read_all)?;
    Ok(Checkout { tree, shown: format!("the folder {}", root.display()) })
}

/// The files of a revision of the checkout that a folder is, or is in.
pub(super) fn of_revision(
    folder: &Path,
    revision: &str,
    path: &str,
    excludes: &Excludes,
) -> Result<Checkout, CliError> {
    let folder = absolute(folder)?;
    let failed = |said: String| CliError::checkout(format!("{}: {said}", folder.display()));
    let top = git::top(&folder).map_err(|said| {
        failed(said).with_hints(["a revision is one of a checkout: name its folder with --path".to_owned()])
    })?;
    let commit = git::commit(&folder, revision).map_err(|said| {
        let hint = format!(
            "`git -C {} fetch` brings what is new; a branch that is not checked out is origin/NAME",
            folder.display()
        );
        failed(format!("revision {revision}: {said}")).with_hints([hint])
    })?;
    let blobs = git::blobs(&folder, &commit).map_err(failed)?;
    let is_dir = |path: &Path| {
        let Ok(below) = path.strip_prefix(&top) else { return false };
        below.as_os_str().is_empty() || blobs.iter().any(|blob| is_below(&blob.path, below).is_some())
    };
    let root = root(&folder, path, is_dir).ok_or_else(|| no_such_path(&folder, path))?;
    let inner = root.strip_prefix(&top).unwrap_or(Path::new(""));
    let named: BTreeMap<String, String> = blobs
        .iter()
        .filter_map(|blob| Some((is_below(&blob.path, inner)?.to_owned(), blob.object.clone())))
        .collect();
    let read_all = |paths: &[String]| {
        let objects: Vec<String> = paths.iter().filter_map(|path| named.get(path).cloned()).collect();
        let contents = git::contents(&folder, &objects).map_err(failed)?;
        Ok(contents.into_iter().map(Some).collect())
    };
    let tree = tree(named.keys().cloned().collect(), excludes, read_all)?;
    let short: String = commit.chars().take(12).collect();
    Ok(Checkout { tree, shown: format!("the revision {revision} ({short}) of {}", root.display()) })
}

/// The path below a folder.
fn is_below<'p>(path: &'p str, folder: &Path) -> Option<&'p str> {
    let folder = folder.to_str()?;
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn absolute(folder: &Path) -> Result<PathBuf, CliError> {
    let shown = folder.display();
    let found = fs::canonicalize(folder);
    let found = found.map_err(|error| CliError::checkout(format!("{shown}: {}", system_text(&error))))?;
    if found.is_dir() { Ok(found) } else { Err(CliError::checkout(format!("{shown}: is not a directory"))) }
}

fn no_such_path(folder: &Path, path: &str) -> CliError {
    CliError::checkout(format!("{} has no folder '{path}', which is spec.path", folder.display()))
        .with_hints(["name the root of the checkout, or the folder of spec.path in it".to_owned()])
}

/// The tree of what is left of these paths. `read` gives the contents of several, and nothing for what is no file.
fn tree(
    mut paths: Vec<String>,
    excludes: &Excludes,
    read: impl Fn(&[String]) -> Result<Vec<Option<Vec<u8>>>, CliError>,
) -> Result<MemTree, CliError> {
    let limits = Limits::default();
    let too_much = |what: String| CliError::checkout(format!("the checkout has more than {what}"));
    paths.retain(|path| !path.split('/').any(|segment| segment == ".git"));
    if paths.len() as u64 > limits.entries {
        return Err(too_much(format!("{} files", limits.entries)));
    }
    let rules = rules(&paths, excludes, &read)?;
    // However many rules there are: a person waits for this.
    let budget = Budget::default();
    let mut kept = Vec::new();
    for path in paths {
        let ignored = rules.is_ignored(&path, false, &budget);
        if !ignored.map_err(|error| CliError::checkout(error.to_string()))? {
            kept.push(path);
        }
    }
    let mut tree = MemTree::default();
    for piece in kept.chunks(256) {
        for (path, content) in piece.iter().zip(read(piece)?) {
            let Some(content) = content else { continue };
            tree.insert_file(path.clone(), content.into())
                .map_err(|error| CliError::checkout(error.to_string()))?;
            if tree.cost() > limits.expanded {
                return Err(too_much(format!("{} bytes", limits.expanded)));
            }
        }
    }
    Ok(tree)
}

fn rules(
    paths: &[String],
    excludes: &Excludes,
    read: &impl Fn(&[String]) -> Result<Vec<Option<Vec<u8>>>, CliError>,
) -> Result<Rules, CliError> {
    if !excludes.files {
        return Ok(Rules::none());
    }
    let split = |path: &String| {
        let (folder, name) = artifact::path::split(path);
        (name == FILE_NAME).then(|| (folder.to_owned(), path.clone()))
    };
    let mut files: Vec<(String, String)> = paths.iter().filter_map(split).collect();
    files.sort_by(|(a, _), (b, _)| artifact::path::walk_order(a, b));
    let named: Vec<String> = files.iter().map(|(_, path)| path.clone()).collect();
    let texts: Vec<String> = read(&named)?
        .into_iter()
        .map(|content| String::from_utf8_lossy(&content.unwrap_or_default()).into_owned())
        .collect();
    let files = files.iter().zip(&texts).map(|((folder, _), text)| (folder.as_str(), text.as_str()));
    Rules::effective(files, excludes.spec.as_deref()).map_err(|error| CliError::checkout(error.to_string()))
}

/// All files below a folder that git knows nothing of. Links are not followed.
fn walk(root: &Path) -> Result<Vec<String>, CliError> {
    let most = Limits::default().entries;
    let mut open = vec![PathBuf::new()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        let path = root.join(&folder);
        let unreadable = |error: io::Error| CliError::file("read", &path.display().to_string(), &error);
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let below = folder.join(entry.file_name());
            if kind.is_dir() && entry.file_name() != ".git" {
                open.push(below);
            } else if kind.is_file()
                && let Some(text) = below.to_str()
            {
                files.push(text.to_owned());
            }
        }
        if files.len().saturating_add(open.len()) as u64 > most {
            return Err(CliError::checkout(format!("{} has more than {most} files", root.display())));
        }
    }
    files.sort();
    Ok(files)
}
