//! The command line of xtask. What stands after `demo`, `test`, `bench`, `chaos` and `control-plane` is theirs
//! to read.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap, value_parser};

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
    /// Build the control plane of the tests and its peers, or run it.
    ControlPlane(Vec<OsString>),
    /// Run all tests, those against the control plane included.
    Test(Vec<OsString>),
    /// Tell the story of the product, with figures.
    Demo(Vec<OsString>),
    /// Measure, beside the programs of others.
    Bench(Vec<OsString>),
    /// Stress the controllers and look for lost changes.
    Chaos(Vec<OsString>),
    /// Record upstream's answers.
    Golden(Vec<OsString>),
    /// Build container images.
    Image(Vec<OsString>),
    /// Make all that a release uploads.
    Release(Vec<OsString>),
}

/// The commands that read the rest of the line themselves.
const FORWARDED: [(&str, &str); 8] = [
    ("control-plane", "Builds the control plane of the tests and its peers, or runs it"),
    ("test", "Runs all tests, those against the control plane included"),
    ("demo", "Runs the product demo on a real control plane and prints timings"),
    ("bench", "Benchmarks builds against kustomize, and the controllers against Flux's"),
    ("chaos", "Stress tests on a control plane whose API server stops now and then: no change may be lost"),
    ("image", "Builds OCI images of the controllers and the command line, without a container engine"),
    ("release", "Makes all that a release uploads"),
    ("golden", "Records upstream kustomize's answers for the engine's cases"),
];

fn cli() -> Clap {
    let rest = || {
        Arg::new("rest")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(value_parser!(OsString))
    };
    let forwarded =
        FORWARDED.map(|(name, about)| Clap::new(name).about(about).disable_help_flag(true).arg(rest()));
    Clap::new("xtask")
        .bin_name("cargo xtask")
        .about("Flyball's automation")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Clap::new("codegen")
                .about("Writes the generated files: the chart's CRDs, the engine's schema table")
                .arg(
                    Arg::new("check")
                        .long("check")
                        .action(ArgAction::SetTrue)
                        .help("Only fails if one is out of date"),
                ),
        )
        .subcommand(
            Clap::new("tidy").about("Checks the house rules: layers, files, lints, docs, generated files"),
        )
        .subcommands(forwarded)
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Command {
    from_matches(&cli().get_matches_from(args))
}

fn from_matches(matches: &ArgMatches) -> Command {
    let rest = |sub: &ArgMatches| sub.get_many("rest").into_iter().flatten().cloned().collect();
    match matches.subcommand() {
        Some(("codegen", sub)) => Command::Codegen { check: sub.get_flag("check") },
        Some(("control-plane", sub)) => Command::ControlPlane(rest(sub)),
        Some(("test", sub)) => Command::Test(rest(sub)),
        Some(("demo", sub)) => Command::Demo(rest(sub)),
        Some(("bench", sub)) => Command::Bench(rest(sub)),
        Some(("chaos", sub)) => Command::Chaos(rest(sub)),
        Some(("image", sub)) => Command::Image(rest(sub)),
        Some(("release", sub)) => Command::Release(rest(sub)),
        Some(("golden", sub)) => Command::Golden(rest(sub)),
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
        assert_eq!(parse("xtask test"), Command::Test(Vec::new()));
        let rest = |words: &[&str]| words.iter().map(Into::into).collect::<Vec<OsString>>();
        assert_eq!(parse("xtask demo --keep --json f"), Command::Demo(rest(&["--keep", "--json", "f"])));
        assert_eq!(parse("xtask bench build --json=f"), Command::Bench(rest(&["build", "--json=f"])));
        assert_eq!(parse("xtask chaos changes --calm"), Command::Chaos(rest(&["changes", "--calm"])));
        assert_eq!(parse("xtask golden"), Command::Golden(Vec::new()));
        assert_eq!(parse("xtask image --any-size"), Command::Image(rest(&["--any-size"])));
        assert_eq!(parse("xtask release --dry-run"), Command::Release(rest(&["--dry-run"])));
        assert_eq!(parse("xtask test --help"), Command::Test(rest(&["--help"])));
        assert_eq!(parse("xtask control-plane build"), Command::ControlPlane(rest(&["build"])));
        cli().try_get_matches_from(["xtask", "tidy", "--chekc"]).expect_err("an unknown flag");
        cli().try_get_matches_from(["xtask"]).expect_err("no command");
    }
}
