//! `cargo xtask chaos changes`: the stress test of the promise that nothing is called applied which is not. What it
//! does to the controllers, and how it judges them, is testkit's; this builds, asks and tells.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use testkit::binaries;
use testkit::chaos;

use crate::workspace::{self, say};

mod options;

use options::Options;

/// The controllers that take part.
const PACKAGES: [&str; 2] = ["source-controller", "kustomize-controller"];

/// Builds what is missing, plays the scenarios, and fails if a change was lost.
pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let options = options::parse(args);
    let binaries = build(&options)?;
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let wanted =
        chaos::Options { binaries, logs: Some(workspace::root().join("target/chaos-logs")), ..options.chaos };
    let report = runtime.block_on(chaos::run(&wanted, &say))?;
    say(&format!("\n{report}"));
    match report.lost() {
        0 => Ok(()),
        lost => bail!("{lost} changes were lost"),
    }
}

/// Builds the control plane and, unless they are given, the controllers. Gives the controllers' folder when it is not
/// the one of this profile.
fn build(options: &Options) -> Result<Option<PathBuf>> {
    for program in [binaries::CONTROL_PLANE, binaries::KWOK] {
        program.build(&|text| say(text))?;
    }
    if options.chaos.binaries.is_some() {
        return Ok(options.chaos.binaries.clone());
    }
    say("Building the controllers ...");
    let mut args = vec!["build", "--quiet", "--bins"];
    args.extend(PACKAGES.iter().flat_map(|name| ["--package", name]));
    if options.release {
        args.push("--release");
    }
    workspace::cargo_aloud(&workspace::root(), &args)?;
    options.release.then(release_folder).transpose()
}

fn release_folder() -> Result<PathBuf> {
    let answer = workspace::cargo(&workspace::root(), &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: serde_json::Value = serde_json::from_str(&answer).context("cargo metadata")?;
    let folder = metadata["target_directory"].as_str().context("target folder")?;
    Ok(Path::new(folder).join("release"))
}
