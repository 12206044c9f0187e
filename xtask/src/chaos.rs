//! `cargo xtask chaos`: stress tests. `changes` is that of the promise that nothing is called applied which is not,
//! `kill` that of the promise that nothing is forgotten whatever moment a controller dies at, `hostile` that of the
//! promise that no input harms anybody but its author. What they do to the controllers, and how they judge them, is
//! testkit's; this builds, asks and tells.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use testkit::binaries;
use testkit::chaos::{self, kills};

use crate::progress;
use crate::workspace::{self, say};

mod hostile;
mod kill;
mod options;

use options::{Options, Wanted};

/// The programs that take part in any of them.
const PACKAGES: [&str; 4] = ["source-controller", "kustomize-controller", "health-controller", "cli"];

/// Builds what is missing, carries the stress test out, and fails if a promise was broken.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    match options::parse(args) {
        Wanted::Changes(options) => changes(options),
        Wanted::Kill(options, release) => {
            let binaries = build(options.binaries.as_ref(), release)?;
            kill::run(&kills::Options { binaries, ..options })
        }
        Wanted::Hostile(options, release) => {
            let binaries = build(options.binaries.as_ref(), release)?;
            hostile::run(&testkit::hostile::Options { binaries, ..options })
        }
    }
}

/// Plays the scenarios, and fails if a change was lost.
fn changes(options: Options) -> Result<()> {
    let binaries = build(options.chaos.binaries.as_ref(), options.release)?;
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let wanted =
        chaos::Options { binaries, logs: Some(workspace::root().join("target/chaos-logs")), ..options.chaos };
    let playing = || runtime.block_on(chaos::run(&wanted, &say));
    let report = progress::during("playing scenarios", playing)?;
    say(&format!("\n{report}"));
    match report.lost() {
        0 => Ok(()),
        lost => bail!("{lost} changes were lost"),
    }
}

/// Builds the control plane and, unless they are given, our programs. Gives their folder when it is not the one of this
/// profile.
fn build(given: Option<&PathBuf>, release: bool) -> Result<Option<PathBuf>> {
    for program in [binaries::CONTROL_PLANE, binaries::KWOK] {
        progress::during(&format!("building {}", program.name), || program.build(&say))?;
    }
    if given.is_some() {
        return Ok(given.cloned());
    }
    say("Building the programs ...");
    let mut args = vec!["build", "--quiet", "--bins"];
    args.extend(PACKAGES.iter().flat_map(|name| ["--package", name]));
    if release {
        args.push("--release");
    }
    workspace::cargo_aloud(&workspace::root(), &args)?;
    release.then(release_folder).transpose()
}

fn release_folder() -> Result<PathBuf> {
    let answer = workspace::cargo(&workspace::root(), &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: serde_json::Value = serde_json::from_str(&answer).context("cargo metadata")?;
    let folder = metadata["target_directory"].as_str().context("target folder")?;
    Ok(Path::new(folder).join("release"))
}
