//! `cargo xtask codegen`: writes the files that are made from the code, or checks that they are up to date.
//! What stands in them is decided by the modules below.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

mod bases;
mod command;
mod crds;
mod flags;
mod health_rules;
mod kinds;
mod manifests;
mod metrics;
mod schema;
mod values;

pub(crate) use command::COMMAND;

/// Folders in which only generated files may lie.
const FOLDERS: [&str; 3] = [crds::FOLDERS[0], crds::FOLDERS[1], kinds::FOLDER];

/// Writes the files, or with `check` fails if that would change anything.
pub(crate) fn run(check: bool) -> Result<()> {
    let root = workspace::root();
    let mut stale = own(&root)?;
    match schema::files()? {
        Some(files) => stale.extend(differences(&present(&root, &[], &files)?, files)),
        None => workspace::complain("Go is not installed, so the engine's schema table is left as it is"),
    }
    match manifests::files(&root)? {
        Some(files) => stale.extend(differences(&present(&root, &manifests::FOLDERS, &files)?, files)),
        None => workspace::complain(
            "Helm has not been built, so config is left as it is (cargo xtask control-plane)",
        ),
    }
    stale.extend(installation(&root, &stale)?);
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
    flags::write()
}

/// The files that differ from what would be generated, each with its right content; none if it must go. Only those made
/// from this repository alone: what is made from upstream's documents needs Go, and what is made from the chart Helm,
/// which tidy must not.
pub(crate) fn stale(root: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut stale = own(root)?;
    stale.extend(installation(root, &stale)?);
    Ok(stale)
}

fn own(root: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut wanted = crds::files()?;
    wanted.extend(kinds::files()?);
    wanted.extend(values::files(root)?);
    wanted.extend(metrics::files());
    wanted.extend(health_rules::files()?);
    Ok(differences(&present(root, &FOLDERS, &wanted)?, wanted))
}

/// The file that is built of others, if it differs once those are changed.
fn installation(
    root: &Path,
    changes: &BTreeMap<String, Option<String>>,
) -> Result<BTreeMap<String, Option<String>>> {
    let wanted = BTreeMap::from([manifests::install(root, changes)?]);
    Ok(differences(&present(root, &[], &wanted)?, wanted))
}

/// What there is in folders, and of the files that are wanted.
fn present(
    root: &Path,
    folders: &[&str],
    wanted: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut present = BTreeMap::new();
    for folder in folders {
        for file in workspace::text_files(root, folder, &[""])? {
            present.insert(file.path, file.text);
        }
    }
    for path in wanted.keys() {
        if let Some(text) = workspace::optional_file(root, path)? {
            present.insert(path.clone(), text);
        }
    }
    Ok(present)
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
