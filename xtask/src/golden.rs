//! `cargo xtask golden`: records the answers of upstream's kustomize for the engine's cases. Which files a case has and
//! how they are compared is in `crates/kustomize-engine/tests/golden.rs`, which also writes them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use testkit::binaries::KUSTOMIZE;

use crate::progress;
use crate::workspace::{root, say};

const TESTDATA: &str = "crates/kustomize-engine/testdata";

const HELP: &str = "\
Records upstream's answers for every case of crates/kustomize-engine/testdata

Usage: cargo xtask golden [CASE...]

  CASE  a folder of testdata; all without one

Put a new case's files into testdata/<case>/input, run this, and look at what `git diff` says. KUSTOMIZE_BIN names a
kustomize that is there already; else one is built.";

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        say(HELP);
        return Ok(());
    }
    let mut cases = Vec::new();
    for argument in arguments {
        let case = argument.to_str().filter(|case| !case.starts_with('-') && !case.contains(['/', ',']));
        let Some(case) = case else { bail!("unexpected argument {}", argument.display()) };
        if !root().join(TESTDATA).join(case).join("input").is_dir() {
            bail!("{TESTDATA}/{case} has no folder `input`");
        }
        cases.push(case);
    }
    let kustomize = match std::env::var_os("KUSTOMIZE_BIN") {
        Some(binary) => PathBuf::from(binary),
        None => progress::during("building kustomize", || KUSTOMIZE.build(&say))?,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "-p", "kustomize-engine", "--test", "golden", "record", "--", "--ignored", "--exact"])
        .env("KUSTOMIZE_BIN", kustomize)
        .env("CASES", cases.join(","))
        .current_dir(root())
        .status()
        .context("cargo test")?;
    if !status.success() {
        bail!("recording failed ({status})");
    }
    say(&format!("recorded; `git diff {TESTDATA}` shows what changed"));
    Ok(())
}
