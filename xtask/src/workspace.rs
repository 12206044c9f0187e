//! Where the repository is, what files it has, and how xtask speaks.
//! It knows nothing of any rule or generated file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::progress;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A line for the person at the terminal.
pub(crate) fn say(line: &str) {
    // Nobody to tell when the terminal is gone.
    progress::aside(|| {
        writeln!(std::io::stdout(), "{line}").ok();
    });
}

/// A line about something that is wrong.
pub(crate) fn complain(line: &str) {
    progress::aside(|| {
        writeln!(std::io::stderr(), "{line}").ok();
    });
}

/// A text file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// Path from the root, with slashes.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

/// Every file below `folder` that ends in one of `endings`, in order of path. Build output, dependencies of
/// other languages and test data are left out.
pub(crate) fn text_files(root: &Path, folder: &str, endings: &[&str]) -> Result<Vec<TextFile>> {
    let mut found = Vec::new();
    let start = root.join(folder);
    if start.exists() {
        walk(root, &start, endings, &mut found)?;
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<TextFile>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "testdata" | ".git" | "node_modules") {
                walk(root, &path, endings, found)?;
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path).with_context(|| relative.clone())?;
            found.push(TextFile { path: relative, text });
        }
    }
    Ok(())
}

/// A file of the repository, or nothing when it does not exist.
pub(crate) fn optional_file(root: &Path, path: &str) -> Result<Option<String>> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.to_owned()),
    }
}

/// An empty folder for what is made: the default below the root is emptied, another one must be empty.
pub(crate) fn fresh_folder(given: Option<&Path>, default: &str) -> Result<PathBuf> {
    let folder = given.map_or_else(|| root().join(default), Path::to_owned);
    let name = || folder.display().to_string();
    if given.is_none() && folder.exists() {
        fs::remove_dir_all(&folder).with_context(name)?;
    }
    fs::create_dir_all(&folder).with_context(name)?;
    if fs::read_dir(&folder).with_context(name)?.next().is_some() {
        bail!("{} is not empty", folder.display());
    }
    Ok(folder)
}

/// What cargo prints when it is asked something.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Result<String> {
    cargo_with(root, args, &[])
}

/// The same with variables in its environment.
pub(crate) fn cargo_with(root: &Path, args: &[&str], environment: &[(&str, &str)]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).envs(environment.iter().copied()).current_dir(root);
    let output = command.output().context("cargo")?;
    if !output.status.success() {
        bail!("cargo {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("cargo's answer")
}

/// Runs cargo with its output on the terminal.
pub(crate) fn cargo_aloud(root: &Path, args: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(args).current_dir(root).status().context("cargo")?;
    if !status.success() {
        bail!("cargo {} failed ({status})", args.join(" "));
    }
    Ok(())
}

/// Where Cargo builds.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = cargo(&root(), &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let folder =
        metadata.get("target_directory").and_then(serde_json::Value::as_str).context("target folder")?;
    Ok(Path::new(folder).to_owned())
}
