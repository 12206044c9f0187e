//! The release build of what images hold: static, and without a trace of where it was built.
//! The profile is `Cargo.toml`'s.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::product::{PRODUCTS, Target};
use crate::workspace;

/// Builds all programs for `target` and gives the folder in which they lie. Always all of them, in a target folder of
/// their own: a subset has fewer features of the crates that they share, hence other bytes.
pub(super) fn build(root: &Path, target: &Target, target_folder: &Path) -> Result<PathBuf> {
    // Crates must be unpacked before it is known where.
    workspace::cargo_aloud(root, &["fetch", "--locked", "--target", target.triple])?;
    let sources = registry_sources()?;
    let flags = flags(root, target_folder, &sources)?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--release", "--locked", "--bins", "--target", target.triple, "--target-dir"])
        .arg(target_folder)
        .args(PRODUCTS.iter().flat_map(|product| ["-p", product.package]))
        .current_dir(root)
        .env("CARGO_INCREMENTAL", "0")
        // Spaces in paths must not end a flag.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.rust.join("\u{1f}"))
        .env(format!("CFLAGS_{}", target.triple.replace('-', "_")), flags.c.join(" "));
    if !target.is_native() {
        let linker = format!("CARGO_TARGET_{}_LINKER", target.triple.replace('-', "_").to_uppercase());
        let compiler = format!("CC_{}", target.triple.replace('-', "_"));
        for variable in [linker, compiler] {
            if std::env::var_os(&variable).is_none() {
                command.env(variable, target.tool("gcc"));
            }
        }
    }
    let status = command.status().context("cargo")?;
    if !status.success() {
        bail!("the release build for {} failed ({status})", target.triple);
    }
    Ok(target_folder.join(target.triple).join("release"))
}

/// What the compilers are told.
#[derive(Debug, PartialEq, Eq)]
struct Flags {
    rust: Vec<String>,
    c: Vec<String>,
}

/// Of several prefixes that fit, both compilers take the last one.
fn flags(root: &Path, target_folder: &Path, sources: &[PathBuf]) -> Result<Flags> {
    let mut prefixes = vec![(root, "/flyball")];
    prefixes.extend(sources.iter().map(|folder| (folder.as_path(), "/cargo")));
    prefixes.push((target_folder, "/target"));
    // The target is named, so that this does not concern build scripts and procedural macros.
    let mut flags = Flags { rust: vec!["-Ctarget-feature=+crt-static".to_owned()], c: Vec::new() };
    for (from, to) in prefixes {
        let from = from.to_str().with_context(|| format!("{} is not UTF-8", from.display()))?;
        flags.rust.push(format!("--remap-path-prefix={from}={to}"));
        // C's flags are split at spaces; what is left unmapped is seen by whoever compares two builds.
        if to != "/flyball" && !from.contains(' ') {
            flags.c.push(format!("-ffile-prefix-map={from}={to}"));
        }
    }
    Ok(flags)
}

/// The folders into which cargo unpacks crates: one per registry, named after a hash of how it is reached.
fn registry_sources() -> Result<Vec<PathBuf>> {
    let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let home = set("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    let folder = home.join("registry/src");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut folders = Vec::new();
    for entry in entries {
        folders.push(entry.with_context(|| folder.display().to_string())?.path());
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_of_this_machine_stays() {
        let flags = flags(Path::new("/a"), Path::new("/a/target/image"), &["/r/x".into()]).expect("UTF-8");
        assert_eq!(
            flags.rust,
            [
                "-Ctarget-feature=+crt-static",
                "--remap-path-prefix=/a=/flyball",
                "--remap-path-prefix=/r/x=/cargo",
                "--remap-path-prefix=/a/target/image=/target",
            ]
        );
        assert_eq!(flags.c, ["-ffile-prefix-map=/r/x=/cargo", "-ffile-prefix-map=/a/target/image=/target"]);
    }
}
