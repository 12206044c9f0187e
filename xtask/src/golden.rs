//! `cargo xtask golden`: records the answers of upstream's kustomize for the engine's cases. Which files a case has and
//! how they are compared is in `crates/kustomize-engine/tests/golden.rs`, which also writes them.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use testkit::binaries::KUSTOMIZE;

use crate::workspace::{root, say};

const HELP: &str = "\
Records upstream's answers for every case of crates/kustomize-engine/testdata

Usage: cargo xtask golden

Put a new case's files into testdata/<case>/input, run this, and look at what `git diff` says.";

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        say(HELP);
        return Ok(());
    }
    if let Some(argument) = arguments.first() {
        bail!("unexpected argument {}: all cases are recorded at once", argument.display());
    }
    let kustomize = KUSTOMIZE.build(&say)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "-p", "kustomize-engine", "--test", "golden", "record", "--", "--ignored", "--exact"])
        .env("KUSTOMIZE_BIN", kustomize)
        .current_dir(root())
        .status()
        .context("cargo test")?;
    if !status.success() {
        bail!("recording failed ({status})");
    }
    say("recorded; `git diff crates/kustomize-engine/testdata` shows what changed");
    Ok(())
}
