//! The command line of the stress test.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use testkit::chaos::{self, Scenario, kills};

use super::{hostile, kill};

/// Which of the stress tests.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Changes that must not be lost.
    Changes(Options),
    /// Kills after which nothing may be forgotten; with release binaries of the controllers.
    Kill(kills::Options, bool),
    /// Input that must do no harm; with release binaries of the controllers.
    Hostile(testkit::hostile::Options, bool),
}

/// What the caller wants of the changes.
#[derive(Debug)]
pub(super) struct Options {
    /// What is done.
    pub(super) chaos: chaos::Options,
    /// With release binaries of the controllers.
    pub(super) release: bool,
}

/// The scenarios: flag, full size, help.
const SIZES: [(Scenario, &str, &str, &str); 5] = [
    (Scenario::Changes, "objects", "50000", "Objects changed by commits that come back to back"),
    (Scenario::Heals, "heals", "5000", "Edits of live objects that the drift watch has to undo"),
    (Scenario::SuspendResume, "suspends", "200", "Commits that come while the Kustomization is suspended"),
    (
        Scenario::Restarts,
        "restarts",
        "200",
        "Kills of the kustomize-controller between a commit and its Ready",
    ),
    (Scenario::NoWatch, "no-watch", "5000", "Objects changed with --drift-watch=false"),
];

fn cli() -> Command {
    let number = |name: &'static str, default: &'static str| {
        Arg::new(name).long(name).value_name("N").value_parser(value_parser!(usize)).default_value(default)
    };
    let sizes =
        SIZES.map(|(_, flag, size, help)| number(flag, size).help(format!("{help}; 0 leaves it out")));
    let changes = Command::new("changes")
        .about("Changes objects and compares them with Git after every Ready; fails if a change was lost")
        .args(sizes)
        .arg(number("per-commit", "100").help("Objects of the Kustomization, all changed by every commit"))
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("What everything random follows from; another one every time unless set"),
        )
        .arg(
            Arg::new("calm")
                .long("calm")
                .action(ArgAction::SetTrue)
                .help("Leaves the API server running and the cores idle"),
        )
        .args(built());
    Command::new("chaos")
        .bin_name("cargo xtask chaos")
        .about("Stress tests on a real control plane")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(changes)
        .subcommand(kill::cli().args(built()))
        .subcommand(hostile::cli().args(built()))
}

/// Which binaries are used.
fn built() -> [Arg; 2] {
    [
        Arg::new("release")
            .long("release")
            .action(ArgAction::SetTrue)
            .help("Builds and uses release binaries of the controllers"),
        Arg::new("binaries")
            .long("binaries")
            .value_name("FOLDER")
            .value_parser(value_parser!(PathBuf))
            .conflicts_with("release")
            .help("Uses the controllers in that folder, of an earlier commit say, and builds none"),
    ]
}

/// Reads the command line; ends the process with clap's text when it is wrong.
pub(super) fn parse(args: &[OsString]) -> Wanted {
    from_matches(&cli().get_matches_from(line(args)))
}

fn line(args: &[OsString]) -> impl Iterator<Item = OsString> + '_ {
    std::iter::once(OsString::from("chaos")).chain(args.iter().cloned())
}

fn from_matches(matches: &ArgMatches) -> Wanted {
    match matches.subcommand() {
        Some(("kill", matches)) => Wanted::Kill(kill::from_matches(matches), matches.get_flag("release")),
        Some(("hostile", matches)) => {
            let binaries = matches.get_one("binaries").cloned();
            let options = testkit::hostile::Options { binaries, ..hostile::from_matches(matches) };
            Wanted::Hostile(options, matches.get_flag("release"))
        }
        other => Wanted::Changes(changes(other.map_or(matches, |(_, changes)| changes))),
    }
}

fn changes(matches: &ArgMatches) -> Options {
    let number = |name: &str| matches.get_one::<usize>(name).copied().unwrap_or_default();
    let (calm, release) = (matches.get_flag("calm"), matches.get_flag("release"));
    let seed = matches.get_one("seed").copied();
    let chaos = chaos::Options {
        seed: seed.unwrap_or_else(chaos::any_seed),
        per_commit: number("per-commit").max(1),
        scenarios: SIZES.iter().map(|(scenario, flag, ..)| (*scenario, number(flag))).collect(),
        pauses: !calm,
        busy: !calm,
        binaries: matches.get_one("binaries").cloned(),
        logs: None,
    };
    Options { chaos, release }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line_of_words: &str) -> Result<Wanted, clap::Error> {
        let args: Vec<OsString> = line_of_words.split_whitespace().map(Into::into).collect();
        cli().try_get_matches_from(line(&args)).map(|matches| from_matches(&matches))
    }

    fn check(line_of_words: &str) -> Result<Options, clap::Error> {
        wanted(line_of_words).map(|wanted| match wanted {
            Wanted::Changes(options) => options,
            other => panic!("another stress test: {other:?}"),
        })
    }

    #[test]
    fn hostile_inputs() {
        let Ok(Wanted::Hostile(options, release)) =
            wanted("hostile --family gitserver --only slow --tenth --width 4 --release")
        else {
            panic!("the hostile inputs")
        };
        assert_eq!(options.family, Some(testkit::hostile::Family::GitServer));
        assert_eq!((options.only.as_deref(), options.width), (Some("slow"), 4));
        assert!(options.tenth && release);
        wanted("hostile --family nobody").expect_err("no such family");
    }

    #[test]
    fn kills() {
        let Ok(Wanted::Kill(options, release)) = wanted("kill --rounds 20 --seed 7 --release") else {
            panic!("the kills")
        };
        assert_eq!((options.rounds, options.seed, release), (20, 7, true));
        let Ok(Wanted::Kill(options, release)) = wanted("kill --binaries old") else { panic!("the kills") };
        assert_eq!((options.rounds, options.binaries, release), (1_000, Some(PathBuf::from("old")), false));
    }

    #[test]
    fn full_sizes_by_default() {
        let options = check("changes").expect("nothing else is needed");
        let sizes: Vec<usize> = options.chaos.scenarios.iter().map(|(_, size)| *size).collect();
        assert_eq!(sizes, [50_000, 5_000, 200, 200, 5_000]);
        assert_eq!(options.chaos.per_commit, 100);
        assert!(options.chaos.pauses && options.chaos.busy && !options.release);
    }

    #[test]
    fn flags() {
        let options = check(
            "changes --objects 1000 --per-commit=50 --heals 0 --suspends 1 --restarts 2 --no-watch 3 --seed 9 --calm --release",
        )
        .expect("all flags");
        let sizes: Vec<usize> = options.chaos.scenarios.iter().map(|(_, size)| *size).collect();
        assert_eq!(sizes, [1_000, 0, 1, 2, 3]);
        assert_eq!((options.chaos.per_commit, options.chaos.seed), (50, 9));
        assert!(!options.chaos.pauses && !options.chaos.busy && options.release);
        let folder = check("changes --binaries old").expect("a folder").chaos.binaries;
        assert_eq!(folder, Some(PathBuf::from("old")));
        check("changes --binaries old --release").expect_err("one or the other");
        check("").expect_err("nothing to do");
        check("changes --object 5").expect_err("an unknown flag");
        check("changes --objects many").expect_err("no number");
    }
}
