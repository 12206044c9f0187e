//! `cargo xtask codegen`: writes the files that are made from the code, or checks that they are up to date.
//! What stands in them is decided by the modules below.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

mod command;
mod crds;
mod schema;

pub(crate) use command::COMMAND;

/// Folders in which only generated files may lie.
const FOLDERS: [&str; 1] = [crds::FOLDER];

/// Writes the files, or with `check` fails if that would change anything.
pub(crate) fn run(check: bool) -> Result<()> {
    let root = workspace::root();
    let mut stale = stale(&root)?;
    match schema::files()? {
        Some(files) => {
            let mut present = BTreeMap::new();
            for path in files.keys() {
                if let Some(text) = workspace::optional_file(&root, path)? {
                    present.insert(path.clone(), text);
                }
            }
            stale.extend(differences(&present, files));
        }
        None => workspace::complain("Go is not installed, so the engine's schema table is left as it is"),
    }
    if check {
        if !stale.is_empty() {
            let list: Vec<_> = stale.keys().map(|path| format!("  {path}")).collect();
            bail!("generated files are out of date; run `{COMMAND}`:\n{}", list.join("\n"));
        }
        return Ok(());
    }
    for (path, text) in stale {
        let target = root.join(&path);
        match text {
            Some(text) => {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder).with_context(|| path.clone())?;
                }
                fs::write(&target, text).with_context(|| path.clone())?;
                workspace::say(&format!("wrote {path}"));
            }
            None => {
                fs::remove_file(&target).with_context(|| path.clone())?;
                workspace::say(&format!("removed {path}"));
            }
        }
    }
    Ok(())
}

/// The files that differ from what would be generated, each with its right content; none if it must go. Only those made
/// from this repository alone: what is made from upstream's documents needs Go, which tidy must not.
pub(crate) fn stale(root: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut present = BTreeMap::new();
    for folder in FOLDERS {
        for file in workspace::text_files(root, folder, &[""])? {
            present.insert(file.path, file.text);
        }
    }
    Ok(differences(&present, crds::files()?))
}

/// Compares what is there with what should be there.
fn differences(
    present: &BTreeMap<String, String>,
    wanted: BTreeMap<String, String>,
) -> BTreeMap<String, Option<String>> {
    let mut stale: BTreeMap<_, _> =
        present.keys().filter(|path| !wanted.contains_key(*path)).map(|path| (path.clone(), None)).collect();
    for (path, text) in wanted {
        if present.get(&path) != Some(&text) {
            stale.insert(path, Some(text));
        }
    }
    stale
}

#[cfg(test)]
mod tests;
