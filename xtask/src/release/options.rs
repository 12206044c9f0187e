//! The command line of `cargo xtask release`.

use std::ffi::OsString;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::image;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// Whether neither tag nor a section of the changelog is needed.
    pub(super) dry_run: bool,
    /// What is asked of the images.
    pub(super) image: image::Options,
}

fn cli() -> Command {
    let command = Command::new("release")
        .bin_name("cargo xtask release")
        .about("Makes all that a release uploads: images, chart, manifests, schemas, command line, digests")
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Make it of any tree: not tagged, not committed, not in the changelog"),
        );
    image::flags(command)
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(super) fn parse(args: &[OsString]) -> Result<Options> {
    let line = std::iter::once(OsString::from("release")).chain(args.iter().cloned());
    from_matches(&cli().get_matches_from(line))
}

fn from_matches(matches: &ArgMatches) -> Result<Options> {
    Ok(Options { dry_run: matches.get_flag("dry-run"), image: image::shared(matches)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let read = |line: &str| from_matches(&cli().try_get_matches_from(line.split(' '))?);
        assert!(!read("release").expect("no flag is needed").dry_run);
        let options = read("release --dry-run --binaries b").expect("flags of images");
        assert!(options.dry_run && options.image.binaries.is_some());
        read("release --only flyball").expect_err("a release has everything");
        read("release --tag x").expect_err("a release has one version");
    }
}
