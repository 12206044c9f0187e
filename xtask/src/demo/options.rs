//! The command line of the demo.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

/// What the caller wants besides the story.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Leave everything running until Ctrl-C.
    pub(super) keep: bool,
    /// Context of an existing cluster to use instead of a control plane of our own.
    pub(super) context: Option<String>,
    /// Write the figures there.
    pub(super) json: Option<PathBuf>,
}

fn cli() -> Command {
    Command::new("demo")
        .bin_name("cargo xtask demo")
        .about("Starts a control plane, a Git server and the three controllers, and tells what they do, with figures")
        .arg(Arg::new("keep").long("keep").action(ArgAction::SetTrue).help("Leave it running until Ctrl-C"))
        .arg(
            Arg::new("context")
                .long("context")
                .value_name("NAME")
                .help("Use an existing cluster: a context of your kubeconfig"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the figures to a file"),
        )
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(super) fn parse(args: &[OsString]) -> Options {
    from_matches(&cli().get_matches_from(line(args)))
}

fn line(args: &[OsString]) -> impl Iterator<Item = OsString> + '_ {
    std::iter::once(OsString::from("demo")).chain(args.iter().cloned())
}

fn from_matches(matches: &clap::ArgMatches) -> Options {
    Options {
        keep: matches.get_flag("keep"),
        context: matches.get_one::<String>("context").cloned(),
        json: matches.get_one::<PathBuf>("json").cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        let parse = |words: &[&str]| {
            let args: Vec<OsString> = words.iter().map(Into::into).collect();
            cli().try_get_matches_from(line(&args)).map(|matches| from_matches(&matches))
        };
        assert_eq!(parse(&[]).expect("none"), Options::default());
        assert_eq!(
            parse(&["--keep", "--json", "f.json", "--context=kind"]).expect("all"),
            Options { keep: true, context: Some("kind".to_owned()), json: Some("f.json".into()) }
        );
        parse(&["--jsn", "f"]).expect_err("an unknown flag");
    }
}
