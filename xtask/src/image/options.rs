//! The command line of `cargo xtask image`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::product::{PRODUCTS, Product, TARGETS, Target};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The platforms.
    pub(crate) targets: Vec<&'static Target>,
    /// The programs.
    pub(crate) products: Vec<&'static Product>,
    /// Where built programs lie: in this folder, or in one per target within. They are built when it is not given.
    pub(crate) binaries: Option<PathBuf>,
    /// Where images go.
    pub(crate) out: Option<PathBuf>,
    /// What stands before an image's name.
    pub(crate) repository: String,
    /// Their tag; the version unless it is given.
    pub(crate) tag: Option<String>,
    /// Whether an image may be larger than promised.
    pub(crate) any_size: bool,
}

/// The flags that `image` and `release` share.
pub(crate) fn flags(command: Command) -> Command {
    let path = |name: &'static str| Arg::new(name).long(name).value_parser(value_parser!(PathBuf));
    let triples = PossibleValuesParser::new(TARGETS.iter().map(|target| target.triple));
    command
        .arg(
            Arg::new("target")
                .long("target")
                .value_name("TRIPLE")
                .action(ArgAction::Append)
                .value_parser(triples)
                .help("Build for it; may be repeated [default: this machine's]"),
        )
        .arg(path("binaries").value_name("DIR").help(
            "Pack the programs in DIR, or in DIR/TRIPLE, instead of building them; with the libraries they need",
        ))
        .arg(path("out").value_name("DIR").help("Write there, into a folder that is empty"))
        .arg(
            Arg::new("repository")
                .long("repository")
                .default_value("ghcr.io/flyball")
                .help("What stands before the images' names"),
        )
        .arg(
            Arg::new("any-size")
                .long("any-size")
                .action(ArgAction::SetTrue)
                .help("Do not fail when an image is larger than 12 MB"),
        )
}

fn cli() -> Command {
    let names = PossibleValuesParser::new(PRODUCTS.iter().map(|product| product.name));
    let command = Command::new("image")
        .bin_name("cargo xtask image")
        .about("Builds OCI images of the controllers and the command line, without a container engine")
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("NAME")
                .action(ArgAction::Append)
                .value_parser(names)
                .help("Only this image; may be repeated"),
        )
        .arg(Arg::new("tag").long("tag").help("The images' tag [default: the workspace's version]"));
    flags(command)
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(crate) fn parse(args: &[OsString]) -> Result<Options> {
    let line = std::iter::once(OsString::from("image")).chain(args.iter().cloned());
    from_matches(&cli().get_matches_from(line))
}

fn from_matches(matches: &ArgMatches) -> Result<Options> {
    let only: Vec<_> = matches.get_many::<String>("only").into_iter().flatten().collect();
    let products =
        PRODUCTS.iter().filter(|product| only.is_empty() || only.iter().any(|name| *name == product.name));
    let mut options = shared(matches)?;
    options.products = products.collect();
    options.tag = matches.get_one("tag").cloned();
    Ok(options)
}

/// What the shared flags say, for all programs.
pub(crate) fn shared(matches: &ArgMatches) -> Result<Options> {
    let triples: Vec<_> = matches.get_many::<String>("target").into_iter().flatten().collect();
    let mut targets: Vec<_> =
        TARGETS.iter().filter(|target| triples.iter().any(|triple| *triple == target.triple)).collect();
    if targets.is_empty() {
        targets.push(Target::host()?);
    }
    Ok(Options {
        targets,
        products: PRODUCTS.iter().collect(),
        binaries: matches.get_one("binaries").cloned(),
        out: matches.get_one("out").cloned(),
        repository: matches.get_one::<String>("repository").cloned().unwrap_or_default(),
        tag: None,
        any_size: matches.get_flag("any-size"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        from_matches(&cli().try_get_matches_from(line.split(' '))?)
    }

    #[test]
    fn everything_by_default() {
        let options = read("image").expect("no flag is needed");
        assert_eq!(options.products.len(), PRODUCTS.len());
        assert_eq!(options.targets, [Target::host().expect("tests run where images are built")]);
        assert_eq!((options.repository.as_str(), options.any_size), ("ghcr.io/flyball", false));
    }

    #[test]
    fn selections() {
        let line = "image --only flyball --target aarch64-unknown-linux-gnu --target x86_64-unknown-linux-gnu \
                    --binaries b --out o --tag t --any-size";
        let options = read(line).expect(line);
        assert_eq!(options.products.iter().map(|product| product.name).collect::<Vec<_>>(), ["flyball"]);
        assert_eq!(options.targets.len(), 2);
        assert_eq!(options.tag.as_deref(), Some("t"));
        assert!(options.any_size && options.binaries.is_some() && options.out.is_some());
        for wrong in
            ["image --only vim", "image --target wasm32-unknown-unknown", "image --size 3", "image x"]
        {
            read(wrong).expect_err(wrong);
        }
    }
}
