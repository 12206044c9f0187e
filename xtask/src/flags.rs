//! The command line of xtask. What stands after `demo`, `test`, `bench` and `control-plane` is theirs to read.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Write the generated files, or only compare them.
    Codegen {
        /// Only compare.
        check: bool,
    },
    /// Check the house rules.
    Tidy,
}

fn cli() -> Clap {
    Clap::new("xtask")
        .bin_name("cargo xtask")
        .about("Flyball's automation")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Clap::new("codegen").about("Writes the generated files: the chart's CRDs").arg(
                Arg::new("check")
                    .long("check")
                    .action(ArgAction::SetTrue)
                    .help("Only fails if one is out of date"),
            ),
        )
        .subcommand(
            Clap::new("tidy").about("Checks the house rules: layers, files, lints, docs, generated files"),
        )
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Command {
    from_matches(&cli().get_matches_from(args))
}

fn from_matches(matches: &ArgMatches) -> Command {
    match matches.subcommand() {
        Some(("codegen", sub)) => Command::Codegen { check: sub.get_flag("check") },
        _ => Command::Tidy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let parse = |line: &str| from_matches(&cli().try_get_matches_from(line.split(' ')).expect(line));
        assert_eq!(parse("xtask codegen"), Command::Codegen { check: false });
        assert_eq!(parse("xtask codegen --check"), Command::Codegen { check: true });
        assert_eq!(parse("xtask tidy"), Command::Tidy);
        cli().try_get_matches_from(["xtask", "tidy", "--chekc"]).expect_err("an unknown flag");
        cli().try_get_matches_from(["xtask"]).expect_err("no command");
    }
}
