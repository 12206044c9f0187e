//! `cargo xtask test`: everything that can fail, in stages. Unit tests need nothing; the end-to-end tests share one
//! control plane, which is started here and ends with this process.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use testkit::cluster::{CONTEXT_VARIABLE, CONTROL_PLANE_VARIABLE, CONTROLLERS, ControlPlane};

use crate::control_plane;
use crate::progress;
use crate::workspace::{complain, root, say};

const HELP: &str = "\
Runs all tests, those against the control plane included

Usage: cargo xtask test [--unit | --e2e] [--context NAME] [FILTER...] [-- TEST-BINARY-ARGUMENT...]

  --unit          only the tests that need no cluster
  --e2e           only the tests that need one
  --context NAME  use that context of your kubeconfig instead of a control plane of our own
                  (tests that need its request log or its kubelet fail there)";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    unit: bool,
    e2e: bool,
    context: Option<String>,
    filters: Vec<OsString>,
    rest: Vec<OsString>,
}

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        say(HELP);
        return Ok(());
    }
    let options = parse(arguments)?;
    let start = Instant::now();
    if options.e2e && options.context.is_none() {
        stage("control plane", control_plane::build)?;
    }
    // One selection of packages and targets, so that dependencies are compiled once.
    stage("build", || cargo(&["build", "--workspace", "--all-targets"], &options.none(), &[]))?;
    let mut failed = Vec::new();
    if options.unit && stage("unit tests", || unit(&options)).is_err() {
        failed.push("unit tests");
    }
    if options.e2e && stage("end-to-end tests", || end_to_end(&options)).is_err() {
        failed.push("end-to-end tests");
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    say(&format!("all passed in {:.0?}", start.elapsed()));
    Ok(())
}

impl Options {
    fn none(&self) -> Self {
        Self { unit: self.unit, e2e: self.e2e, ..Self::default() }
    }
}

fn parse(arguments: &[OsString]) -> Result<Options> {
    let mut options = Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--unit") => options.unit = true,
            Some("--e2e") => options.e2e = true,
            Some("--context") => {
                let name = arguments.next().context("--context needs a name")?;
                options.context = Some(name.to_string_lossy().into_owned());
            }
            Some("--") => options.rest.extend(arguments.by_ref().cloned()),
            Some(text) if text.starts_with("--context=") => {
                options.context = text.split_once('=').map(|(_, name)| name.to_owned());
            }
            Some(text) if text.starts_with('-') => bail!("unknown argument {text}\n\n{HELP}"),
            _ => options.filters.push(argument.clone()),
        }
    }
    if !options.unit && !options.e2e {
        (options.unit, options.e2e) = (true, true);
    }
    Ok(options)
}

fn unit(options: &Options) -> Result<()> {
    cargo(&["test", "--workspace", "--exclude", "e2e", "--no-fail-fast"], options, &[])
}

fn end_to_end(options: &Options) -> Result<()> {
    let words = ["test", "--workspace", "--test", "e2e"];
    if let Some(context) = &options.context {
        return cargo(&words, options, &[(CONTEXT_VARIABLE, context.as_ref())]);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let line = progress::show("starting the control plane");
    let plane = runtime.block_on(async {
        let plane = ControlPlane::start(&CONTROLLERS).await?;
        plane.prepare().await?;
        anyhow::Ok(plane)
    })?;
    drop(line);
    say(&format!("control plane ready in {:.1?}", started.elapsed()));
    let description = plane.description_file();
    let result = cargo(&words, options, &[(CONTROL_PLANE_VARIABLE, description.as_os_str())]);
    if result.is_err() {
        let kept = root().join("target/e2e-logs");
        match keep_logs(&plane.description().dir, &kept) {
            Ok(()) => complain(&format!("the control plane's logs are in {}", kept.display())),
            Err(error) => complain(&format!("the control plane's logs are lost: {error:#}")),
        }
    }
    result
}

/// Copies what tells of a failure; the control plane's own folder goes with it.
fn keep_logs(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::copy(from.join("audit.log"), to.join("audit.log"))?;
    for entry in std::fs::read_dir(from.join("logs"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn stage(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("== {name}"));
    let start = Instant::now();
    let result = work();
    match &result {
        Ok(()) => say(&format!("== {name}: ok in {:.0?}", start.elapsed())),
        Err(error) => complain(&format!("== {name}: {error:#}")),
    }
    result
}

fn cargo(words: &[&str], options: &Options, environment: &[(&str, &OsStr)]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(words).current_dir(root());
    // Cargo takes one filter; the test binaries take any number.
    if !options.filters.is_empty() || !options.rest.is_empty() {
        command.arg("--").args(&options.filters).args(&options.rest);
    }
    for (key, value) in environment {
        command.env(key, value);
    }
    let status = command.status().context("cargo")?;
    if !status.success() {
        bail!("cargo {}: {status}", words.join(" "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Options {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse(&words).unwrap()
    }

    #[test]
    fn both_kinds_by_default() {
        let options = parsed("");
        assert!(options.unit && options.e2e && options.context.is_none());
    }

    #[test]
    fn filters_and_arguments_of_the_binary() {
        let options = parsed("--e2e --context kind prune drift -- --nocapture");
        assert!(!options.unit && options.e2e);
        assert_eq!(options.context.as_deref(), Some("kind"));
        assert_eq!(options.filters, ["prune", "drift"]);
        assert_eq!(options.rest, ["--nocapture"]);
        assert!(parse(&["--nonsense".into()]).is_err());
    }
}
