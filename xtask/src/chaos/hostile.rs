//! `cargo xtask chaos hostile`: every hostile input before real controllers. What they are, and how they are judged, is
//! testkit's; this builds, asks and tells.

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use testkit::hostile::{self, Family};

use crate::progress;
use crate::workspace::say;

/// The command line.
pub(super) fn cli() -> Command {
    let families = Family::ALL.map(Family::name);
    Command::new("hostile")
        .about("Puts hostile inputs before the controllers, each beside an honest object; fails if one does harm")
        .arg(
            Arg::new("family")
                .long("family")
                .value_name("FAMILY")
                .value_parser(families)
                .help("Of one family only"),
        )
        .arg(Arg::new("only").long("only").value_name("NAME").help("Only those whose name contains this"))
        .arg(
            Arg::new("tenth")
                .long("tenth")
                .action(ArgAction::SetTrue)
                .help("A tenth of them, always the same one"),
        )
        .arg(
            Arg::new("width")
                .long("width")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .default_value("1")
                .help("How many stand beside each other; what is found is then found of all of these"),
        )
}

/// What the caller wants.
pub(super) fn from_matches(matches: &ArgMatches) -> hostile::Options {
    let family = matches.get_one::<String>("family");
    hostile::Options {
        family: family.and_then(|name| Family::ALL.into_iter().find(|family| family.name() == name)),
        only: matches.get_one("only").cloned(),
        tenth: matches.get_flag("tenth"),
        width: matches.get_one("width").copied().unwrap_or(1),
        binaries: None,
    }
}

/// Tries the inputs, and fails if one did harm.
pub(super) fn run(options: &hostile::Options) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let trying = || runtime.block_on(hostile::run(options, &say));
    let report = progress::during("trying hostile inputs", trying)?;
    say(&format!("\n{report}"));
    if report.tried() == 0 {
        bail!("there is no such input");
    }
    match report.wrong().len() {
        0 => Ok(()),
        wrong => bail!("{wrong} rounds went wrong"),
    }
}
