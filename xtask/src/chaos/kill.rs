//! `cargo xtask chaos kill`: `kill -9` of the kustomize-controller at random instants. How it is done and judged is
//! testkit's; this asks and tells.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgMatches, Command, value_parser};
use testkit::chaos::{any_seed, kills};
use testkit::cluster::{CONTROLLERS, ControlPlane};

use crate::progress;
use crate::workspace::{self, say};

/// The command line.
pub(super) fn cli() -> Command {
    Command::new("kill")
        .about("Kills the kustomize-controller while it applies; fails if an object is orphaned, lost or deleted by mistake")
        .arg(
            Arg::new("rounds")
                .long("rounds")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("1000")
                .help("How many kills"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("What everything random follows from; another one every time unless set"),
        )
}

/// What the caller wants.
pub(super) fn from_matches(matches: &ArgMatches) -> kills::Options {
    kills::Options {
        seed: matches.get_one("seed").copied().unwrap_or_else(any_seed),
        rounds: matches.get_one("rounds").copied().unwrap_or_default(),
        binaries: matches.get_one("binaries").cloned(),
        logs: Some(workspace::root().join("target/chaos-logs")),
    }
}

/// Kills as often as wanted, and fails if a promise was broken.
pub(super) fn run(options: &kills::Options) -> Result<()> {
    say(&format!("seed {}", options.seed));
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let killing = || {
        runtime.block_on(async {
            let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
            kills::run(&plane, options, &say).await
        })
    };
    let report = progress::during("killing the kustomize-controller", killing)?;
    say(&format!("\n{report}"));
    match &report.wrong {
        None => Ok(()),
        Some(wrong) => bail!("{} promises were broken", wrong.findings.len()),
    }
}
